-- What whoever runs it needs day by day.
--
-- A notification that matches nothing can be put aside for good, with a reason, as dead letters can:
-- a queue that nobody can empty hides what is new in it.

alter table inbound_webhook
    add column discarded_at   timestamptz,
    add column discarded_by   text,
    add column discard_reason text,
    add constraint inbound_webhook_discarded_check
        check (num_nulls(discarded_at, discarded_by, discard_reason) in (0, 3)
            and (discarded_at is null or state = 'unmatched'));
comment on column inbound_webhook.discarded_at is 'When a person decided that it matches nothing and need not.';
