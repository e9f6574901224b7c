//! The rules, each as one statement over the buckets from one to another: it finds what breaks it.
//!
//! The first hundred rows are enough to tell, and keep one statement from filling the memory.

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
