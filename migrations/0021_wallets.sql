-- Wallets: what a seller has of each kind, and the lock under which money leaves them.
--
-- An account lives in many buckets, so none of its rows can be locked for the whole. Whoever lowers
-- what a seller can be paid, or what a buyer can spend, locks the owner's row here first, and reads
-- the balance in a later statement, which sees what was posted before the lock was had. What only
-- adds to a balance locks nothing.

create table wallet_lock
(
    shop_id  uuid not null,
    owner_id uuid not null,
    currency text not null,
    constraint wallet_lock_pkey primary key (shop_id, owner_id, currency)
);

create index account_owner_idx on account (owner_id, currency);

create or replace view wallet as
select balance.shop_id, balance.owner_id as seller_id, balance.currency,
       -coalesce(sum(balance_minor) filter (where kind = 'seller_pending'), 0)::bigint as pending_minor,
       -coalesce(sum(balance_minor) filter (where kind = 'seller_available'), 0)::bigint as available_minor,
       -coalesce(sum(balance_minor) filter (where kind = 'seller_reserved'), 0)::bigint as reserved_minor
from balance
where kind in ('seller_pending', 'seller_available', 'seller_reserved')
group by balance.shop_id, balance.owner_id, balance.currency;
