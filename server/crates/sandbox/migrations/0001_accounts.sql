-- Who may call the API, and the answers it has already given.
--
-- An answer is written in the transaction of its effect, so a key that is known is a key whose
-- effect happened.

create table account (
    account_id     bigint generated always as identity primary key,
    name           text not null constraint account_name_key unique,
    api_key_hash   bytea not null constraint account_api_key_hash_key unique,
    webhook_url    text,
    webhook_secret text not null,
    -- Every day up to this one is closed: nothing can be settled into it any more.
    closed_through date,
    created_at     timestamptz not null default now()
);

create table idempotency_key (
    account_id  bigint not null,
    key         text not null,
    fingerprint bytea not null,
    status_code smallint not null,
    body        text not null,
    created_at  timestamptz not null default now(),
    constraint idempotency_key_pkey primary key (account_id, key)
);
