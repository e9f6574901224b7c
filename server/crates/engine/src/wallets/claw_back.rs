//! Taking back what a refund or a chargeback took of a share: from where the shop's policy says.

use std::collections::{BTreeMap, BTreeSet};

use domain::clawback::{Balances, ClawbackError, Policy, Source, plan};
use domain::id::{PaymentId, SellerId, ShopId};
use domain::money::Money;
use domain::posting::PostingError;
use domain::posting::wallet::WalletMovement;

use crate::db::{Fault, Tx};
use crate::ledger::{self, Wallet};
use crate::wallets::store;
use crate::wallets::store::shares::Standing;

/// A seller's part of what went back of a payment; it is posted against what is pending.
#[derive(Debug, Clone)]
pub(crate) struct TakenBack {
    pub(crate) payment: PaymentId,
    pub(crate) shop: ShopId,
    pub(crate) seller: SellerId,
    /// The cause of that posting.
    pub(crate) of: String,
    pub(crate) part: Money,
}

/// Makes good, in the transaction that posted it, what was taken of shares that are not pending any
/// more.
pub(crate) async fn make_good(tx: &mut Tx, taken_back: Vec<TakenBack>) -> Result<(), Fault> {
    let mut lowered = Vec::new();
    for one in taken_back.into_iter().filter(|one| one.part.is_positive()) {
        let rules = store::rules::of_seller(tx.conn(), one.shop, one.seller).await?;
        lowered.push((one, rules.claw_back));
    }
    // Still to come, of each payment: the postings of all of them stand already.
    let mut to_come = BTreeMap::<PaymentId, i64>::new();
    for (one, _) in &lowered {
        *to_come.entry(one.payment).or_default() += one.part.minor();
    }
    let ids: Vec<PaymentId> = to_come.keys().copied().collect();
    if ids.is_empty() {
        return Ok(());
    }
    let covered: BTreeSet<PaymentId> = store::shares::standings(tx, &ids)
        .await?
        .iter()
        .filter(|now| now.pending.minor() - now.covering.minor() >= 0)
        .map(|now| now.payment)
        .collect();
    // What is pending comes first and suffices: nobody's wallet has to be locked.
    lowered.retain(|(one, policy)| {
        policy.order().first() != Some(&Source::Pending) || !covered.contains(&one.payment)
    });
    let wallets: BTreeSet<_> =
        lowered.iter().map(|(one, _)| (one.shop, one.seller, one.part.currency())).collect();
    for (shop, seller, currency) in wallets {
        ledger::lock_wallet(tx, shop, seller, currency).await?;
    }
    for (one, policy) in lowered {
        let rest = to_come.get_mut(&one.payment).expect("it was counted");
        let before = *rest;
        *rest -= one.part.minor();
        take(tx, &one, &policy, before).await?;
    }
    Ok(())
}

/// Takes one part; `to_come` of the payment is not made good yet, this part among it.
async fn take(tx: &mut Tx, one: &TakenBack, policy: &Policy, to_come: i64) -> Result<(), Fault> {
    let currency = one.part.currency();
    let standings = store::shares::standings(tx, &[one.payment]).await?;
    let now = standings.first().ok_or_else(|| Fault::Broken("a payment vanished".into()))?;
    let wallet = ledger::wallet(tx.conn(), one.shop, one.seller, currency).await?;
    let taken = plan(one.part, balances(now, wallet, to_come), policy);
    let taken = taken.map_err(|error| misfit(one.payment, error))?;
    if taken.reserved.is_positive() {
        store::reserves::take(tx, (one.shop, one.seller), taken.reserved).await?;
    }
    if taken.next_sales.is_positive() {
        store::owe(tx, one.shop, one.seller, taken.next_sales.minor(), currency).await?;
        // Others cover it: should it come back, it is the seller's again, or ends what is owed.
        store::shares::leave_to_others(tx, one.payment, taken.next_sales).await?;
    }
    let movement = WalletMovement::ClawedBack { of: one.of.clone(), taken };
    match movement.posting(one.seller) {
        Ok(posting) => {
            let (bucket, object) = (one.payment.bucket(), one.payment.uuid());
            ledger::post(tx, one.shop, bucket, object, &posting).await?;
        }
        Err(PostingError::Empty) => {}
        Err(error) => return Err(Fault::Broken(format!("claw-back of {}: {error}", one.payment))),
    }
    Ok(())
}

/// What there is to take from, as if `to_come` of the payment had not gone back.
pub(super) fn balances(now: &Standing, wallet: Wallet, to_come: i64) -> Balances {
    let pending = now.pending.minor() - now.covering.minor() + to_come;
    let pending = Money::from_minor(pending, now.pending.currency());
    Balances { pending, available: wallet.available, reserved: wallet.reserved }
}

pub(super) fn misfit(payment: PaymentId, error: ClawbackError) -> Fault {
    Fault::Broken(format!("claw-back of {payment}: {error}"))
}
