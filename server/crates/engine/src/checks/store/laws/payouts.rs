//! Pay-outs against the ledger.

use crate::checks::Found;
use crate::db::{Fault, Tx};

/// Pay-outs whose postings do not leave the money where their phase says that it is: with the
/// seller, in transit, or gone from the bank. Each takes it from the seller once at most, so that no
/// seller is paid more than they had.
pub(super) async fn payouts_are_posted(
    tx: &mut Tx,
    first: i16,
    last: i16,
) -> Result<Vec<Found>, Fault> {
    find!(
        tx,
        first,
        last,
        r#"
        select payout.shop_id as shop_id, bucket::bigint as place, payout_id as subject,
               format('it is %s over %s; posted are %s from the seller, %s in transit and %s at the bank',
                      phase, amount_minor, posted.taken, posted.in_transit, posted.bank) as detail
        from payout
        cross join lateral (
            select coalesce(sum(entry.amount_minor) filter (where kind = 'seller_available'), 0) as taken,
                   coalesce(sum(entry.amount_minor) filter (where kind = 'payouts_in_transit'), 0)
                       as in_transit,
                   coalesce(sum(entry.amount_minor) filter (where kind = 'bank'), 0) as bank
            from posting
            join entry using (bucket, posting_id)
            join account using (bucket, account_id)
            where posting.bucket = payout.bucket and posting.object_id = payout.payout_id) as posted
        where bucket between $1 and $2
          and (posted.taken, posted.in_transit, posted.bank) is distinct from (
                case when phase in ('submitted', 'in_transit', 'paid') then amount_minor else 0 end,
                case when phase in ('submitted', 'in_transit') then -amount_minor else 0 end,
                case when phase = 'paid' then -amount_minor else 0 end)
        "#
    )
}
