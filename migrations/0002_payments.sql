-- Checkouts, payments and everything that happens to them. Columns that repeat a domain rule have a
-- named CHECK: it binds what we ask for, never what a processor reports.

create table checkout
(
    bucket       smallint    not null,
    checkout_id  uuid        not null,
    shop_id      uuid        not null constraint checkout_shop_fkey references shop,
    reference    text        not null,
    currency     text        not null,
    total_minor  bigint      not null,
    buyer        jsonb       not null,
    description  text,
    return_url   text,
    expires_at   timestamptz not null,
    created_at   timestamptz not null default now(),
    constraint checkout_pkey primary key (bucket, checkout_id),
    constraint checkout_bucket_check check (bucket = bucket_of(checkout_id)),
    constraint checkout_total_check check (total_minor > 0)
);

create table payment
(
    bucket                  smallint    not null,
    payment_id              uuid        not null,
    checkout_id             uuid        not null,
    shop_id                 uuid        not null constraint payment_shop_fkey references shop,
    seller_id               uuid        not null constraint payment_seller_fkey references seller,
    position                smallint    not null,
    reference               text        not null,
    description             text,
    phase                   text        not null default 'created',
    currency                text        not null,
    amount_minor            bigint      not null,
    capture_mode            text        not null,
    fee_basis_points        integer     not null,
    attempts                smallint    not null default 0,
    attempts_max            smallint    not null,
    in_doubt                boolean     not null default false,
    authorized_minor        bigint      not null default 0,
    captured_minor          bigint      not null default 0,
    capture_requested_minor bigint      not null default 0,
    capture_reserved_minor  bigint      not null default 0,
    refunded_minor          bigint      not null default 0,
    refunded_elsewhere_minor bigint     not null default 0,
    refund_requested_minor  bigint      not null default 0,
    refund_reserved_minor   bigint      not null default 0,
    charged_back_minor      bigint      not null default 0,
    settled_minor           bigint      not null default 0,
    refund_settled_minor    bigint      not null default 0,
    fee_minor               bigint      not null default 0,
    fee_returned_minor      bigint      not null default 0,
    payment_method          text,
    registration_id         uuid,
    processor_account_id    uuid        constraint payment_processor_account_fkey references processor_account,
    processor_reference     text,
    failure_code            text,
    failure_message         text,
    action_url              text,
    captured_at             timestamptz,
    version                 integer     not null default 0,
    created_at              timestamptz not null default now(),
    updated_at              timestamptz not null default now(),
    constraint payment_pkey primary key (bucket, payment_id),
    constraint payment_checkout_fkey foreign key (bucket, checkout_id) references checkout,
    constraint payment_position_key unique (bucket, checkout_id, position),
    constraint payment_bucket_check check (bucket = bucket_of(payment_id)),
    constraint payment_phase_check check (phase in ('created', 'executing', 'action_required', 'in_review',
        'awaiting_funds', 'authorized', 'captured', 'failed', 'cancelled', 'expired')),
    constraint payment_capture_mode_check check (capture_mode in ('automatic', 'manual')),
    constraint payment_amount_check check (amount_minor > 0),
    constraint payment_reported_check check (authorized_minor >= 0 and captured_minor between 0 and authorized_minor
        and refunded_minor >= 0 and refunded_elsewhere_minor >= 0 and charged_back_minor >= 0),
    constraint payment_capture_check check (capture_reserved_minor between 0 and capture_requested_minor
        and capture_requested_minor <= authorized_minor),
    constraint payment_refund_check check (refund_reserved_minor between 0 and refund_requested_minor
        and refund_requested_minor <= captured_minor),
    constraint payment_fee_check check (fee_minor between 0 and captured_minor and fee_returned_minor between 0 and fee_minor)
) with (fillfactor = 60);
comment on column payment.attempts_max is 'After how many declined authorisations the payment has failed.';

-- The console lists a shop's latest payments, and looks for what a settlement file does not have.
create index payment_captured_at_idx on payment (processor_account_id, captured_at) where captured_at is not null;

create index payment_shop_idx on payment (shop_id, payment_id);

create table registration
(
    bucket               smallint    not null,
    registration_id      uuid        not null,
    checkout_id          uuid        not null,
    processor_account_id uuid        not null constraint registration_processor_account_fkey references processor_account,
    number               smallint    not null,
    nonce                text        not null,
    token                text,
    page_url             text,
    state                text        not null default 'started',
    created_at           timestamptz not null default now(),
    updated_at           timestamptz not null default now(),
    constraint registration_pkey primary key (bucket, registration_id),
    constraint registration_checkout_fkey foreign key (bucket, checkout_id) references checkout,
    constraint registration_number_key unique (bucket, checkout_id, number),
    constraint registration_bucket_check check (bucket = bucket_of(registration_id)),
    constraint registration_state_check check (state in ('started', 'open', 'completed', 'failed', 'expired')),
    constraint registration_token_check check (state = 'started' or (token is not null and page_url is not null))
);
-- A webhook names the processor's token.
create index registration_token_idx on registration (token);

create table attempt
(
    bucket               smallint    not null,
    attempt_id           uuid        not null,
    payment_id           uuid        not null,
    processor_account_id uuid        not null constraint attempt_processor_account_fkey references processor_account,
    operation            text        not null,
    number               smallint    not null,
    idempotency_key      text        not null,
    amount_minor         bigint      not null,
    state                text        not null default 'started',
    processor_reference  text,
    code                 text,
    answer               jsonb,
    started_at           timestamptz not null default now(),
    ended_at             timestamptz,
    constraint attempt_pkey primary key (bucket, attempt_id),
    constraint attempt_payment_fkey foreign key (bucket, payment_id) references payment,
    constraint attempt_number_key unique (bucket, payment_id, operation, number),
    constraint attempt_bucket_check check (bucket = bucket_of(attempt_id)),
    constraint attempt_operation_check check (operation in ('authorize', 'capture', 'cancel', 'refund')),
    constraint attempt_state_check check (state in ('started', 'done', 'declined', 'retryable', 'unknown'))
) with (fillfactor = 70);

create table refund
(
    bucket              smallint    not null,
    refund_id           uuid        not null,
    payment_id          uuid        not null,
    amount_minor        bigint      not null,
    reason              text,
    state               text        not null default 'requested',
    processor_reference text,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now(),
    constraint refund_pkey primary key (bucket, refund_id),
    constraint refund_payment_fkey foreign key (bucket, payment_id) references payment,
    constraint refund_bucket_check check (bucket = bucket_of(refund_id)),
    constraint refund_amount_check check (amount_minor > 0),
    constraint refund_state_check check (state in ('requested', 'succeeded', 'failed', 'returned'))
);
create index refund_payment_idx on refund (bucket, payment_id);

create table transition
(
    bucket       smallint    not null,
    payment_id   uuid        not null,
    version      integer     not null,
    event        text        not null,
    from_phase   text        not null,
    to_phase     text        not null,
    amount_minor bigint,
    source       text        not null,
    evidence     jsonb,
    irregular    text,
    at           timestamptz not null default now(),
    constraint transition_pkey primary key (bucket, payment_id, version)
);
comment on table transition is 'The history of each payment: one row for each change, never edited.';
comment on column transition.source is 'Where the event came from: api, worker, webhook, poll, file, staff, clock.';

create trigger transition_append_only before update or delete or truncate on transition
    for each statement execute function refuse_change();
