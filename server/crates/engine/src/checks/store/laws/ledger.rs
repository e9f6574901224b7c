//! Rules of the ledger alone.

use crate::checks::Found;
use crate::db::{Fault, Tx};

/// Postings whose debits are not their credits.
pub(super) async fn postings_balance(
    tx: &mut Tx,
    first: i16,
    last: i16,
) -> Result<Vec<Found>, Fault> {
    find!(
        tx,
        first,
        last,
        r#"
        select (select shop_id from posting
                where posting.bucket = entry.bucket and posting.posting_id = entry.posting_id)
                   as shop_id,
               bucket::bigint as place, posting_id as subject,
               format('it sums to %s minor units of %s', sum(amount_minor), currency) as detail
        from entry where bucket between $1 and $2
        group by bucket, posting_id, currency having sum(amount_minor) <> 0
        "#
    )
}

/// Postings without entries.
pub(super) async fn postings_have_entries(
    tx: &mut Tx,
    first: i16,
    last: i16,
) -> Result<Vec<Found>, Fault> {
    find!(
        tx,
        first,
        last,
        r#"
        select shop_id, bucket::bigint as place, posting_id as subject,
               'it has no entries' as detail
        from posting
        where bucket between $1 and $2
          and not exists (select 1 from entry where entry.bucket = posting.bucket
                            and entry.posting_id = posting.posting_id)
        "#
    )
}

/// Entries whose posting or account is not there, or is another shop's or of another currency.
pub(super) async fn entries_fit(tx: &mut Tx, first: i16, last: i16) -> Result<Vec<Found>, Fault> {
    find!(
        tx,
        first,
        last,
        r#"
        select coalesce(posting.shop_id, account.shop_id) as shop_id,
               entry.bucket::bigint as place, entry.posting_id as subject,
               format('line %s %s', line, case
                   when posting.posting_id is null then 'has no posting'
                   when account.account_id is null then 'has no account'
                   when account.shop_id <> posting.shop_id then 'is on an account of another shop'
                   else 'is not in the currency of its account' end) as detail
        from entry
        left join posting on posting.bucket = entry.bucket and posting.posting_id = entry.posting_id
        left join account on account.bucket = entry.bucket and account.account_id = entry.account_id
        where entry.bucket between $1 and $2
          and (posting.posting_id is null or account.account_id is null
               or account.shop_id <> posting.shop_id or account.currency <> entry.currency)
        "#
    )
}

/// Accounts that are not as they were sealed, and sellers' accounts of no seller of the shop.
pub(super) async fn accounts_fit(tx: &mut Tx, first: i16, last: i16) -> Result<Vec<Found>, Fault> {
    find!(
        tx,
        first,
        last,
        r#"
        select account.shop_id as shop_id, account.bucket::bigint as place,
               account.account_id as subject,
               case when sealed.account_id is null then 'its owner is no seller of the shop'
                    else 'it is not the account that was sealed' end as detail
        from account
        left join book_account as sealed
            on sealed.account_id
                   = encode(set_byte(uuid_send(account.account_id), 15, 0), 'hex')::uuid
           and (sealed.shop_id, sealed.kind, sealed.account_type, sealed.owner_id, sealed.currency)
               is distinct from (account.shop_id, account.kind, account.account_type,
                                 account.owner_id, account.currency)
        where account.bucket between $1 and $2
          and (sealed.account_id is not null
               or (account.kind like 'seller\_%' and not exists (
                       select 1 from seller where seller.seller_id = account.owner_id
                         and seller.shop_id = account.shop_id)))
        "#
    )
}

/// Accounts whose folded and unfolded balance is not the sum of their entries.
pub(super) async fn balances_are_sums(
    tx: &mut Tx,
    first: i16,
    last: i16,
) -> Result<Vec<Found>, Fault> {
    find!(
        tx,
        first,
        last,
        r#"
        select (select shop_id from account
                where account.bucket = part.bucket and account.account_id = part.account_id)
                   as shop_id,
               bucket::bigint as place, account_id as subject,
               format('the balance is %s where the entries make %s',
                      sum(kept_minor), sum(posted_minor)) as detail
        from (select bucket, account_id, 0 as kept_minor, amount_minor as posted_minor from entry
              where bucket between $1 and $2
              union all
              select bucket, account_id, balance_minor, 0 from account_balance
              where bucket between $1 and $2
              union all
              select bucket, account_id, amount_minor, 0 from balance_delta
              where bucket between $1 and $2) as part
        group by bucket, account_id having sum(kept_minor) <> sum(posted_minor)
        "#
    )
}
