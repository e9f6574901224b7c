-- Baskets with several sellers: whether they are paid all or not at all, and what the shop wants to
-- find again. Each payment repeats its basket's policy, so that whoever carries or changes one
-- payment need not read the checkout. The defaults are what every row had before.

alter table checkout
    add column policy   text  not null default 'best_effort'
        constraint checkout_policy_check check (policy in ('best_effort', 'all_or_nothing')),
    add column metadata jsonb not null default '{}'
        constraint checkout_metadata_check check (jsonb_typeof(metadata) = 'object');

alter table payment
    add column policy   text  not null default 'best_effort'
        constraint payment_policy_check check (policy in ('best_effort', 'all_or_nothing')),
    add column metadata jsonb not null default '{}'
        constraint payment_metadata_check check (jsonb_typeof(metadata) = 'object');

comment on column payment.policy is 'The policy of its checkout, repeated.';
