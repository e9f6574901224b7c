-- Routing: which of a shop's processor accounts carries a payment, what is known of their health,
-- and why each choice was made.

alter table processor_account
    add column methods    text[]   not null default '{}'
        constraint processor_account_methods_check check (methods <@ array['card', 'wallet', 'bank_transfer', 'voucher']),
    add column currencies text[]   not null default '{}',
    add column countries  text[]   not null default '{}',
    add column priority   integer  not null default 100,
    add column weight     integer  not null default 100
        constraint processor_account_weight_check check (weight between 0 and 10000),
    add column vault      text,
    add column takes_new  boolean  not null default true,
    -- So that a rule can only name an account of its own shop.
    add constraint processor_account_shop_key unique (shop_id, processor_account_id);
comment on column processor_account.methods is 'What shoppers can pay with there; empty means every method.';
comment on column processor_account.currencies is 'What it charges in; empty means every currency.';
comment on column processor_account.countries is 'Where its shoppers may be; empty means everywhere.';
comment on column processor_account.priority is 'Where no rule decides, accounts of the lowest number come first.';
comment on column processor_account.weight is 'Its share of the payments, among accounts of the same priority and cost.';
comment on column processor_account.vault is
    'Accounts of a shop with the same vault accept each other''s stored methods; null means its own alone.';
comment on column processor_account.takes_new is 'If not, it only finishes what it has begun.';

create table processor_limit
(
    processor_account_id uuid   not null constraint processor_limit_account_fkey references processor_account,
    currency             text   not null,
    amount_min_minor     bigint not null default 1,
    amount_max_minor     bigint not null default 9223372036854775807,
    constraint processor_limit_pkey primary key (processor_account_id, currency),
    constraint processor_limit_amount_check check (amount_min_minor between 1 and amount_max_minor)
);
comment on table processor_limit is 'The smallest and largest payment that an account takes in a currency; no row means any.';

create table route
(
    shop_id              uuid        not null constraint route_shop_fkey references shop,
    priority             integer     not null,
    processor_account_id uuid        not null,
    method               text,
    currency             text,
    country              text,
    amount_from_minor    bigint,
    amount_below_minor   bigint,
    weight               integer     not null default 100,
    created_at           timestamptz not null default now(),
    constraint route_pkey primary key (shop_id, priority, processor_account_id),
    constraint route_account_fkey foreign key (shop_id, processor_account_id)
        references processor_account (shop_id, processor_account_id),
    constraint route_method_check check (method in ('card', 'wallet', 'bank_transfer', 'voucher')),
    constraint route_weight_check check (weight between 0 and 10000),
    constraint route_amount_check check (currency is not null or (amount_from_minor is null and amount_below_minor is null)),
    constraint route_range_check check (amount_from_minor < amount_below_minor)
);
comment on table route is
    'Rules of routing: the lowest priority that fits a payment and names a usable account decides; rules of one priority share by weight.';

alter table shop
    add column soft_retries             smallint not null default 0
        constraint shop_soft_retries_check check (soft_retries between 0 and 10),
    add column soft_retry_after_seconds integer  not null default 5
        constraint shop_soft_retry_after_check check (soft_retry_after_seconds between 0 and 86400);
comment on column shop.soft_retries is
    'How often a stored method is tried again by itself after a decline that may pass, such as insufficient funds.';

-- A registration's reason is why the shopper is led to this processor; an attempt's, why it is made there.
alter table registration
    add column routing_reason text,
    drop constraint registration_state_check,
    drop constraint registration_token_check,
    add constraint registration_state_check
        check (state in ('started', 'open', 'completed', 'failed', 'expired', 'abandoned')),
    add constraint registration_token_check
        check (state in ('started', 'abandoned') or (token is not null and page_url is not null));
comment on column registration.state is
    'abandoned: its processor could not be reached, and the shopper was led to another.';
alter table attempt
    add column routing_reason text,
    add column cause          text not null default 'first'
        constraint attempt_cause_check check (cause in ('first', 'retry', 'failover'));
comment on column attempt.cause is
    'Why there is another attempt: the shopper or shop began (first), a decline may pass (retry), the processor failed (failover).';

create table circuit
(
    processor_account_id uuid        not null constraint circuit_pkey primary key
        constraint circuit_account_fkey references processor_account,
    state                text        not null default 'closed',
    why                  text        not null default 'nothing has happened yet',
    since                timestamptz not null default now(),
    retry_at             timestamptz,
    forced               text,
    forced_why           text,
    forced_by            text,
    forced_until         timestamptz,
    window_seconds       integer     not null default 60,
    calls_min            integer     not null default 10,
    failures_percent     integer     not null default 50,
    failures_in_row      integer     not null default 5,
    open_seconds         integer     not null default 15,
    probes               integer     not null default 3,
    version              integer     not null default 0,
    constraint circuit_state_check check (state in ('closed', 'open', 'half_open')),
    constraint circuit_retry_check check ((state = 'open') = (retry_at is not null)),
    constraint circuit_forced_check check (forced in ('open', 'closed')
        and num_nulls(forced, forced_why, forced_by, forced_until) in (0, 4)),
    constraint circuit_thresholds_check check (window_seconds between 1 and 3600 and calls_min > 0
        and failures_percent between 1 and 100 and failures_in_row > 0 and open_seconds between 1 and 3600
        and probes between 1 and 100)
);
comment on table circuit is
    'Whether a processor account is called: shared by all processes, written only when it changes. No row means closed.';
comment on column circuit.retry_at is 'When an open circuit lets a first call through.';
comment on column circuit.forced_until is 'What a person decided ends by itself then.';

create table processor_health
(
    processor_account_id uuid        not null constraint processor_health_account_fkey references processor_account,
    process_id           uuid        not null,
    calls                integer     not null,
    failures             integer     not null,
    latency_median_ms    integer     not null,
    latency_high_ms      integer     not null,
    errors               jsonb       not null,
    at                   timestamptz not null default now(),
    constraint processor_health_pkey primary key (processor_account_id, process_id)
);
comment on table processor_health is 'What each process saw of an account in its last window, for people to read.';
comment on column processor_health.latency_high_ms is 'The latency that one call in twenty exceeds.';
