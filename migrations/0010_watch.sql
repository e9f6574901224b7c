-- Watching: alerts, how long a payment may stay in one state, whom to ask when no notification
-- comes, and what is needed to look at notifications and to handle one again.

alter table processor_account add column sends_webhooks boolean not null default true;
comment on column processor_account.sends_webhooks is
    'If not, polling is the only source, and begins after seconds instead of minutes.';

alter table inbound_webhook
    add column kind       text,
    add column about      jsonb,
    add column body_bytes integer not null default 0,
    add column replays    integer not null default 0;
comment on column inbound_webhook.kind is 'The kind of news, in the processor''s words.';
comment on column inbound_webhook.about is 'What it names, as the adapter read it: the payload of the job that handles it.';
comment on column inbound_webhook.body_bytes is 'How long the body was; of a refused one only its beginning is kept.';
comment on column inbound_webhook.replays is 'How often a person had it handled again.';

-- What waits for a person, and how many an account was refused within the hour. What was handled is
-- in no index of its own: it is listed by its id, which rises with time.
create index inbound_webhook_aside_idx on inbound_webhook (state, processor_account_id, received_at)
    where state in ('unmatched', 'refused');
create index inbound_webhook_received_idx on inbound_webhook using brin (received_at);

create table webhook_source
(
    processor_account_id uuid        not null constraint webhook_source_pkey primary key
        constraint webhook_source_account_fkey references processor_account,
    last_at              timestamptz not null
);
comment on table webhook_source is 'When each processor account was last heard of, kept by the watch.';

create table state_limit
(
    shop_id          uuid     constraint state_limit_shop_fkey references shop,
    state            text     not null,
    method           text,
    expected_seconds integer  not null,
    limit_seconds    integer,
    constraint state_limit_key unique nulls not distinct (shop_id, state, method),
    constraint state_limit_state_check check (state in ('page_open', 'executing', 'action_required', 'in_review',
        'awaiting_funds', 'unknown', 'refund_processing')),
    constraint state_limit_seconds_check check (expected_seconds > 0 and limit_seconds >= expected_seconds)
);
comment on table state_limit is
    'How long a payment stays in a state: the row of the shop and the method counts, then of the shop, then of the method, then the default.';
comment on column state_limit.expected_seconds is 'After this the processor is asked.';
comment on column state_limit.limit_seconds is 'After this somebody is alerted; null means never.';

insert into state_limit (state, method, expected_seconds, limit_seconds)
values ('page_open', null, 300, null),
       ('executing', null, 60, 600),
       ('action_required', null, 180, 7200),
       ('in_review', null, 600, 172800),
       ('awaiting_funds', null, 3600, 864000),
       ('awaiting_funds', 'bank_transfer', 3600, 432000),
       ('awaiting_funds', 'voucher', 3600, 864000),
       ('unknown', null, 60, 600),
       ('refund_processing', null, 600, 86400);

-- Only payments that wait for somebody stand in this index, so it stays small and each payment
-- costs one entry.
create index payment_waiting_idx on payment (updated_at)
    where phase in ('executing', 'action_required', 'in_review', 'awaiting_funds') or in_doubt;
create index registration_open_idx on registration (created_at) where state = 'open';
create index refund_open_idx on refund (created_at) where state not in ('succeeded', 'failed', 'returned');
-- Attempts are added in the order of time: a summary of each range of pages finds the last ones.
create index attempt_started_idx on attempt using brin (started_at);

create table poll
(
    bucket     smallint    not null,
    subject_id uuid        not null,
    asked      integer     not null default 0,
    due_at     timestamptz not null,
    constraint poll_pkey primary key (bucket, subject_id),
    constraint poll_bucket_check check (bucket = bucket_of(subject_id))
);
comment on table poll is 'Payments and checkouts whose processor is asked because no notification came; gone when they have ended.';

create table acceptance
(
    processor_account_id uuid        not null constraint acceptance_account_fkey references processor_account,
    slot                 timestamptz not null,
    done                 bigint      not null,
    declined             bigint      not null,
    constraint acceptance_pkey primary key (processor_account_id, slot)
);
comment on table acceptance is 'Outcomes of authorisations in slots of ten minutes, so that now can be compared with the last days.';

create table alert
(
    alert_id        uuid        not null constraint alert_pkey primary key,
    shop_id         uuid        constraint alert_shop_fkey references shop,
    kind            text        not null,
    subject         text        not null,
    severity        text        not null,
    state           text        not null default 'open',
    message         text        not null,
    facts           jsonb       not null,
    is_watched      boolean     not null default false,
    acknowledged_by uuid        constraint alert_acknowledged_by_fkey references staff,
    resolved_by     uuid        constraint alert_resolved_by_fkey references staff,
    version         integer     not null default 0,
    raised_at       timestamptz not null default now(),
    seen_at         timestamptz not null default now(),
    acknowledged_at timestamptz,
    resolved_at     timestamptz,
    constraint alert_severity_check check (severity in ('warning', 'critical')),
    constraint alert_state_check check (state in ('open', 'acknowledged', 'resolved')),
    constraint alert_resolved_check check ((state = 'resolved') = (resolved_at is not null))
);
comment on column alert.shop_id is 'Whose data it is about; null if it is about the whole installation.';
comment on column alert.subject is 'What it is about; with the kind it is unique while it is not resolved.';
comment on column alert.is_watched is 'Whether the watch looks for it and resolves it when the condition has passed.';
comment on column alert.seen_at is 'When the condition was last found.';
create unique index alert_unresolved_key on alert (kind, subject) where state <> 'resolved';
create index alert_list_idx on alert (state, raised_at);

create table periodic
(
    name   text        not null constraint periodic_pkey primary key,
    ran_at timestamptz not null
);
comment on table periodic is 'What one process does at a time, and when it was last begun.';
insert into periodic (name, ran_at) values ('watch', '-infinity'), ('poll', '-infinity');
