-- What a payment lives through after it was authorised: operations under way at the processor,
-- holds that lapse, refunds that take days, and disputes.

alter table payment
    add column operations      jsonb,
    add column hold_expires_at timestamptz,
    add column disputes        smallint not null default 0;
comment on column payment.operations is 'Captures, cancellations and refunds that have no answer yet; null if none was ever asked for.';
comment on column payment.hold_expires_at is 'Until when the processor holds what is not captured, as far as it has said so.';
comment on column payment.disputes is 'How many disputes there are rows for.';

alter table refund
    add column failure_code    text,
    add column failure_message text,
    drop constraint refund_state_check,
    add constraint refund_state_check
        check (state in ('requested', 'processing', 'succeeded', 'failed', 'returned'));

alter table transition add column attempt_id uuid;
comment on column transition.attempt_id is 'The try at the processor that it was learnt from, or that it asks for.';

create table dispute
(
    bucket              smallint    not null,
    dispute_id          uuid        not null,
    payment_id          uuid        not null,
    processor_reference text        not null,
    amount_minor        bigint      not null,
    reason              text        not null,
    state               text        not null,
    opened_at           timestamptz not null,
    respond_by          timestamptz,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now(),
    constraint dispute_pkey primary key (bucket, dispute_id),
    constraint dispute_payment_fkey foreign key (bucket, payment_id) references payment,
    constraint dispute_reference_key unique (bucket, payment_id, processor_reference),
    constraint dispute_bucket_check check (bucket = bucket_of(dispute_id)),
    constraint dispute_amount_check check (amount_minor > 0),
    constraint dispute_state_check check (state in ('opened', 'won', 'lost'))
);
