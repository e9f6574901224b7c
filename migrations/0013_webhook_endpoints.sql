-- Several receivers of one stream of events, such as payment, analytics and notification.
--
-- A shop had one address, in its own row. It now has endpoints, each with a name, a secret and the
-- types of events that it wants. Each event has one delivery for each endpoint that wants it: with
-- tries, dead letters and a log of its own, so that one receiver that is down keeps no other waiting.
--
-- The two columns of `shop` go at once, since all that they said is moved over here: Paydesk is not
-- released, and no older program runs beside this one.

create table webhook_endpoint
(
    webhook_endpoint_id uuid        not null constraint webhook_endpoint_pkey primary key,
    shop_id             uuid        not null constraint webhook_endpoint_shop_fkey references shop,
    name                text        not null,
    url                 text        not null,
    secret              text        not null,
    event_types         text[]      not null default '{}',
    created_at          timestamptz not null default now(),
    disabled_at         timestamptz,
    constraint webhook_endpoint_name_check check (name ~ '^[A-Za-z0-9._:-]{1,64}$')
);
comment on table webhook_endpoint is 'Who hears of a shop''s events. Rows stay for ever: deliveries name them.';
comment on column webhook_endpoint.event_types is 'The types of events that it wants; none means all.';
comment on column webhook_endpoint.disabled_at is 'Since when nothing is sent to it; its name is free again.';

-- Also finds the endpoints of a shop, which every change of a payment asks for.
create unique index webhook_endpoint_name_key on webhook_endpoint (shop_id, name) where disabled_at is null;

insert into webhook_endpoint (webhook_endpoint_id, shop_id, name, url, secret, created_at)
select gen_random_uuid(), shop_id, 'default', webhook_url, webhook_secret, created_at
from shop where webhook_url is not null;

-- What was sent, or was to be sent, before a shop gave its address up: the endpoint that it was for
-- is known as a disabled one, with which the delivery ends.
insert into webhook_endpoint (webhook_endpoint_id, shop_id, name, url, secret, created_at, disabled_at)
select gen_random_uuid(), shop_id, 'default', 'https://given-up.invalid/', 'whsec_', created_at, now()
from shop
where webhook_url is null
  and shop_id in (select outbox.shop_id from outbox
                  where event_id in (select event_id from webhook_attempt
                                     union all
                                     select subject_id from job where kind = 'deliver_webhook'
                                     union all
                                     select subject_id from dead_letter where kind = 'deliver_webhook'));

update job
set payload = job.payload || jsonb_build_object('endpoint', receiver.webhook_endpoint_id),
    waits_for = case when job.waits_for is not null then receiver.webhook_endpoint_id end
from outbox
join webhook_endpoint as receiver on receiver.shop_id = outbox.shop_id
where job.kind = 'deliver_webhook' and outbox.event_id = job.subject_id
  and outbox.bucket = bucket_of((job.payload ->> 'object')::uuid);

update dead_letter
set payload = dead_letter.payload || jsonb_build_object('endpoint', receiver.webhook_endpoint_id)
from outbox
join webhook_endpoint as receiver on receiver.shop_id = outbox.shop_id
where dead_letter.kind = 'deliver_webhook' and outbox.event_id = dead_letter.subject_id
  and outbox.bucket = bucket_of((dead_letter.payload ->> 'object')::uuid);

alter table webhook_attempt add column webhook_endpoint_id uuid;

update webhook_attempt
set webhook_endpoint_id = receiver.webhook_endpoint_id
from outbox
join webhook_endpoint as receiver on receiver.shop_id = outbox.shop_id
where outbox.bucket = webhook_attempt.bucket and outbox.event_id = webhook_attempt.event_id;

-- Tries whose event is forgotten, which nobody can tell whom they were for.
delete from webhook_attempt where webhook_endpoint_id is null;

-- The same try of the same event may be that of another receiver. There is no foreign key, which
-- would be checked at each delivery: endpoints stay for ever.
alter table webhook_attempt
    alter column webhook_endpoint_id set not null,
    drop constraint webhook_attempt_pkey,
    add constraint webhook_attempt_pkey primary key (bucket, event_id, webhook_endpoint_id, attempt);

-- What an endpoint did not take. What it took, which is nearly all, is in no index.
create index webhook_attempt_untaken_idx on webhook_attempt (webhook_endpoint_id, at)
    where status is null or status not between 200 and 299;

alter table shop
    drop constraint shop_webhook_check,
    drop column webhook_url,
    drop column webhook_secret;
