-- Proof that goes on, whatever somebody writes into the tables, and says where it could not look.

-- Days and moments that Postgres knows and no calendar of ours does, such as infinity, cannot be read
-- back: whoever tries stops there. They are null here.
create function readable(day date) returns date
    language sql immutable parallel safe
    return case when day between '0001-01-01' and '9999-12-31' then day end;
create function readable(moment timestamptz) returns timestamptz
    language sql immutable parallel safe
    return case when moment >= '0001-01-01 00:00:00+00' and moment < '10000-01-01 00:00:00+00'
                then moment end;

-- What stands already is not looked at, so that nobody waits for it: the program never wrote such
-- days, and whatever reads the chain names those that it finds.
alter table posting
    add constraint posting_effective_check check (readable(effective_on) is not null) not valid,
    add constraint posting_recorded_check check (readable(recorded_at) is not null) not valid;
alter table audit_log
    add constraint audit_log_at_check check (readable(at) is not null) not valid;
alter table unsealed
    add constraint unsealed_effective_check check (readable(effective_on) is not null) not valid;
alter table book_chain
    add constraint book_chain_open_check check (readable(open_on) is not null) not valid;
alter table sealed_record
    add constraint sealed_record_booked_check check (readable(booked_on) is not null) not valid;
-- A numeric may be no number at all.
alter table day_balance
    add constraint day_balance_number_check check (
        'NaN' not in (opening_minor, debits_minor, credits_minor, closing_minor)) not valid;

alter table proof_check
    add column failures integer not null default 0,
    add column trouble text;
comment on column proof_check.failures is 'In how many rounds in a row the rule could not be looked at.';
comment on column proof_check.trouble is 'Why it could not be the last time.';

-- How far each chain is compared stands beside the chain and not in it: whoever seals holds the row of
-- the chain, and must not be waited for. A cycle has an end, however fast the chains grow meanwhile.
create table chain_check
(
    shop_id          uuid   not null constraint chain_check_pkey primary key,
    checked_sequence bigint not null default 0,
    target_sequence  bigint not null
) with (fillfactor = 50);
comment on table chain_check is 'How far each chain was compared with the rows, in this cycle, and how far it will be.';
comment on column chain_check.target_sequence is 'Where the chain ended when the cycle began.';
comment on column book_chain.checked_sequence is 'Not used any more: see chain_check.';

-- Part of the audit log is looked at by its buckets, as of every other table.
create index audit_log_bucket_idx on audit_log (bucket_of(audit_id));
