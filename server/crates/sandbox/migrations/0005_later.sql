-- What happens to a payment after it was answered: holds that lapse, refunds that stay pending or
-- come back, disputes, and the alarms that make things happen when the sandbox's clock gets there.

alter table payment
    add column refunding_minor bigint not null default 0,
    add column charged_back_minor bigint not null default 0,
    add column hold_expires_at timestamptz,
    -- So that a payment without refunds or disputes costs no look-up for them.
    add column has_refunds boolean not null default false,
    add column has_disputes boolean not null default false,
    drop constraint payment_status_check,
    drop constraint payment_amounts_check,
    add constraint payment_status_check check (status in (
        'authorized', 'captured', 'declined', 'requires_action', 'in_review', 'cancelled',
        'refunded', 'partially_refunded', 'expired', 'awaiting_funds')),
    add constraint payment_amounts_check check (
        amount_minor > 0
        and authorized_minor between 0 and amount_minor
        and captured_minor between 0 and authorized_minor
        and refunded_minor >= 0 and refunding_minor >= 0 and charged_back_minor >= 0
        and refunded_minor + refunding_minor + charged_back_minor <= captured_minor);
update payment set has_refunds = true
    where exists (select from refund where refund.payment_id = payment.payment_id);

drop index payment_reference_key;
drop index payment_inquiry_index;
create unique index payment_reference_key on payment (account_id, reference)
    where status not in ('declined', 'cancelled', 'expired');
create index payment_inquiry_index on payment (account_id, reference)
    where status in ('declined', 'cancelled', 'expired');

alter table refund
    drop constraint refund_status_check,
    add constraint refund_status_check check (status in ('pending', 'succeeded', 'failed'));
create index refund_payment_index on refund (payment_id);

create table dispute (
    dispute_id   uuid primary key,
    account_id   bigint not null,
    payment_id   uuid not null references payment (payment_id),
    amount_minor bigint not null constraint dispute_amount_check check (amount_minor > 0),
    reason       text not null,
    status       text not null constraint dispute_status_check check (status in ('opened', 'won', 'lost')),
    opened_at    timestamptz not null,
    respond_by   timestamptz not null
);
create index dispute_payment_index on dispute (payment_id);

alter table movement
    drop constraint movement_kind_check,
    drop constraint movement_refund_check,
    add constraint movement_kind_check check (kind in (
        'payment', 'refund', 'refund_return', 'chargeback', 'chargeback_reversal')),
    add constraint movement_refund_check check (
        (kind in ('refund', 'refund_return')) = (refund_id is not null));

-- Something that happens to a payment by itself. An alarm that comes too late is answered by the
-- payment's own rules, so it needs no recall.
create table alarm (
    alarm_id   bigint generated always as identity primary key,
    payment_id uuid not null,
    -- The refund or dispute that is meant.
    subject_id uuid,
    kind       text not null constraint alarm_kind_check check (kind in (
        'end_review', 'leave_challenge', 'expire_hold', 'end_funds', 'open_dispute',
        'end_dispute', 'end_refund', 'return_refund')),
    due_at     timestamptz not null
);
create index alarm_due_index on alarm (due_at, payment_id, alarm_id);

-- How far the sandbox's clock is from the system's, or where it stands.
create table clock (
    only_row    boolean primary key default true constraint clock_only_row_check check (only_row),
    offset_ms   bigint not null,
    is_standing boolean not null
);

-- A webhook may wait for the sandbox's clock, and lie once.
alter table webhook
    add column not_before timestamptz not null default '2000-01-01Z',
    add column fault text;
