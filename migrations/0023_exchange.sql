-- Currencies: what they are worth, offers to exchange them, and what was exchanged.
--
-- Rates are never changed: what was quoted must be found again as it was. A day's rates have one base,
-- such as the euro, in which any two of them meet. They belong to no shop: all have the same.

create table exchange_rate
(
    day            date        not null,
    source         text        not null,
    base_currency  text        not null,
    quote_currency text        not null,
    rate           numeric     not null,
    imported_at    timestamptz not null default now(),
    -- The day first: what is looked for is the newest day on which a pair has rates.
    constraint exchange_rate_pkey primary key (day, source, base_currency, quote_currency),
    constraint exchange_rate_pair_check check (base_currency <> quote_currency),
    constraint exchange_rate_positive_check check (rate > 0)
);
comment on column exchange_rate.rate is 'How many of the quote currency one of the base currency is worth.';

-- Whether a currency has rates at all.
create index exchange_rate_quote_idx on exchange_rate (quote_currency, day);
create index exchange_rate_base_idx on exchange_rate (base_currency);

create trigger exchange_rate_append_only before update or delete or truncate on exchange_rate
    for each statement execute function refuse_change();

alter table shop
    add column exchange_spread_basis_points integer not null default 50,
    add column exchange_quote_seconds integer not null default 60,
    add column exchange_rate_days_max integer not null default 4,
    add constraint shop_exchange_spread_check check (exchange_spread_basis_points between 0 and 9999),
    add constraint shop_exchange_quote_check check (exchange_quote_seconds between 1 and 86400),
    add constraint shop_exchange_rate_check check (exchange_rate_days_max between 0 and 366);
comment on column shop.exchange_spread_basis_points is 'What we keep of each exchange, in hundredths of a percent.';
comment on column shop.exchange_quote_seconds is 'For how long a quote holds.';
comment on column shop.exchange_rate_days_max is 'How many days old the rate of a quote may be; banks give none on weekends.';

create table exchange_quote
(
    exchange_quote_id   uuid        not null constraint exchange_quote_pkey primary key,
    shop_id             uuid        not null constraint exchange_quote_shop_fkey references shop,
    seller_id           uuid        not null constraint exchange_quote_seller_fkey references seller,
    sold_currency       text        not null,
    sold_minor          bigint      not null,
    bought_currency     text        not null,
    rate                numeric     not null,
    source              text        not null,
    spread_basis_points integer     not null,
    created_at          timestamptz not null default now(),
    expires_at          timestamptz not null,
    accepted_at         timestamptz,
    constraint exchange_quote_pair_check check (sold_currency <> bought_currency),
    constraint exchange_quote_sold_check check (sold_minor > 0),
    constraint exchange_quote_rate_check check (rate > 0),
    constraint exchange_quote_spread_check check (spread_basis_points between 0 and 9999),
    constraint exchange_quote_accepted_check check (accepted_at < expires_at)
);
comment on column exchange_quote.rate is 'How many of what is bought one of what is sold is worth, before the spread.';
comment on column exchange_quote.source is 'Where the rate is from, such as ecb/2026-01-30.';

create index exchange_quote_seller_idx on exchange_quote (seller_id, created_at);

create table exchange
(
    exchange_quote_id uuid        not null constraint exchange_pkey primary key
        constraint exchange_quote_fkey references exchange_quote,
    shop_id           uuid        not null constraint exchange_shop_fkey references shop,
    posting_id        uuid        not null constraint exchange_posting_key unique,
    sold_currency     text        not null,
    sold_minor        bigint      not null,
    bought_currency   text        not null,
    worth_minor       bigint      not null,
    bought_minor      bigint      not null,
    spread_minor      bigint      not null,
    rounding_minor    bigint      not null,
    exchanged_at      timestamptz not null default now(),
    constraint exchange_amounts_check
        check (sold_minor > 0 and bought_minor > 0 and spread_minor >= 0 and rounding_minor between -1 and 1),
    constraint exchange_sum_check check (worth_minor = bought_minor + spread_minor + rounding_minor)
);
comment on table exchange is 'What was exchanged, one for each quote that was accepted. The figures are those that were posted.';

create trigger exchange_append_only before update or delete or truncate on exchange
    for each statement execute function refuse_change();
