-- A registration is one checkout of a shop: one page, one card entry, one challenge for the total.
--
-- There is no column for a card number, and there never will be.

create table payment_method (
    token      text primary key,
    account_id bigint not null,
    brand      text not null,
    last4      text not null constraint payment_method_last4_check check (last4 ~ '^[0-9]{4}$'),
    expiry     text not null,
    behaviour  text not null,
    created_at timestamptz not null default now()
);

create table registration (
    token             text primary key,
    account_id        bigint not null references account (account_id),
    nonce             text not null,
    status            text not null default 'open'
        constraint registration_status_check check (status in ('open', 'completed', 'failed')),
    amount_minor      bigint not null constraint registration_amount_check check (amount_minor > 0),
    currency          text not null,
    description       text not null,
    return_url        text not null,
    -- Chosen on the page; while the registration is open, a method that waits for its challenge.
    payment_method    text references payment_method (token),
    failure_code      text,
    expires_at        timestamptz not null,
    created_at        timestamptz not null default now(),
    constraint registration_nonce_key unique (account_id, nonce),
    constraint registration_completed_check check (status <> 'completed' or payment_method is not null)
);

create table registration_payment (
    token        text not null references registration (token),
    reference    text not null,
    position     integer not null,
    amount_minor bigint not null constraint registration_payment_amount_check check (amount_minor > 0),
    description  text not null,
    constraint registration_payment_pkey primary key (token, reference)
);
