-- Parents are looked for once per statement, as those of entries are (0012).
--
-- A foreign key is checked row by row, with a lock on the parent each time: every payment wrote to
-- the one row of its shop. A trigger that sees all rows of a statement looks for all parents at once.
-- It is as strong, because parents never go: triggers refuse that too.

create function refuse_removal() returns trigger
    language plpgsql as
$$
begin
    raise exception 'no % is ever removed', tg_table_name using errcode = 'restrict_violation';
end
$$;

create trigger shop_stays before delete or truncate on shop
    for each statement execute function refuse_removal();
create trigger seller_stays before delete or truncate on seller
    for each statement execute function refuse_removal();
create trigger processor_account_stays before delete or truncate on processor_account
    for each statement execute function refuse_removal();
create trigger checkout_stays before delete or truncate on checkout
    for each statement execute function refuse_removal();
create trigger payment_stays before delete or truncate on payment
    for each statement execute function refuse_removal();

create function checkout_parents_must_exist() returns trigger
    language plpgsql as
$$
begin
    if exists (select 1 from added left join shop on shop.shop_id = added.shop_id
               where shop.shop_id is null) then
        raise exception 'a checkout has no such shop'
            using errcode = 'foreign_key_violation', constraint = 'checkout_parents_check';
    end if;
    return null;
end
$$;

create trigger checkout_parents after insert on checkout referencing new table as added
    for each statement execute function checkout_parents_must_exist();

create function payment_parents_must_exist() returns trigger
    language plpgsql as
$$
begin
    if exists (
        select 1 from added
        left join checkout on checkout.bucket = added.bucket
            and checkout.checkout_id = added.checkout_id
        left join shop on shop.shop_id = added.shop_id
        left join seller on seller.seller_id = added.seller_id
        left join processor_account
            on processor_account.processor_account_id = added.processor_account_id
        where checkout.checkout_id is null or shop.shop_id is null or seller.seller_id is null
           or (added.processor_account_id is not null
               and processor_account.processor_account_id is null)) then
        raise exception 'a payment has no such checkout, shop, seller or processor account'
            using errcode = 'foreign_key_violation', constraint = 'payment_parents_check';
    end if;
    return null;
end
$$;

create trigger payment_parents after insert on payment referencing new table as added
    for each statement execute function payment_parents_must_exist();

-- Of its parents only the processor account ever changes, and rarely.
create function payment_account_must_exist() returns trigger
    language plpgsql as
$$
begin
    if not exists (select 1 from processor_account
                   where processor_account_id = new.processor_account_id) then
        raise exception 'a payment has no such processor account'
            using errcode = 'foreign_key_violation', constraint = 'payment_parents_check';
    end if;
    return null;
end
$$;

create trigger payment_account after update on payment for each row
    when (new.processor_account_id is distinct from old.processor_account_id
          and new.processor_account_id is not null)
    execute function payment_account_must_exist();

create function attempt_parents_must_exist() returns trigger
    language plpgsql as
$$
begin
    if exists (
        select 1 from added
        left join payment on payment.bucket = added.bucket and payment.payment_id = added.payment_id
        left join processor_account
            on processor_account.processor_account_id = added.processor_account_id
        where payment.payment_id is null or processor_account.processor_account_id is null) then
        raise exception 'an attempt has no such payment or processor account'
            using errcode = 'foreign_key_violation', constraint = 'attempt_parents_check';
    end if;
    return null;
end
$$;

create trigger attempt_parents after insert on attempt referencing new table as added
    for each statement execute function attempt_parents_must_exist();

alter table checkout drop constraint checkout_shop_fkey;
alter table payment
    drop constraint payment_shop_fkey,
    drop constraint payment_seller_fkey,
    drop constraint payment_processor_account_fkey,
    drop constraint payment_checkout_fkey;
alter table attempt
    drop constraint attempt_payment_fkey,
    drop constraint attempt_processor_account_fkey;
