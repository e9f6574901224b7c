//! Pay-outs as the API shows them.

use domain::currency::Currency;
use domain::four_eyes::Reason;
use domain::id::{PayeeAccountId, PayoutAccountId, PayoutId, SellerId};
use domain::payout::Phase;
use engine::payouts::{Page, PayoutRecord};
use serde::Serialize;
use time::OffsetDateTime;

use super::object::Failure;

/// Money to a seller's bank account.
#[derive(Debug, Serialize)]
pub struct PayoutObject {
    id: PayoutId,
    object: &'static str,
    seller: SellerId,
    /// The shop's name for the seller.
    seller_account: String,
    /// Where it goes.
    payee_account: PayeeAccountId,
    /// Where it leaves from.
    payout_account: PayoutAccountId,
    amount: String,
    currency: Currency,
    status: Phase,
    /// Whether its outcome is not known.
    in_doubt: bool,
    /// Why a second person has to approve it; empty if nobody has to.
    second_person: Vec<Reason>,
    /// Why it was not submitted when that was last tried.
    refusal: Option<String>,
    /// Why it failed or came again.
    failure: Option<Failure>,
    /// The provider's id of it.
    provider_reference: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
    version: i32,
}

/// Some pay-outs.
#[derive(Debug, Serialize)]
pub struct PayoutPage {
    object: &'static str,
    data: Vec<PayoutObject>,
    /// Whether there are more: ask for those `after` the last one.
    has_more: bool,
}

impl PayoutObject {
    /// The pay-out as it is now.
    pub fn new(payout: &PayoutRecord) -> Self {
        let state = &payout.state;
        Self {
            id: payout.id,
            object: "payout",
            seller: payout.seller,
            seller_account: payout.seller_account.clone(),
            payee_account: state.payee,
            payout_account: payout.account,
            amount: state.amount.to_decimal_string(),
            currency: state.amount.currency(),
            status: state.phase,
            in_doubt: state.in_doubt,
            second_person: payout.reasons.clone(),
            refusal: payout.refusal.clone(),
            failure: payout.failure.clone().map(Failure::from),
            provider_reference: payout.provider_reference.clone(),
            created_at: payout.created_at,
            updated_at: payout.updated_at,
            version: payout.version,
        }
    }
}

impl PayoutPage {
    /// The page as it is now.
    pub fn new(page: &Page) -> Self {
        let data = page.rows.iter().map(PayoutObject::new).collect();
        Self { object: "list", data, has_more: page.has_more }
    }
}
