-- The double-entry ledger. Debits are positive, credits negative.
--
-- Each insert of entries must balance, posting by posting and currency by currency: a trigger sees
-- the whole statement at once, which is cheaper than a deferred one per row and as strong, since a
-- sum of balanced statements is balanced. Entries and postings are append-only.

create table account
(
    bucket       smallint    not null,
    account_id   uuid        not null,
    shop_id      uuid        not null constraint account_shop_fkey references shop,
    kind         text        not null,
    account_type text        not null,
    owner_id     uuid,
    currency     text        not null,
    created_at   timestamptz not null default now(),
    constraint account_pkey primary key (bucket, account_id),
    constraint account_key unique nulls not distinct (bucket, shop_id, kind, owner_id, currency),
    constraint account_bucket_check check (bucket = bucket_of(account_id)),
    constraint account_type_check check (account_type in ('asset', 'liability', 'equity', 'revenue', 'expense'))
);
comment on table account is 'One row per bucket, so that no row is hot; an account is the sum over its buckets.';

create table posting
(
    bucket       smallint    not null,
    posting_id   uuid        not null,
    shop_id      uuid        not null constraint posting_shop_fkey references shop,
    object_id    uuid        not null,
    cause        text        not null,
    corrects_id  uuid,
    effective_on date        not null default (now() at time zone 'utc')::date,
    recorded_at  timestamptz not null default now(),
    constraint posting_pkey primary key (bucket, posting_id),
    constraint posting_cause_key unique (bucket, object_id, cause),
    constraint posting_corrects_fkey foreign key (bucket, corrects_id) references posting,
    constraint posting_bucket_check check (bucket = bucket_of(posting_id))
);
comment on column posting.object_id is 'The payment, or the line or mismatch, whose fact this is; with cause it is unique.';

create table entry
(
    bucket       smallint    not null,
    posting_id   uuid        not null,
    line         smallint    not null,
    account_id   uuid        not null,
    currency     text        not null,
    amount_minor bigint      not null,
    recorded_at  timestamptz not null default now(),
    constraint entry_pkey primary key (bucket, posting_id, line),
    constraint entry_posting_fkey foreign key (bucket, posting_id) references posting,
    constraint entry_account_fkey foreign key (bucket, account_id) references account,
    constraint entry_amount_check check (amount_minor <> 0)
);

create function entries_must_balance() returns trigger
    language plpgsql as
$$
declare
    broken record;
begin
    select posting_id, currency, sum(amount_minor) as excess into broken
    from added group by posting_id, currency having sum(amount_minor) <> 0 limit 1;
    if found then
        raise exception 'posting % is out of balance by % minor units of %',
            broken.posting_id, broken.excess, broken.currency
            using errcode = 'check_violation', constraint = 'entry_balance_check';
    end if;
    return null;
end
$$;

create trigger entry_must_balance after insert on entry
    referencing new table as added for each statement execute function entries_must_balance();
create trigger entry_append_only before update or delete or truncate on entry
    for each statement execute function refuse_change();
create trigger posting_append_only before update or delete or truncate on posting
    for each statement execute function refuse_change();

-- Balances without hot rows: a posting inserts deltas, a folder moves them into balances. A balance
-- is what was folded plus what was not, read in one statement.
create table account_balance
(
    bucket        smallint    not null,
    account_id    uuid        not null,
    balance_minor bigint      not null,
    folded_at     timestamptz not null default now(),
    constraint account_balance_pkey primary key (bucket, account_id),
    constraint account_balance_account_fkey foreign key (bucket, account_id) references account
) with (fillfactor = 50);

create table balance_delta
(
    bucket       smallint not null,
    delta_id     bigint   not null generated always as identity,
    account_id   uuid     not null,
    amount_minor bigint   not null,
    constraint balance_delta_pkey primary key (bucket, delta_id)
);

create view balance as
select account.shop_id, account.kind, account.account_type, account.owner_id, account.currency,
       coalesce(sum(part.amount_minor), 0)::bigint as balance_minor
from account
left join (
    select bucket, account_id, balance_minor as amount_minor from account_balance
    union all
    select bucket, account_id, amount_minor from balance_delta
) as part using (bucket, account_id)
group by account.shop_id, account.kind, account.account_type, account.owner_id, account.currency;
comment on view balance is 'The exact balance of each account at this moment: debit positive.';

create view wallet as
select balance.shop_id, balance.owner_id as seller_id, balance.currency,
       -coalesce(sum(balance_minor) filter (where kind = 'seller_pending'), 0)::bigint as pending_minor,
       -coalesce(sum(balance_minor) filter (where kind = 'seller_available'), 0)::bigint as available_minor
from balance
where kind in ('seller_pending', 'seller_available')
group by balance.shop_id, balance.owner_id, balance.currency;
comment on view wallet is 'What each seller has, per currency: positive is owed to the seller.';
