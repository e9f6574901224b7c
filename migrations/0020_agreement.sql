-- An entry agrees with its posting and its account: of the same shop, and in the account's currency.
-- Whoever books one seller's euros on another shop's account, or as dollars, is refused here too.
--
-- This says more of a posting than its foreign key to the shop did, which wrote to the one row of the
-- shop for every posting: each account names its shop by a key, and shops never go. Notifications
-- looked at the row of their processor account in the same way; now once per statement.

create or replace function entries_must_balance() returns trigger
    language plpgsql as
$$
declare
    broken record;
begin
    select posting_id, currency, sum(amount_minor) as excess into broken
    from added group by posting_id, currency having sum(amount_minor) <> 0 limit 1;
    if found then
        raise exception 'posting % is out of balance by % minor units of %',
            broken.posting_id, broken.excess, broken.currency
            using errcode = 'check_violation', constraint = 'entry_balance_check';
    end if;
    select added.posting_id, added.account_id,
           posting.posting_id is null or account.account_id is null as is_orphan into broken
    from added
    left join posting on posting.bucket = added.bucket and posting.posting_id = added.posting_id
    left join account on account.bucket = added.bucket and account.account_id = added.account_id
    where posting.posting_id is null or account.account_id is null
       or account.shop_id <> posting.shop_id or account.currency <> added.currency limit 1;
    if not found then
        return null;
    elsif broken.is_orphan then
        raise exception 'an entry of posting % to account % has no such parent',
            broken.posting_id, broken.account_id
            using errcode = 'foreign_key_violation', constraint = 'entry_parents_check';
    end if;
    raise exception 'an entry of posting % is not in the currency or not of the shop of account %',
        broken.posting_id, broken.account_id
        using errcode = 'check_violation', constraint = 'entry_account_check';
end
$$;

alter table posting drop constraint posting_shop_fkey;

create function notifications_parents_must_exist() returns trigger
    language plpgsql as
$$
begin
    if exists (
        select 1 from added
        left join processor_account
            on processor_account.processor_account_id = added.processor_account_id
        where added.processor_account_id is not null
          and processor_account.processor_account_id is null) then
        raise exception 'a notification has no such processor account'
            using errcode = 'foreign_key_violation', constraint = 'inbound_webhook_parents_check';
    end if;
    return null;
end
$$;

create trigger inbound_webhook_parents after insert on inbound_webhook referencing new table as added
    for each statement execute function notifications_parents_must_exist();
alter table inbound_webhook drop constraint inbound_webhook_account_fkey;
