-- The tables of the yardstick: 1000 merchants, ten clearing accounts, fee income and cost.
drop schema if exists y cascade;
create schema y;
create function y.uuid7() returns uuid language sql volatile parallel safe as $$
    select encode(substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
        || '\x7000'::bytea || substring(uuid_send(gen_random_uuid()) from 9 for 8), 'hex')::uuid $$;
create table y.account (
    id int primary key, balance bigint not null default 0, version bigint not null default 0)
    with (fillfactor = 50);
create table y.payment (
    id uuid primary key, merchant_id int not null, idem_key text not null,
    amount bigint not null check (amount > 0), currency char(3) not null, state smallint not null,
    psp_ref text, created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(), unique (merchant_id, idem_key))
    with (fillfactor = 80);
create table y.ledger_line (
    entry_id uuid not null, line smallint not null, account_id int not null, amount bigint not null,
    created_at timestamptz not null default now(), primary key (entry_id, line));
create index on y.ledger_line (account_id, created_at);
create table y.outbox (
    id bigint generated always as identity primary key, topic text not null,
    payment_id uuid not null, payload jsonb not null,
    available_at timestamptz not null default now(), attempts smallint not null default 0);
create table y.job (
    id bigint generated always as identity primary key, kind text not null,
    payment_id uuid not null, run_at timestamptz not null default now(),
    attempts smallint not null default 0, locked_by text, locked_until timestamptz);
create table y.audit (
    id bigint generated always as identity primary key, at timestamptz not null default now(),
    actor text not null, action text not null, object_id uuid not null, detail jsonb not null);
insert into y.account (id) select generate_series(1, 1012);
analyze;
