-- Settlement files as they came, their lines, what they match, and every difference that is left.

create table settlement_file
(
    settlement_file_id   uuid        not null constraint settlement_file_pkey primary key,
    shop_id              uuid        not null constraint settlement_file_shop_fkey references shop,
    processor_account_id uuid        not null constraint settlement_file_account_fkey references processor_account,
    name                 text        not null,
    sha256               bytea       not null,
    content              bytea       not null,
    format               text        not null,
    external_id          text        not null,
    business_date        date        not null,
    taken_in_by          text        not null,
    lines                integer     not null default 0,
    matched              integer     not null default 0,
    mismatched           integer     not null default 0,
    missing              integer     not null default 0,
    refused              integer     not null default 0,
    warnings             text[]      not null default '{}',
    created_at           timestamptz not null default now(),
    constraint settlement_file_sha256_key unique (shop_id, sha256),
    constraint settlement_file_external_key unique (processor_account_id, external_id),
    constraint settlement_file_counts_check check (lines = matched + mismatched + refused)
);
comment on column settlement_file.content is 'As it came, with the digits masked in rows that may hold card data.';
comment on column settlement_file.lines is 'How many rows it has, those included that were refused.';
create index settlement_file_day_idx on settlement_file (processor_account_id, business_date);

create table settlement_balance
(
    settlement_file_id uuid    not null constraint settlement_balance_file_fkey references settlement_file,
    currency           text    not null,
    line               integer not null,
    opening_minor      bigint  not null,
    movements_minor    bigint  not null,
    closing_minor      bigint  not null,
    constraint settlement_balance_pkey primary key (settlement_file_id, currency)
);
comment on table settlement_balance is 'What a file says of the balance at the processor.';

create table refused_file
(
    settlement_file_id   uuid        not null constraint refused_file_pkey primary key,
    shop_id              uuid        not null constraint refused_file_shop_fkey references shop,
    processor_account_id uuid        not null constraint refused_file_account_fkey references processor_account,
    name                 text        not null,
    sha256               bytea       not null,
    content              bytea       not null,
    line                 integer     not null,
    reason               text        not null,
    taken_in_by          text        not null,
    created_at           timestamptz not null default now(),
    constraint refused_file_sha256_key unique (processor_account_id, sha256)
);
comment on table refused_file is 'Files of which nothing was used, kept so that somebody can look at them.';

create table settlement_line
(
    settlement_line_id uuid        not null constraint settlement_line_pkey primary key,
    settlement_file_id uuid        not null constraint settlement_line_file_fkey references settlement_file,
    line               integer     not null,
    type               text        not null,
    reference          text        not null,
    processor_reference text       not null,
    refund_reference   text,
    payment_id         uuid,
    refund_id          uuid,
    currency           text        not null,
    gross_minor        bigint      not null,
    fee_minor          bigint      not null,
    net_minor          bigint      not null,
    occurred_at        timestamptz not null,
    state              text        not null default 'read',
    constraint settlement_line_line_key unique (settlement_file_id, line),
    constraint settlement_line_net_check check (net_minor = gross_minor - fee_minor),
    constraint settlement_line_state_check check (state in ('read', 'matched', 'mismatched'))
);
comment on column settlement_line.payment_id is 'The payment that the reference names, whether it exists or not.';
create index settlement_line_payment_idx on settlement_line (payment_id) where payment_id is not null;
create index settlement_line_reference_idx on settlement_line (processor_reference, type);

create table refused_line
(
    settlement_file_id uuid    not null constraint refused_line_file_fkey references settlement_file,
    line               integer not null,
    reason             text    not null,
    raw                text    not null,
    constraint refused_line_pkey primary key (settlement_file_id, line)
);

create table line_match
(
    settlement_line_id uuid        not null constraint line_match_line_fkey references settlement_line,
    object_id          uuid        not null,
    amount_minor       bigint      not null,
    rule               text        not null,
    at                 timestamptz not null default now(),
    constraint line_match_pkey primary key (settlement_line_id, object_id)
);
create index line_match_object_idx on line_match (object_id);

create table mismatch
(
    mismatch_id          uuid        not null constraint mismatch_pkey primary key,
    shop_id              uuid        not null constraint mismatch_shop_fkey references shop,
    processor_account_id uuid        not null constraint mismatch_account_fkey references processor_account,
    settlement_file_id   uuid        constraint mismatch_file_fkey references settlement_file,
    settlement_line_id   uuid        constraint mismatch_line_fkey references settlement_line,
    payment_id           uuid,
    kind                 text        not null,
    class                text        not null,
    state                text        not null default 'open',
    currency             text        not null,
    ours_minor           bigint,
    theirs_minor         bigint,
    held_minor           bigint      not null,
    at_stake_minor       bigint      not null generated always as (
        case when held_minor <> 0 then abs(held_minor)
             else abs(coalesce(theirs_minor, 0) - coalesce(ours_minor, 0)) end) stored,
    detail               text        not null,
    claimed_by           uuid        constraint mismatch_claimed_by_fkey references staff,
    version              integer     not null default 0,
    created_at           timestamptz not null default now(),
    updated_at           timestamptz not null default now(),
    constraint mismatch_class_check check (class in ('automatic', 'manual', 'investigate')),
    constraint mismatch_state_check check (state in ('open', 'claimed', 'proposed', 'resolved', 'ignored')),
    constraint mismatch_claim_check check (state <> 'claimed' or claimed_by is not null)
);
comment on column mismatch.held_minor is 'What stands on suspense, or is left on the receivable, because of it: debit positive.';
create index mismatch_payment_idx on mismatch (payment_id) where payment_id is not null;
create index mismatch_queue_idx on mismatch (shop_id, state, class, created_at);
-- One finding is one mismatch, however often it is looked for.
create unique index mismatch_line_key on mismatch (settlement_line_id, kind) where settlement_line_id is not null;
create unique index mismatch_missing_key on mismatch (payment_id, kind, settlement_file_id) where settlement_line_id is null;

create table adjustment
(
    adjustment_id  uuid        not null constraint adjustment_pkey primary key,
    mismatch_id    uuid        not null constraint adjustment_mismatch_fkey references mismatch,
    resolution     text        not null,
    reason         text        not null,
    amount_minor   bigint      not null,
    currency       text        not null,
    state          text        not null,
    procedure      text,
    maker_id       uuid        constraint adjustment_maker_fkey references staff,
    checker_id     uuid        constraint adjustment_checker_fkey references staff,
    needs_checker  boolean     not null,
    posting_id     uuid,
    undo_posting_id uuid,
    created_at     timestamptz not null default now(),
    decided_at     timestamptz,
    constraint adjustment_state_check check (state in ('proposed', 'applied', 'rejected', 'undone')),
    constraint adjustment_undo_check check (undo_posting_id is null or (posting_id is not null and state = 'undone')),
    constraint adjustment_reason_check check (length(btrim(reason)) >= 3),
    constraint adjustment_maker_check check (maker_id is not null or procedure is not null),
    constraint adjustment_four_eyes_check check (checker_id is null or checker_id is distinct from maker_id),
    constraint adjustment_checked_check check (state <> 'applied' or not needs_checker or checker_id is not null)
);
-- At most one resolution of a mismatch waits or holds.
create unique index adjustment_live_key on adjustment (mismatch_id) where state in ('proposed', 'applied');
create index adjustment_mismatch_idx on adjustment (mismatch_id, created_at);

create view receivable_adjusted as
select mismatch.payment_id, sum(mismatch.held_minor)::bigint as minor
from mismatch
join adjustment on adjustment.mismatch_id = mismatch.mismatch_id
left join settlement_line using (settlement_line_id)
where adjustment.state = 'applied' and adjustment.posting_id is not null
  and mismatch.kind in ('missing_at_processor', 'amount')
  and settlement_line.type is distinct from 'refund'
group by mismatch.payment_id;
comment on view receivable_adjusted is
    'Per payment, what the processor still owed of its captures and adjustments have taken off the receivable.';
