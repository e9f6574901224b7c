-- Proof: one chain of sealed records per shop, a signed close for each day, and what the continuous
-- checks have found.
--
-- Records are numbered and linked after they were committed, by one sealer, in batches: a chain
-- inside the transactions of money would let only one of them commit at a time. Whatever has to be
-- sealed waits in `unsealed`, where it is put by the statement that writes it, so that a transaction
-- which commits late is sealed late and never skipped. A trigger does that, and not the program:
-- also a program of the version before must not write what is never sealed.

-- It is sealed in the order of its ids, which rise with time: what is corrected comes before what
-- corrects it.
create table unsealed
(
    shop_id      uuid        not null,
    subject_id   uuid        not null,
    effective_on date        not null,
    kind         text        not null,
    added_at     timestamptz not null default now(),
    constraint unsealed_pkey primary key (shop_id, subject_id),
    constraint unsealed_kind_check check (kind in ('posting', 'audit'))
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
comment on table unsealed is 'What waits to be sealed; gone, in one transaction, when it is.';
comment on column unsealed.shop_id is 'The shop; all zeros for lines of the audit log that are about no shop.';

create table book_chain
(
    shop_id          uuid    not null constraint book_chain_pkey primary key,
    sequence         bigint  not null default 0,
    hash             bytea   not null,
    open_on          date    not null,
    closed_sequence  bigint  not null default 0,
    checked_sequence bigint  not null default 0,
    constraint book_chain_hash_check check (octet_length(hash) = 32),
    constraint book_chain_sequence_check check (closed_sequence between 0 and sequence)
) with (fillfactor = 50);
comment on table book_chain is 'The end of each shop''s chain. Whoever seals locks the row.';
comment on column book_chain.open_on is 'The day that is booked on: the one after the last close.';
comment on column book_chain.checked_sequence is 'How far the chain was compared with the rows, in this cycle.';

create table sealed_record
(
    shop_id    uuid        not null,
    sequence   bigint      not null,
    kind       text        not null,
    subject_id uuid        not null,
    booked_on  date        not null,
    hash       bytea       not null,
    sealed_at  timestamptz not null default now(),
    constraint sealed_record_pkey primary key (shop_id, sequence),
    constraint sealed_record_kind_check check (kind in ('account', 'posting', 'audit', 'balance', 'close')),
    constraint sealed_record_sequence_check check (sequence > 0),
    constraint sealed_record_hash_check check (octet_length(hash) = 32)
);
comment on column sealed_record.subject_id is 'The posting, audit line or account; of a close the shop.';
-- Nothing is sealed twice; accounts are opened anew and have a balance at each close.
create unique index sealed_record_subject_key on sealed_record (subject_id) where kind in ('posting', 'audit');

create table book_account
(
    account_id   uuid not null constraint book_account_pkey primary key,
    shop_id      uuid not null,
    kind         text not null,
    account_type text not null,
    owner_id     uuid,
    currency     text not null,
    constraint book_account_bucket_check check (bucket_of(account_id) = 0)
);
comment on table book_account is 'Accounts as the chain has them: one row for all buckets, under the id of bucket 0.';

create table day_close
(
    shop_id        uuid        not null,
    date           date        not null,
    sequence       bigint      not null,
    first_sequence bigint      not null,
    last_sequence  bigint      not null,
    postings       bigint      not null,
    entries        bigint      not null,
    audits         bigint      not null,
    accounts       bigint      not null,
    public_key     bytea       not null,
    signature      bytea       not null,
    closed_at      timestamptz not null default now(),
    constraint day_close_pkey primary key (shop_id, date),
    constraint day_close_public_key_check check (octet_length(public_key) = 32),
    constraint day_close_signature_check check (octet_length(signature) = 64)
);

create table day_balance
(
    shop_id       uuid           not null,
    date          date           not null,
    account_id    uuid           not null,
    opening_minor numeric(38, 0) not null,
    debits_minor  numeric(38, 0) not null,
    credits_minor numeric(38, 0) not null,
    closing_minor numeric(38, 0) not null,
    constraint day_balance_pkey primary key (shop_id, date, account_id)
);
comment on table day_balance is 'What each open account did on a day that is closed: debit positive.';

create trigger sealed_record_append_only before update or delete or truncate on sealed_record
    for each statement execute function refuse_change();
create trigger book_account_append_only before update or delete or truncate on book_account
    for each statement execute function refuse_change();
create trigger day_close_append_only before update or delete or truncate on day_close
    for each statement execute function refuse_change();
create trigger day_balance_append_only before update or delete or truncate on day_balance
    for each statement execute function refuse_change();

create table book_sealer
(
    is_only      boolean     not null default true constraint book_sealer_pkey primary key
        constraint book_sealer_is_only_check check (is_only),
    holder       uuid,
    leased_until timestamptz not null default '-infinity'
);
comment on table book_sealer is 'Which process seals: the open accounts are in its memory, and only there.';
insert into book_sealer default values;

create function postings_await_sealing() returns trigger
    language plpgsql as
$$
begin
    insert into unsealed (shop_id, subject_id, effective_on, kind)
    select shop_id, posting_id, effective_on, 'posting' from added;
    return null;
end
$$;
create trigger posting_awaits_sealing after insert on posting referencing new table as added
    for each statement execute function postings_await_sealing();

create function audit_lines_await_sealing() returns trigger
    language plpgsql as
$$
begin
    insert into unsealed (shop_id, subject_id, effective_on, kind)
    select coalesce(shop_id, '00000000-0000-0000-0000-000000000000'),
           audit_id, (at at time zone 'utc')::date, 'audit' from added;
    return null;
end
$$;
create trigger audit_log_awaits_sealing after insert on audit_log referencing new table as added
    for each statement execute function audit_lines_await_sealing();

-- What was written before there was a chain is its beginning.
insert into unsealed (shop_id, subject_id, effective_on, kind)
select shop_id, posting_id, effective_on, 'posting' from posting;
insert into unsealed (shop_id, subject_id, effective_on, kind)
select coalesce(shop_id, '00000000-0000-0000-0000-000000000000'),
       audit_id, (at at time zone 'utc')::date, 'audit' from audit_log;

create table proof_check
(
    name            text        not null constraint proof_check_pkey primary key,
    next_bucket     smallint    not null default 0,
    width           smallint    not null default 256,
    began_at        timestamptz not null default now(),
    breaches        bigint      not null default 0,
    covered_from    timestamptz,
    passed_at       timestamptz,
    failed_at       timestamptz,
    constraint proof_check_bucket_check check (next_bucket between 0 and 255 and width between 1 and 256)
) with (fillfactor = 50);
comment on table proof_check is 'How far each continuous check is, and when it last went through everything.';
comment on column proof_check.width is 'How many buckets one statement looks at: fewer, the longer it takes.';
comment on column proof_check.began_at is 'When the cycle that is under way began.';
comment on column proof_check.breaches is 'How many rows that cycle has found.';
comment on column proof_check.covered_from is 'When the last cycle without a breach began.';
comment on column proof_check.passed_at is 'When the last cycle without a breach ended: it proves what stood at its beginning.';
comment on column proof_check.failed_at is 'When the last cycle with a breach ended.';

create table proof_breach
(
    name     text        not null,
    place    bigint      not null,
    shop_id  uuid,
    subject  uuid        not null,
    detail   text        not null,
    found_at timestamptz not null default now(),
    constraint proof_breach_key unique nulls not distinct (name, shop_id, place, subject, detail)
);
comment on table proof_breach is 'Rows that break a rule, until their place is looked at again and does not.';
comment on column proof_breach.place is 'The bucket, or the number in the chain, where it was found.';

insert into periodic (name, ran_at) values ('checks', '-infinity');
