-- Payments, refunds, and the movements that a settlement file lists.
--
-- Hot tables carry no foreign keys to their parents: each row is written by one statement together
-- with its parent, and the check would cost a row lock per payment.

create table payment (
    payment_id       uuid primary key,
    account_id       bigint not null,
    reference        text not null,
    registration     text,
    status           text not null constraint payment_status_check check (status in (
        'authorized', 'captured', 'declined', 'requires_action', 'in_review', 'cancelled',
        'refunded', 'partially_refunded')),
    currency         text not null,
    amount_minor     bigint not null,
    authorized_minor bigint not null,
    captured_minor   bigint not null,
    refunded_minor   bigint not null,
    capture          boolean not null,
    decline_code     text,
    brand            text not null,
    last4            text not null,
    behaviour        text not null,
    return_url       text,
    created_at       timestamptz not null,
    updated_at       timestamptz not null,
    version          integer not null,
    constraint payment_amounts_check check (
        amount_minor > 0
        and authorized_minor between 0 and amount_minor
        and captured_minor between 0 and authorized_minor
        and refunded_minor between 0 and captured_minor)
);

create unique index payment_reference_key on payment (account_id, reference)
    where status not in ('declined', 'cancelled');
create index payment_inquiry_index on payment (account_id, reference)
    where status in ('declined', 'cancelled');
create index payment_review_index on payment (created_at) where status = 'in_review';

create table refund (
    refund_id    uuid primary key,
    account_id   bigint not null,
    payment_id   uuid not null references payment (payment_id),
    reference    text not null,
    amount_minor bigint not null constraint refund_amount_check check (amount_minor > 0),
    status       text not null constraint refund_status_check check (status in ('succeeded', 'failed')),
    created_at   timestamptz not null,
    constraint refund_reference_key unique (account_id, reference)
);

-- One line of the PSP's own book. Faults change what a file says, never a movement.
create table movement (
    movement_id  bigint generated always as identity primary key,
    account_id   bigint not null,
    kind         text not null constraint movement_kind_check check (kind in ('payment', 'refund')),
    payment_id   uuid not null,
    refund_id    uuid,
    reference    text not null,
    refund_reference text,
    currency     text not null,
    gross_minor  bigint not null,
    fee_minor    bigint not null,
    occurred_at  timestamptz not null,
    settled_on   date,
    constraint movement_refund_check check ((kind = 'refund') = (refund_id is not null))
);

create index movement_unsettled_index on movement (account_id, occurred_at) where settled_on is null;
create index movement_settled_index on movement (account_id, settled_on) where settled_on is not null;
