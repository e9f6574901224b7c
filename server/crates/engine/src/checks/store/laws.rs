//! The rules, each as one statement over the buckets from one to another: it finds what breaks it.
//!
//! Of each shop the first hundred rows are enough to tell. They are counted shop by shop, so that the
//! rows of one never hide those of another. So that no statement fills the memory, also not if each
//! row names a shop that never was, there is a limit to all of them, which takes the first row of
//! every shop before the second of any.

/// How many rows of all shops a statement finds, at most.
const ROWS_IN_ALL_MAX: i64 = 20_000;

/// Finds the rows that break a rule in the buckets from `$1` to `$2`, of each shop the first
/// [`ROWS_MAX`](crate::checks::ROWS_MAX); `$rows` selects all of them as `shop_id`, `place`,
/// `subject` and `detail`.
macro_rules! find {
    ($tx:ident, $first:ident, $last:ident, $rows:literal) => {
        Ok(sqlx::query_as!(
            crate::checks::Found,
            r#"
            select shop_id as "shop_id?", place as "place!", subject as "subject!",
                   detail as "detail!"
            from (select shop_id, place, subject, detail,
                         row_number() over (partition by shop_id order by subject, detail) as number
                  from ("# + $rows
                + r#") as broken) as numbered
            where number <= $3
            order by number
            limit $4
            "#,
            $first,
            $last,
            crate::checks::ROWS_MAX,
            crate::checks::store::laws::ROWS_IN_ALL_MAX,
        )
        .fetch_all($tx.conn())
        .await?)
    };
}

mod ledger;
mod limits;
mod payments;
mod payouts;

use crate::checks::{Found, Rule};
use crate::db::{Fault, Tx};

/// The rows in these buckets that break the rule.
pub(in crate::checks) async fn find(
    tx: &mut Tx,
    rule: Rule,
    first: i16,
    last: i16,
) -> Result<Vec<Found>, Fault> {
    match rule {
        Rule::PostingsBalance => ledger::postings_balance(tx, first, last).await,
        Rule::PostingsHaveEntries => ledger::postings_have_entries(tx, first, last).await,
        Rule::EntriesFit => ledger::entries_fit(tx, first, last).await,
        Rule::AccountsFit => ledger::accounts_fit(tx, first, last).await,
        Rule::BalancesAreSums => ledger::balances_are_sums(tx, first, last).await,
        Rule::CapturesWithinAuthorized => {
            payments::captures_within_authorized(tx, first, last).await
        }
        Rule::RefundsWithinCaptured => payments::refunds_within_captured(tx, first, last).await,
        Rule::ReservedIsUnderWay => payments::reserved_is_under_way(tx, first, last).await,
        Rule::CapturesArePosted => payments::captures_are_posted(tx, first, last).await,
        Rule::ReceivableIsOwed => payments::receivable_is_owed(tx, first, last).await,
        Rule::PayoutsArePosted => payouts::payouts_are_posted(tx, first, last).await,
        Rule::HistoryIsWhole => payments::history_is_whole(tx, first, last).await,
        Rule::LeasesEnd => limits::leases_end(tx, first, last).await,
        Rule::PaymentsExpire => limits::payments_expire(tx, first, last).await,
        Rule::PostingsAreSealed => limits::postings_are_sealed(tx, first, last).await,
        Rule::DecisionsAreSealed => limits::decisions_are_sealed(tx, first, last).await,
        // It has no buckets: it is looked at record by record.
        Rule::ChainHolds => Ok(Vec::new()),
    }
}
