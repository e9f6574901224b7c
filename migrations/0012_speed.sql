-- What every payment pays for, made cheaper.
--
-- A foreign key is checked row by row, with a lock on the parent each time: two thirds of the cost
-- of an entry. The trigger that sees all entries of a statement at once now looks for their parents
-- too, which is as strong, because postings and accounts never go: triggers refuse it.

create trigger account_append_only before update or delete or truncate on account
    for each statement execute function refuse_change();

alter table entry
    drop constraint entry_posting_fkey,
    drop constraint entry_account_fkey;

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
    select added.posting_id, added.account_id into broken
    from added
    left join posting on posting.bucket = added.bucket and posting.posting_id = added.posting_id
    left join account on account.bucket = added.bucket and account.account_id = added.account_id
    where posting.posting_id is null or account.account_id is null limit 1;
    if found then
        raise exception 'an entry of posting % to account % has no such parent',
            broken.posting_id, broken.account_id
            using errcode = 'foreign_key_violation', constraint = 'entry_parents_check';
    end if;
    return null;
end
$$;
