-- Work that must happen, and what the shop must hear. Both are written in the transaction that
-- makes them necessary.

create table job
(
    bucket       smallint    not null,
    job_id       uuid        not null,
    kind         text        not null,
    subject_id   uuid        not null,
    payload      jsonb       not null,
    ordering_key uuid,
    due_at       timestamptz not null default now(),
    attempt      integer     not null default 0,
    leased_by    uuid,
    last_error   text,
    created_at   timestamptz not null default now(),
    constraint job_pkey primary key (bucket, job_id),
    constraint job_bucket_check check (bucket = bucket_of(job_id))
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
comment on column job.due_at is 'When it may run; while leased, when the lease ends and another worker may take it.';

create index job_due_idx on job (kind, due_at);
-- One owner at a time: of the jobs that share an ordering key, one at most is leased.
create unique index job_ordering_key on job (ordering_key) where leased_by is not null and ordering_key is not null;

create table dead_letter
(
    bucket       smallint    not null,
    job_id       uuid        not null,
    kind         text        not null,
    subject_id   uuid        not null,
    payload      jsonb       not null,
    ordering_key uuid,
    attempts     integer     not null,
    last_error   text        not null,
    created_at   timestamptz not null,
    died_at      timestamptz not null default now(),
    constraint dead_letter_pkey primary key (bucket, job_id)
);

create table job_failure
(
    bucket  smallint    not null,
    job_id  uuid        not null,
    attempt integer     not null,
    error   text        not null,
    at      timestamptz not null default now(),
    constraint job_failure_pkey primary key (bucket, job_id, attempt)
);
comment on table job_failure is 'The history of what went wrong, kept for dead letters.';

create table outbox
(
    bucket     smallint    not null,
    object_id  uuid        not null,
    sequence   integer     not null,
    event_id   uuid        not null,
    shop_id    uuid        not null,
    type       text        not null,
    payload    jsonb       not null,
    created_at timestamptz not null default now(),
    constraint outbox_pkey primary key (bucket, object_id, sequence)
);
comment on column outbox.sequence is 'The version of the object that the event tells of: rises per object, may skip.';

comment on column outbox.payload is 'The data of the event; its type and its time stand beside it.';

create table webhook_attempt
(
    bucket    smallint    not null,
    event_id  uuid        not null,
    attempt   integer     not null,
    status    smallint,
    error     text,
    at        timestamptz not null default now(),
    constraint webhook_attempt_pkey primary key (bucket, event_id, attempt)
);

create table inbound_webhook
(
    inbound_webhook_id   uuid        not null constraint inbound_webhook_pkey primary key,
    processor_account_id uuid        constraint inbound_webhook_account_fkey references processor_account,
    message_id           text        not null,
    headers              jsonb       not null,
    body                 bytea       not null,
    state                text        not null,
    problem              text,
    subject_id           uuid,
    received_at          timestamptz not null default now(),
    handled_at           timestamptz,
    constraint inbound_webhook_state_check check (state in ('stored', 'handled', 'unmatched', 'refused')),
    constraint inbound_webhook_problem_check check ((state in ('unmatched', 'refused')) = (problem is not null))
);
comment on table inbound_webhook is 'Each notification of a processor, raw, before anybody reads it; also those refused.';
-- A repeated notification is stored once.
create unique index inbound_webhook_message_key on inbound_webhook (processor_account_id, message_id)
    where state <> 'refused';
create index inbound_webhook_subject_idx on inbound_webhook (subject_id) where subject_id is not null;
