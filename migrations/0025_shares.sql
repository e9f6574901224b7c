-- Sellers' shares on their way from pending to what can be paid out, and back after a refund.
--
-- A share is released on delivery or some days after its capture, part of it is kept back for a while
-- if the seller has a rolling reserve, and what a refund or a chargeback takes of a share that was
-- released already is made good from the seller's other money, in the order of the shop's policy.

create table wallet_rule
(
    shop_id              uuid     not null constraint wallet_rule_shop_fkey references shop,
    seller_id            uuid     constraint wallet_rule_seller_fkey references seller,
    release_rule         text     not null,
    release_days         integer,
    reserve_basis_points integer  not null,
    reserve_days         integer  not null,
    claw_back_order      text[]   not null,
    claw_back_remainder  text     not null,
    updated_at           timestamptz not null default now(),
    constraint wallet_rule_key unique nulls not distinct (shop_id, seller_id),
    constraint wallet_rule_release_check check (
        case release_rule when 'on_delivery' then release_days is null
                          when 'after_days' then release_days between 0 and 3650
                          when 'on_delivery_or_after_days' then release_days between 0 and 3650
                          else false end is true),
    constraint wallet_rule_reserve_check check (
        reserve_basis_points between 0 and 10000 and reserve_days between 0 and 3650),
    constraint wallet_rule_order_check check (
        claw_back_order <@ array ['pending', 'available', 'reserved'] and cardinality(claw_back_order) <= 3),
    constraint wallet_rule_remainder_check check (claw_back_remainder in ('debt', 'next_sales'))
);
comment on table wallet_rule is 'How shares are released and taken back: of a seller, or of all sellers of a shop that have none.';

create table share
(
    bucket         smallint not null,
    payment_id     uuid     not null,
    released_minor bigint   not null default 0,
    covering_minor bigint   not null default 0,
    constraint share_pkey primary key (bucket, payment_id),
    constraint share_payment_fkey foreign key (bucket, payment_id) references payment,
    constraint share_amount_check check (released_minor >= 0)
);
comment on column share.covering_minor is
    'What stays on pending because it covers what claw-backs of others left to the next sales; below zero what others cover of this one.';

alter table payment
    add column delivered_on date,
    add column is_released boolean not null default false;
comment on column payment.is_released is 'Whether nothing of it was left to release when it was last looked at; any change says no again.';
create index payment_unreleased_idx on payment (seller_id, captured_at)
    where captured_at is not null and not is_released;
create index payment_delivered_idx on payment (seller_id)
    where delivered_on is not null and not is_released;

-- What was kept back of one release. Claw-backs take the oldest first.
create table reserve
(
    bucket         smallint not null,
    payment_id     uuid     not null,
    number         smallint not null,
    shop_id        uuid     not null,
    seller_id      uuid     not null,
    currency       text     not null,
    kept_minor     bigint   not null,
    left_minor     bigint   not null,
    released_minor bigint   not null default 0,
    due_on         date     not null,
    constraint reserve_pkey primary key (bucket, payment_id, number),
    constraint reserve_share_fkey foreign key (bucket, payment_id) references share,
    constraint reserve_amount_check check (
        kept_minor > 0 and left_minor >= 0 and released_minor >= 0
        and left_minor + released_minor <= kept_minor)
);
create index reserve_owner_idx on reserve (seller_id, currency, due_on) where left_minor > 0;
create index reserve_due_idx on reserve (due_on) where left_minor > 0;

alter table wallet_lock add column owed_minor bigint not null default 0;
alter table wallet_lock add constraint wallet_lock_owed_check check (owed_minor >= 0);
comment on column wallet_lock.owed_minor is 'What claw-backs have left to the next sales and no sale has covered yet.';

insert into periodic (name, ran_at) values ('release', '-infinity');
