-- A finished payment of this very run, copied once for each row of the table `full_number`: every
-- column is the original's but for the ids and references, so that the copies stay true to whatever
-- the service writes. Checks and triggers are off meanwhile; the books are verified afterwards.
set session_replication_role = replica;

create function pg_temp.mint(kind integer, number integer, bucket smallint) returns uuid
    language sql immutable as
$$
    select ('01900000' || lpad(to_hex(kind), 4, '0') || '7000' || '8' || lpad(to_hex(number), 13, '0')
            || lpad(to_hex(bucket::integer), 2, '0'))::uuid
$$;

create temp table seed as
select number, bucket, payment_bucket,
       pg_temp.mint(1, number, bucket) as checkout, pg_temp.mint(2, number, bucket) as payment,
       pg_temp.mint(3, number, bucket) as attempt, pg_temp.mint(4, number, bucket) as posting,
       pg_temp.mint(5, number, bucket) as event, pg_temp.mint(6, number, bucket) as notification
from full_number;

create temp table original as
select payment.bucket, payment.payment_id, payment.checkout_id, posting.posting_id
from payment
join posting on posting.bucket = payment.bucket and posting.object_id = payment.payment_id
join outbox on outbox.bucket = payment.bucket and outbox.object_id = payment.payment_id
join webhook_attempt on webhook_attempt.bucket = outbox.bucket and webhook_attempt.event_id = outbox.event_id
join inbound_webhook on inbound_webhook.subject_id = payment.payment_id and inbound_webhook.state = 'handled'
where payment.phase = 'captured'
order by payment.created_at desc limit 1;

create function pg_temp.copy_rows(target regclass, template text, overrides jsonb) returns void
    language plpgsql as
$$
declare
    columns text;
    sources text;
begin
    select string_agg(quote_ident(attname), ', ' order by attnum),
           string_agg(coalesce(overrides ->> attname::text, 't.' || quote_ident(attname)), ', ' order by attnum)
    into columns, sources
    from pg_attribute where attrelid = target and attnum > 0 and not attisdropped;
    execute format('insert into %s (%s) select %s from (%s) as t cross join seed as s',
                   target, columns, sources, template);
end
$$;

select pg_temp.copy_rows('reference_claim',
    'select * from reference_claim where object_id = (select checkout_id from original)',
    '{"bucket": "s.bucket", "reference": "''full-c-'' || s.number", "object_id": "s.checkout"}');
select pg_temp.copy_rows('reference_claim',
    'select * from reference_claim where object_id = (select payment_id from original)',
    '{"bucket": "s.payment_bucket", "reference": "''full-p-'' || s.number", "object_id": "s.payment"}');
select pg_temp.copy_rows('idempotency',
    'select * from idempotency where object_id = (select checkout_id from original)',
    '{"bucket": "s.bucket", "key": "''full-c-'' || s.number", "object_id": "s.checkout"}');
select pg_temp.copy_rows('checkout',
    'select checkout.* from checkout join original using (bucket, checkout_id)',
    '{"bucket": "s.bucket", "checkout_id": "s.checkout", "reference": "''full-c-'' || s.number"}');
select pg_temp.copy_rows('payment',
    'select payment.* from payment join original using (bucket, payment_id)',
    '{"bucket": "s.bucket", "payment_id": "s.payment", "checkout_id": "s.checkout",
      "reference": "''full-p-'' || s.number"}');
select pg_temp.copy_rows('attempt',
    'select attempt.* from attempt join original using (bucket, payment_id)',
    '{"bucket": "s.bucket", "attempt_id": "s.attempt", "payment_id": "s.payment",
      "idempotency_key": "s.payment::text"}');
select pg_temp.copy_rows('transition',
    'select transition.* from transition join original using (bucket, payment_id)',
    '{"bucket": "s.bucket", "payment_id": "s.payment",
      "attempt_id": "case when t.attempt_id is not null then s.attempt end"}');
select pg_temp.copy_rows('posting',
    'select posting.* from posting join original using (bucket, posting_id)',
    '{"bucket": "s.bucket", "posting_id": "s.posting", "object_id": "s.payment"}');
select pg_temp.copy_rows('outbox',
    'select outbox.* from outbox join original on original.bucket = outbox.bucket and payment_id = object_id',
    '{"bucket": "s.bucket", "object_id": "s.payment", "event_id": "s.event"}');
select pg_temp.copy_rows('webhook_attempt',
    'select webhook_attempt.* from webhook_attempt
     join outbox on outbox.bucket = webhook_attempt.bucket and outbox.event_id = webhook_attempt.event_id
     join original on original.bucket = outbox.bucket and payment_id = object_id',
    '{"bucket": "s.bucket", "event_id": "s.event"}');
select pg_temp.copy_rows('inbound_webhook',
    'select * from inbound_webhook where subject_id = (select payment_id from original)',
    '{"inbound_webhook_id": "s.notification", "message_id": "''full-'' || s.number", "subject_id": "s.payment"}');

-- Each bucket has accounts of its own: those of the same shop, kind, owner and currency.
create temp table of_bucket as
select twin.bucket, account.account_id as original_id, twin.account_id
from account
join account as twin on twin.shop_id = account.shop_id and twin.kind = account.kind
    and twin.owner_id is not distinct from account.owner_id and twin.currency = account.currency
where account.bucket = (select bucket from original);
create unique index on of_bucket (bucket, original_id);
select pg_temp.copy_rows('entry',
    'select entry.* from entry join original using (bucket, posting_id)',
    '{"bucket": "s.bucket", "posting_id": "s.posting",
      "account_id": "(select twin.account_id from of_bucket as twin where twin.bucket = s.bucket and twin.original_id = t.account_id)"}');
insert into balance_delta (bucket, account_id, amount_minor)
select entry.bucket, entry.account_id, sum(entry.amount_minor)::bigint
from entry join seed on seed.bucket = entry.bucket and seed.posting = entry.posting_id
group by entry.bucket, entry.account_id;

set session_replication_role = origin;
drop table full_number;
analyze;
