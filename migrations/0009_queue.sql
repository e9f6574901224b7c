-- The queue: leases that touch no index, waits that are no tries, and dead letters that people
-- decide about.

alter table job
    add column uncounted    integer not null default 0,
    add column waits_for    uuid,
    add column leased_until timestamptz,
    add column held_key     uuid,
    add constraint job_uncounted_check check (uncounted between 0 and attempt),
    add constraint job_lease_check check ((leased_by is null) = (leased_until is null)),
    add constraint job_held_key_check check (held_key is null or (leased_by is not null and held_key = ordering_key));
comment on column job.due_at is 'When it may run.';
comment on column job.uncounted is 'How many of its attempts do not count against the threshold: it only waited, or a person had it tried again.';
comment on column job.waits_for is 'What it waits for, such as a processor account whose circuit is open.';
comment on column job.leased_until is 'When the lease ends and another worker may take it. In no index, so that leasing a job rewrites none.';
comment on column job.held_key is 'The ordering key while the job is leased.';

-- Half of each page stays free for the leases of its jobs.
alter table job set (fillfactor = 50);

-- One owner at a time: of the jobs that share an ordering key, one at most is leased. The key is
-- repeated while leased, since an index on `leased_by` would be rewritten by every lease.
drop index job_ordering_key;
create unique index job_ordering_key on job (held_key) where held_key is not null;

-- What stands back after a failure can be made due at once when its reason is over.
create index job_waits_for_idx on job (kind, waits_for) where waits_for is not null;

alter table dead_letter
    add column error_class    text        not null default '',
    add column uncounted      integer     not null default 0,
    add column discarded_at   timestamptz,
    add column discarded_by   text,
    add column discard_reason text,
    add constraint dead_letter_discarded_check
        check ((discarded_at is null) = (discarded_by is null) and (discarded_at is null) = (discard_reason is null));
comment on column dead_letter.error_class is 'What is common to errors of one cause: the error without what differs from job to job.';
create index dead_letter_open_idx on dead_letter (kind, error_class, died_at) where discarded_at is null;

create view dead_letter_subject as
select letter.bucket, letter.job_id,
       coalesce(payment.shop_id, checkout.shop_id, account.shop_id, event.shop_id) as shop_id,
       payment.payment_id, checkout.checkout_id, webhook.inbound_webhook_id
from dead_letter as letter
left join outbox as event
    on letter.kind = 'deliver_webhook' and event.event_id = letter.subject_id
   and event.bucket = bucket_of((letter.payload ->> 'object')::uuid)
   and event.object_id = (letter.payload ->> 'object')::uuid
   and event.sequence = (letter.payload ->> 'sequence')::integer
left join payment
    on payment.bucket = bucket_of(coalesce(event.object_id, letter.subject_id))
   and payment.payment_id = coalesce(event.object_id, letter.subject_id)
left join checkout
    on checkout.bucket = bucket_of(letter.subject_id) and checkout.checkout_id = letter.subject_id
left join inbound_webhook as webhook on webhook.inbound_webhook_id = letter.subject_id
left join processor_account as account
    on account.processor_account_id = coalesce(webhook.processor_account_id, letter.subject_id);
comment on view dead_letter_subject is 'What a dead letter is about, and whose it is.';

-- What the janitor must leave alone: everything about a payment that is not at its end, or that a
-- person still has to do with.
create view open_case as
with open_payment as (
    select bucket, payment_id from payment
    where phase in ('executing', 'action_required', 'in_review', 'awaiting_funds') or in_doubt
    union
    select bucket, payment_id from dispute where state = 'opened'
    union
    select bucket_of(payment_id), payment_id from mismatch
    where payment_id is not null and state not in ('resolved', 'ignored')
    union
    select bucket_of(subject.payment_id), subject.payment_id
    from dead_letter join dead_letter_subject as subject using (bucket, job_id)
    where discarded_at is null and subject.payment_id is not null
)
select bucket, payment_id as object_id from open_payment
union
select bucket, checkout_id from payment join open_payment using (bucket, payment_id);
comment on view open_case is 'Payments and checkouts of which nothing may be forgotten.';

-- Rows are added in the order of time, so a summary of each range of pages finds the old ones.
create index job_failure_at_idx on job_failure using brin (at);
create index outbox_created_at_idx on outbox using brin (created_at);
create index webhook_attempt_at_idx on webhook_attempt using brin (at);
