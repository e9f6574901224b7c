//! What people and banks do to a payment: decide reviews, charge back, refund by hand.
//!
//! The merchant did not ask for any of it, and hears of it by webhook.

use uuid::Uuid;

use crate::{
    answer::ApiError,
    app::App,
    money::parse_amount,
    payments::{
        change::{Target, change},
        lifecycle::{Change, Moment, NewDispute, NewRefund},
        payment::Payment,
        request::check_reference,
        store,
    },
    transaction,
};

/// Something that is done to a payment. Amounts are all that is left, if absent.
#[derive(Debug)]
pub(crate) enum Act {
    Review { released: bool },
    Challenge { passed: bool },
    LeaveChallenge,
    Expire,
    Funds { arrived: bool },
    Dispute { amount: Option<String>, reason: Option<String> },
    Refund { amount: Option<String>, reference: Option<String> },
}

/// Does it; what the payment is afterwards.
///
/// # Errors
/// Not found, or a conflict where the payment's rules refuse.
pub(crate) async fn perform(app: &App, payment_id: Uuid, act: Act) -> Result<Payment, ApiError> {
    let name = payment_id.to_string();
    let at = app.clock.now();
    match act {
        Act::Review { released } => {
            apply(app, payment_id, |payment, moment| payment.finish_review(released, moment)).await
        }
        Act::Challenge { passed } => {
            let outcome = if passed { Ok(()) } else { Err("authentication_failed") };
            apply(app, payment_id, |payment, moment| payment.finish_challenge(outcome, moment))
                .await
        }
        Act::LeaveChallenge => {
            apply(app, payment_id, |payment, moment| {
                payment.finish_challenge(Err("authentication_abandoned"), moment)
            })
            .await
        }
        Act::Expire => apply(app, payment_id, Payment::expire).await,
        Act::Funds { arrived } => {
            apply(app, payment_id, |payment, moment| payment.finish_funds(arrived, moment)).await
        }
        Act::Dispute { amount, reason } => {
            let dispute_id = app.mint.id(at, &["dispute", &name]);
            let reason = reason.unwrap_or_else(|| "fraudulent".to_owned());
            check_reference("reason", &reason)?;
            apply(app, payment_id, |payment, moment| {
                let amount_minor = part(amount.as_deref(), &payment.currency)?;
                payment.open_dispute(&NewDispute { dispute_id, amount_minor, reason }, moment)
            })
            .await
        }
        Act::Refund { amount, reference } => {
            let refund_id = app.mint.id(at, &["refund by hand", &name]);
            let reference =
                reference.unwrap_or_else(|| format!("dashboard_{}", refund_id.simple()));
            check_reference("reference", &reference)?;
            apply(app, payment_id, |payment, moment| {
                let amount_minor = part(amount.as_deref(), &payment.currency)?;
                let new = NewRefund { refund_id, reference: &reference, amount_minor };
                payment.give_back(&new, moment)
            })
            .await
        }
    }
}

/// Ends a pending refund, or brings one back that had succeeded.
pub(crate) async fn end_refund(
    app: &App,
    refund_id: Uuid,
    succeeded: bool,
) -> Result<Payment, ApiError> {
    let refund = store::find_refund_by_id(&app.pool, refund_id).await?;
    let refund = refund.ok_or_else(ApiError::not_found)?;
    apply(app, refund.payment_id, |payment, moment| {
        payment.end_refund(refund_id, succeeded, moment)
    })
    .await
}

/// Decides a dispute.
pub(crate) async fn end_dispute(
    app: &App,
    dispute_id: Uuid,
    won: bool,
) -> Result<Payment, ApiError> {
    let payment_id = store::find_disputed(&app.pool, dispute_id).await?;
    let payment_id = payment_id.ok_or_else(ApiError::not_found)?;
    apply(app, payment_id, |payment, moment| payment.end_dispute(dispute_id, won, moment)).await
}

fn part(amount: Option<&str>, currency: &str) -> Result<Option<i64>, ApiError> {
    let amount = amount.map(|text| parse_amount(text, currency));
    amount.transpose().map_err(|message| ApiError::invalid("amount", message))
}

/// Changes a payment by a rule, and tells its merchant.
pub(crate) async fn apply(
    app: &App,
    payment_id: Uuid,
    rule: impl FnOnce(&mut Payment, &Moment) -> Result<Change, ApiError>,
) -> Result<Payment, ApiError> {
    let known = store::find_any(&app.pool, payment_id).await?;
    let known = known.ok_or_else(ApiError::not_found)?;
    // So that telling needs no second connection while one is held.
    app.accounts.by_id(&app.pool, known.account_id).await?;

    let mut transaction = transaction::begin(&app.pool).await?;
    let (payment, parcel) = change(app, &mut transaction, Target::of(payment_id), rule).await?;
    transaction.commit().await?;
    app.courier.hand_over(parcel);
    Ok(payment)
}
