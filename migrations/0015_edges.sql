-- What an audit found at the edges: why a notification led to nothing, as a code that stays; states
-- in which money could stay without anybody looking; answers that were too long to be kept; and
-- whose a dead letter about an alert is.

alter table inbound_webhook
    add column problem_code text,
    add constraint inbound_webhook_problem_code_check
        check (problem_code is null or problem is not null and problem_code ~ '^[a-z_]{1,40}$');
comment on column inbound_webhook.problem is 'Why it was refused or not matched, for people.';
comment on column inbound_webhook.problem_code is
    'The same for programs. Null where a release before this one wrote the row.';
update inbound_webhook
set problem_code = case problem
        when 'the notification is not signed' then 'unsigned'
        when 'the signature does not fit the notification' then 'signature_invalid'
        when 'the signature fits, and the notification is of another time' then 'outside_tolerance'
        when 'the notification is signed and cannot be read' then 'unreadable'
        when 'it names neither a payment nor a registration' then 'names_nothing'
        when 'no payment of ours at this processor account' then 'payment_unknown'
        when 'we never tried to authorise this payment' then 'payment_not_sent'
        when 'money at a processor account that the payment has left' then 'account_left'
        when 'no registration of ours at this processor account' then 'registration_unknown'
    end
where problem is not null;

-- A hold may be kept for as long as the shop likes, so nothing limits it until somebody adds a row.
-- A capture or a release is answered within seconds, or its job has died.
alter table state_limit
    drop constraint state_limit_state_check,
    add constraint state_limit_state_check check (state in ('page_open', 'executing', 'action_required', 'in_review',
        'awaiting_funds', 'authorized', 'unknown', 'capture_processing', 'cancel_processing', 'refund_processing'));
insert into state_limit (state, method, expected_seconds, limit_seconds)
values ('capture_processing', null, 60, 3600),
       ('cancel_processing', null, 60, 3600);

-- Finished payments stand in neither, so both stay small.
create index payment_authorized_idx on payment (updated_at) where phase = 'authorized';
create index payment_operating_idx on payment (updated_at) where operations -> 'open' <> '[]';
-- Without it the planner takes every payment for one that has operations under way.
create statistics payment_operating_statistics on (operations -> 'open') from payment;

-- What a checkout of twenty payments with all their metadata answers is longer than what a body may
-- be, and was not kept.
alter table idempotency
    drop constraint idempotency_body_check,
    add constraint idempotency_body_check check (octet_length(body) <= 262144);

create or replace view dead_letter_subject as
select letter.bucket, letter.job_id,
       coalesce(payment.shop_id, checkout.shop_id, account.shop_id, event.shop_id, alert.shop_id) as shop_id,
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
    on account.processor_account_id = coalesce(webhook.processor_account_id, letter.subject_id)
left join alert on letter.kind = 'tell_operator' and alert.alert_id = letter.subject_id;
comment on view dead_letter_subject is
    'What a dead letter is about, and whose it is; of no shop if it is about the installation.';
