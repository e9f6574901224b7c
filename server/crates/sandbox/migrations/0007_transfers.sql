-- Money that a merchant sends to its sellers, and the movements that say how often it really went.

create table transfer (
    transfer_id   uuid primary key,
    account_id    bigint not null,
    reference     text not null,
    currency      text not null,
    amount_minor  bigint not null constraint transfer_amount_check check (amount_minor > 0),
    iban          text not null,
    name          text not null,
    remittance    text not null,
    -- What becomes of it, chosen when it was accepted.
    scenario      text not null,
    state         text not null constraint transfer_state_check check (state in (
        'accepted', 'in_transit', 'paid', 'failed', 'returned')),
    reason        text,
    accepted_at   timestamptz not null,
    in_transit_at timestamptz,
    paid_at       timestamptz,
    failed_at     timestamptz,
    returned_at   timestamptz,
    updated_at    timestamptz not null,
    version       integer not null,
    constraint transfer_reference_key unique (account_id, reference),
    constraint transfer_reason_check check ((reason is not null) = (state in ('failed', 'returned'))),
    constraint transfer_paid_check check ((paid_at is not null) = (state in ('paid', 'returned'))),
    constraint transfer_failed_check check ((failed_at is not null) = (state = 'failed')),
    constraint transfer_returned_check check ((returned_at is not null) = (state = 'returned'))
);

-- One line of the processor's own book: what left the account is below zero. No constraint forbids
-- to pay a transfer twice, so that whoever compares books would see it.
create table transfer_movement (
    transfer_movement_id bigint generated always as identity primary key,
    account_id           bigint not null,
    transfer_id          uuid not null,
    kind                 text not null
        constraint transfer_movement_kind_check check (kind in ('paid', 'returned')),
    currency             text not null,
    amount_minor         bigint not null
        constraint transfer_movement_amount_check check ((kind = 'paid') = (amount_minor < 0)),
    occurred_at          timestamptz not null
);

create index transfer_movement_transfer_index on transfer_movement (transfer_id);
create index transfer_movement_statement_index on transfer_movement (account_id, occurred_at);

-- An alarm is about a payment or about a transfer.
alter table alarm
    alter column payment_id drop not null,
    add column transfer_id uuid,
    drop constraint alarm_kind_check,
    add constraint alarm_kind_check check (kind in (
        'end_review', 'leave_challenge', 'expire_hold', 'end_funds', 'open_dispute',
        'end_dispute', 'end_refund', 'return_refund',
        'start_transfer', 'end_transfer', 'return_transfer')),
    add constraint alarm_about_check check (num_nonnulls(payment_id, transfer_id) = 1);
drop index alarm_due_index;
create index alarm_due_index on alarm (due_at, coalesce(payment_id, transfer_id), alarm_id);
