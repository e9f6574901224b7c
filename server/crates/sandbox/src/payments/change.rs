//! The one way to change a payment that exists: lock, decide, write with all that follows.

use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    alarms,
    answer::ApiError,
    app::App,
    faults::fault::WebhookFault,
    payments::{
        lifecycle::{Change, Moment, Touched},
        payment::Payment,
        store,
    },
    webhooks::{self, News, Parcel},
};

/// Which payment is to be changed, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    /// Whose payment it must be; anybody's if absent.
    pub(crate) account_id: Option<i64>,
    pub(crate) payment_id: Uuid,
    /// When it happens; now if absent.
    pub(crate) at: Option<OffsetDateTime>,
    /// What the caller wants to go wrong with the webhook.
    pub(crate) webhook: Option<WebhookFault>,
}

impl Target {
    /// The payment, whosever it is, now.
    pub(crate) fn of(payment_id: Uuid) -> Self {
        Self { account_id: None, payment_id, at: None, webhook: None }
    }
}

/// Changes the payment by `rule` inside the caller's transaction.
///
/// The parcel, if there is one, is for the courier, once the transaction is committed.
///
/// # Errors
/// Not found if there is no such payment, a conflict if a new refund's reference is taken, and
/// what `rule` says.
pub(crate) async fn change(
    app: &App,
    connection: &mut PgConnection,
    target: Target,
    rule: impl FnOnce(&mut Payment, &Moment) -> Result<Change, ApiError>,
) -> Result<(Payment, Option<Parcel>), ApiError> {
    let mut payment = store::lock(connection, target.payment_id)
        .await?
        .filter(|payment| target.account_id.is_none_or(|id| id == payment.account_id))
        .ok_or_else(ApiError::not_found)?;
    let account = app.accounts.by_id(&app.pool, payment.account_id).await?;
    let account = account.ok_or_else(ApiError::not_found)?;
    let at = target.at.unwrap_or_else(|| app.clock.now()).max(payment.updated_at);
    let change = rule(&mut payment, &Moment { at, tariff: account.processor.tariff })?;

    store::update(connection, &payment).await?;
    let mut data = json!({"payment": payment.view(&app.public_url)});
    if let Touched::Refund(refund_id) = change.touched
        && let Some(refund) = payment.refunds.iter().find(|refund| refund.refund_id == refund_id)
    {
        if !store::save_refund(connection, refund).await? {
            return Err(ApiError::conflict_of(
                "reference_exists",
                "there is a refund with this reference already",
            ));
        }
        data["refund"] = refund.view(&payment.currency);
    }
    if let Touched::Dispute(dispute_id) = change.touched
        && let Some(dispute) = payment.disputes.iter().find(|one| one.dispute_id == dispute_id)
    {
        store::save_dispute(connection, dispute).await?;
        data["dispute"] = dispute.view(&payment.currency);
    }
    if let Some(line) = change.line {
        store::insert_movement(connection, &payment, change.touched, line).await?;
    }
    alarms::store::insert(connection, payment.payment_id, &change.wakes, at).await?;
    let facts = payment.facts();
    let wish = target.webhook.or_else(|| payment.card().wish().webhook);
    let news = News { event: change.event, at, data: data.to_string(), wish, facts };
    let parcel = Parcel::wrap(app, &account, &news);
    if let Some(parcel) = &parcel {
        webhooks::store::insert(connection, parcel).await?;
    }
    Ok((payment, parcel))
}
