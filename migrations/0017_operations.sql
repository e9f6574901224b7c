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

-- Staff look payments up by what the processor calls them. The newest try's reference stands in its
-- payment, whose row is written anew with all its index entries whenever it changes, so an index on
-- it costs one entry. On `attempt` it would cost more than it finds: the end of a try, now written
-- beside its beginning, would rewrite every entry of the row. Which payments were tried again never
-- changes, and those are few: the references of earlier tries are found by way of them.
create index payment_processor_reference_idx on payment (processor_reference)
    where processor_reference is not null;
create index refund_processor_reference_idx on refund (processor_reference)
    where processor_reference is not null;
create index attempt_again_idx on attempt (bucket, payment_id) where operation = 'authorize' and number > 1;

-- A page is open until its checkout expires; from now on whoever gives the checkout up writes so.
update registration set state = 'expired', updated_at = now()
from checkout
where registration.state = 'open' and checkout.bucket = registration.bucket
  and checkout.checkout_id = registration.checkout_id and checkout.expires_at <= now();

-- Tries to deliver an event go with their event from now on, in one statement.
delete from webhook_attempt
where not exists (select from outbox
                  where outbox.bucket = webhook_attempt.bucket and outbox.event_id = webhook_attempt.event_id);
drop index webhook_attempt_at_idx;
