-- Staff, their sessions, and the audit log of everything that people and the system decide.

create table staff
(
    staff_id      uuid        not null constraint staff_pkey primary key,
    shop_id       uuid        not null constraint staff_shop_fkey references shop,
    email         text        not null,
    name          text        not null,
    role          text        not null,
    password_hash text        not null,
    disabled_at   timestamptz,
    created_at    timestamptz not null default now(),
    constraint staff_role_check check (role in ('operator', 'analyst', 'approver', 'admin'))
);
create unique index staff_email_key on staff (lower(email));

create table sign_in_attempt
(
    sign_in_attempt_id bigint      not null generated always as identity constraint sign_in_attempt_pkey primary key,
    email              text        not null,
    succeeded          boolean     not null,
    at                 timestamptz not null default now()
);
create index sign_in_attempt_email_idx on sign_in_attempt (lower(email), at);

create table session
(
    id_sha256  bytea       not null constraint session_pkey primary key,
    staff_id   uuid        constraint session_staff_fkey references staff,
    data       jsonb       not null,
    expires_at timestamptz not null
);
comment on column session.id_sha256 is 'Only the hash of the cookie: who reads this table cannot sign in with it.';

create table audit_log
(
    audit_id    uuid        not null constraint audit_log_pkey primary key,
    shop_id     uuid,
    actor       text        not null,
    staff_id    uuid,
    action      text        not null,
    object_type text        not null,
    object_id   text        not null,
    detail      jsonb       not null default '{}'::jsonb,
    at          timestamptz not null default now()
);
create index audit_log_object_idx on audit_log (object_type, object_id, at);
create trigger audit_log_append_only before update or delete or truncate on audit_log
    for each statement execute function refuse_change();
