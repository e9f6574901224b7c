-- Pay-outs by bank file: orders that are written for a bank, and what its reports said of them.
--
-- A file is stored as the bytes that the bank gets, before anybody sees them, and never made again
-- for the same pay-outs: a bank pays each message once, and knows a message by its reference.

alter table payout_account
    alter column base_url drop not null,
    alter column api_key drop not null,
    alter column webhook_secret drop not null,
    add column debtor_iban text,
    add column debtor_bic text,
    add column debtor_holder text,
    drop constraint payout_account_provider_check,
    add constraint payout_account_provider_check check (
        case provider
            when 'sandbox' then num_nulls(base_url, api_key, webhook_secret) = 0
                            and num_nonnulls(debtor_iban, debtor_bic, debtor_holder) = 0
            when 'bank_file' then num_nonnulls(base_url, api_key, webhook_secret) = 0
                              and num_nulls(debtor_iban, debtor_bic, debtor_holder) = 0
            else false end);
comment on column payout_account.debtor_iban is 'Of an account of bank files: our own account, which the bank debits.';

create table payout_file
(
    payout_file_id    uuid        not null constraint payout_file_pkey primary key,
    shop_id           uuid        not null constraint payout_file_shop_fkey references shop,
    payout_account_id uuid        not null constraint payout_file_account_fkey references payout_account,
    message_reference text        not null constraint payout_file_message_key unique,
    part_reference    text        not null,
    debtor_iban       text        not null,
    execution_on      date        not null,
    currency          text        not null,
    total_minor       bigint      not null,
    payouts           integer     not null,
    sha256            bytea       not null,
    content           bytea       not null,
    made_by           text        not null,
    created_at        timestamptz not null default now(),
    constraint payout_file_payouts_check check (payouts > 0 and total_minor > 0)
);
comment on table payout_file is 'A pain.001 file for a bank; the message and the part are what its reports name.';
comment on column payout_file.debtor_iban is 'The account that it debits, as it was when the file was made.';
create index payout_file_account_idx on payout_file (payout_account_id, payout_file_id);
create trigger payout_file_append_only before update or delete or truncate on payout_file
    for each statement execute function refuse_change();

create table payout_file_line
(
    payout_file_id uuid     not null constraint payout_file_line_file_fkey references payout_file,
    position       integer  not null,
    bucket         smallint not null,
    payout_id      uuid     not null constraint payout_file_line_payout_key unique,
    constraint payout_file_line_pkey primary key (payout_file_id, position),
    constraint payout_file_line_payout_fkey foreign key (bucket, payout_id) references payout
);
comment on constraint payout_file_line_payout_key on payout_file_line is 'No pay-out is told to a bank twice.';
create trigger payout_file_line_append_only before update or delete or truncate on payout_file_line
    for each statement execute function refuse_change();

create index payout_submitted_idx on payout (payout_account_id, payout_id) where phase = 'submitted';

create table bank_report
(
    bank_report_id uuid        not null constraint bank_report_pkey primary key,
    shop_id        uuid        not null constraint bank_report_shop_fkey references shop,
    name           text        not null,
    format         text        not null,
    sha256         bytea       not null,
    read_by        text        not null,
    changed        integer     not null default 0,
    finished_at    timestamptz,
    created_at     timestamptz not null default now(),
    constraint bank_report_sha256_key unique (shop_id, sha256),
    constraint bank_report_format_check check (format in ('pain.002', 'camt.053', 'camt.054'))
);
comment on table bank_report is 'A file of a bank that was read. Its text is not kept: it tells of others as well.';
comment on column bank_report.finished_at is 'When all of it was written down; until then reading it again goes on.';
comment on column bank_report.changed is 'How many pay-outs it changed.';

create table payout_booking
(
    bank_report_id uuid     not null constraint payout_booking_report_fkey references bank_report,
    position       integer  not null,
    bucket         smallint not null,
    payout_id      uuid     not null,
    booked_on      date,
    constraint payout_booking_pkey primary key (bank_report_id, position),
    constraint payout_booking_payout_fkey foreign key (bucket, payout_id) references payout
);
comment on table payout_booking is 'Each debit of a statement for a pay-out: two of one statement, or of two days, were paid twice.';
create index payout_booking_payout_idx on payout_booking (payout_id);
