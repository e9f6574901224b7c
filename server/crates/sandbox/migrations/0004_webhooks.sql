-- Messages to merchants, written in the transaction of the change they tell of.
--
-- What is delivered leaves the table, so it stays as small as what is still to be said. A message
-- that used up its tries stays, with `due_at` at infinity and the last error.

create table webhook (
    webhook_id uuid primary key,
    account_id bigint not null,
    type       text not null,
    body       text not null,
    tries      integer not null default 0,
    due_at     timestamptz not null,
    last_error text,
    created_at timestamptz not null
);

create index webhook_due_index on webhook (due_at);
