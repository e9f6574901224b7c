-- Pay-outs: money to sellers' bank accounts, who let it go, and what became of it.
--
-- A pay-out lives in the bucket of its seller. Until it is submitted it posts nothing: what it will
-- take is counted by its row alone, under the lock of the seller's wallet. Its id is the key at the
-- provider, which pays an id once.

create table payout_account
(
    payout_account_id uuid        not null constraint payout_account_pkey primary key,
    shop_id           uuid        not null constraint payout_account_shop_fkey references shop,
    name              text        not null,
    currency          text        not null,
    provider          text        not null,
    base_url          text        not null,
    api_key           text        not null,
    webhook_secret    text        not null,
    created_at        timestamptz not null default now(),
    constraint payout_account_name_key unique (shop_id, name),
    constraint payout_account_provider_check check (provider in ('sandbox'))
);
comment on table payout_account is 'The shop''s account at a bank or a pay-out provider, which pay-outs leave from.';

create table payee_account
(
    payee_account_id uuid        not null constraint payee_account_pkey primary key,
    shop_id          uuid        not null constraint payee_account_shop_fkey references shop,
    seller_id        uuid        not null constraint payee_account_seller_fkey references seller,
    currency         text        not null,
    iban             text        not null,
    bic              text,
    holder           text        not null,
    state            text        not null default 'new',
    verified_by      text,
    verified_by_id   uuid constraint payee_account_verifier_fkey references staff,
    verified_at      timestamptz,
    retired_at       timestamptz,
    created_at       timestamptz not null default now(),
    constraint payee_account_state_check check (state in ('new', 'verified', 'retired')),
    constraint payee_account_verified_check check (
        num_nulls(verified_by, verified_at) in (0, 2) and (state <> 'verified' or verified_at is not null)),
    constraint payee_account_retired_check check ((state = 'retired') = (retired_at is not null))
);
comment on column payee_account.verified_by_id is
    'The person among those; whoever verified an account does not approve the first pay-out to it.';
comment on table payee_account is 'A seller''s bank account as it was given once: whoever changes it makes a new row.';
create unique index payee_account_verified_key on payee_account (seller_id, currency) where state = 'verified';
create index payee_account_seller_idx on payee_account (seller_id, payee_account_id);

create table payout_limit
(
    shop_id     uuid        not null constraint payout_limit_shop_fkey references shop,
    currency    text        not null,
    limit_minor bigint      not null,
    updated_at  timestamptz not null default now(),
    constraint payout_limit_pkey primary key (shop_id, currency),
    constraint payout_limit_check check (limit_minor >= 0)
);
comment on table payout_limit is 'Up to how much one person may decide; without a row no amount is below it.';

create table payout_schedule
(
    seller_id     uuid        not null constraint payout_schedule_seller_fkey references seller,
    currency      text        not null,
    shop_id       uuid        not null constraint payout_schedule_shop_fkey references shop,
    rhythm        text        not null,
    day           smallint,
    minimum_minor bigint      not null default 0,
    last_run_on   date,
    last_outcome  text,
    updated_at    timestamptz not null default now(),
    constraint payout_schedule_pkey primary key (seller_id, currency),
    constraint payout_schedule_rhythm_check check (
        case rhythm when 'manual' then day is null
                    when 'daily' then day is null
                    when 'weekly' then day is not null and day between 1 and 7
                    when 'monthly' then day is not null and day between 1 and 31
                    else false end),
    constraint payout_schedule_minimum_check check (minimum_minor >= 0)
);
comment on column payout_schedule.day is 'Of the week, Monday is 1, or of the month.';

create table payout
(
    bucket             smallint    not null,
    payout_id          uuid        not null,
    shop_id            uuid        not null constraint payout_shop_fkey references shop,
    seller_id          uuid        not null constraint payout_seller_fkey references seller,
    payout_account_id  uuid        not null constraint payout_account_fkey references payout_account,
    payee_account_id   uuid        not null constraint payout_payee_fkey references payee_account,
    currency           text        not null,
    amount_minor       bigint      not null,
    maker_kind         text        not null,
    maker_id           uuid,
    needs_second       boolean     not null,
    reasons            text[]      not null,
    approver_kind      text,
    approver_id        uuid,
    approved_at        timestamptz,
    phase              text        not null,
    submissions        smallint    not null default 0,
    begun              smallint    not null default 0,
    is_accepted        boolean     not null default false,
    in_doubt           boolean     not null default false,
    doubtful_since     timestamptz,
    provider_reference text,
    failure_code       text,
    failure_message    text,
    refusal            text,
    ended_at           timestamptz,
    version            integer     not null default 1,
    created_at         timestamptz not null default now(),
    updated_at         timestamptz not null default now(),
    constraint payout_pkey primary key (bucket, payout_id),
    constraint payout_bucket_check check (bucket = bucket_of(payout_id) and bucket = bucket_of(seller_id)),
    constraint payout_amount_check check (amount_minor > 0),
    constraint payout_phase_check check (phase in
        ('draft', 'approved', 'held', 'cancelled', 'submitted', 'in_transit', 'paid', 'failed', 'returned')),
    constraint payout_maker_check check (
        maker_kind in ('schedule', 'shop', 'staff') and (maker_kind = 'schedule') = (maker_id is null)),
    constraint payout_approver_check check (
        approver_kind is null and approver_id is null
        or approver_kind in ('schedule', 'shop', 'staff') and (approver_kind = 'schedule') = (approver_id is null)),
    constraint payout_second_check check (
        not needs_second or approver_kind is null
        or approver_kind = 'staff' and approver_id is distinct from maker_id),
    constraint payout_approved_check check (
        approver_kind is not null or phase <> 'approved' and submissions = 0),
    constraint payout_doubt_check check (
        not in_doubt or phase in ('submitted', 'in_transit', 'paid') and doubtful_since is not null),
    constraint payout_begun_check check (submissions between 0 and 20 and begun >= submissions)
) with (fillfactor = 70);
comment on column payout.reasons is 'Why a second person has to approve it.';
comment on column payout.approved_at is 'When somebody let it be submitted.';
comment on column payout.refusal is 'Why it was not submitted when that was last tried.';
comment on column payout.doubtful_since is 'Since when its outcome is, or when it last was, unknown.';
create index payout_waiting_idx on payout (seller_id, currency) where phase in ('draft', 'approved', 'held');
create index payout_seller_idx on payout (seller_id, currency, ended_at)
    where phase in ('paid', 'failed', 'returned');
create index payout_shop_idx on payout (shop_id, payout_id);

create table payout_history
(
    bucket     smallint    not null,
    payout_id  uuid        not null,
    version    integer     not null,
    event      text        not null,
    from_phase text,
    to_phase   text        not null,
    source     text        not null,
    actor_kind text,
    actor_id   uuid,
    detail     jsonb       not null,
    irregular  text,
    at         timestamptz not null default now(),
    constraint payout_history_pkey primary key (bucket, payout_id, version),
    constraint payout_history_payout_fkey foreign key (bucket, payout_id) references payout
);
create trigger payout_history_append_only before update or delete or truncate on payout_history
    for each statement execute function refuse_change();

-- Notifications of pay-out providers are stored where those of processors are.
alter table inbound_webhook
    add column payout_account_id uuid constraint inbound_webhook_payout_account_fkey references payout_account,
    add constraint inbound_webhook_one_account_check
        check (processor_account_id is null or payout_account_id is null);
create unique index inbound_webhook_payout_message_key on inbound_webhook (payout_account_id, message_id)
    where state <> 'refused' and payout_account_id is not null;

create or replace view dead_letter_subject as
select letter.bucket, letter.job_id,
       coalesce(payment.shop_id, checkout.shop_id, account.shop_id, event.shop_id, alert.shop_id,
                payout.shop_id) as shop_id,
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
left join alert on letter.kind = 'tell_operator' and alert.alert_id = letter.subject_id
left join payout
    on payout.bucket = bucket_of(letter.subject_id) and payout.payout_id = letter.subject_id;
