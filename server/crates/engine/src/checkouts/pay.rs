//! "Pay": makes the checkout known to a processor and says where the shopper enters a method.

use domain::checkout::CheckoutState;
use domain::id::{CheckoutId, ProcessorAccountId, RegistrationId};
use domain::money::Money;
use domain::payment::Phase;
use domain::routing::circuit::CircuitState;
use psp::{CallError, OrderLine, Registration};

use crate::checkouts::store::{self, RegistrationRow};
use crate::checkouts::{self, CheckoutRecord};
use crate::db::{Fault, Tx, new_id};
use crate::payments::PaymentRecord;
use crate::routing::{self, Route, RouteError, Wanted};
use crate::service::Engine;

/// The address of the processor's page for this checkout.
///
/// Two clicks, two tabs and a repeated request find the same registration: its nonce is stored
/// before the processor is called, and the processor answers the same nonce with the same page.
///
/// # Errors
/// [`PayError`].
pub async fn pay(engine: &Engine, id: CheckoutId) -> Result<String, PayError> {
    let checkout = checkouts::find_any(engine.pool(), id).await?.ok_or(PayError::NotFound)?;
    match checkout.state() {
        CheckoutState::Open => {}
        CheckoutState::Expired => return Err(PayError::Expired),
        CheckoutState::Processing => return Err(PayError::UnderWay),
        CheckoutState::Paid
        | CheckoutState::PartlyPaid
        | CheckoutState::Failed
        | CheckoutState::Cancelled => {
            return Err(PayError::Ended);
        }
    }
    let mut failed = Vec::new();
    for _ in 0..ACCOUNTS_MAX {
        let row = begin(engine, &checkout, &failed).await?;
        if let Some(page_url) = row.page_url {
            return Ok(page_url);
        }
        match register(engine, &checkout, &row).await {
            Ok(Some(page_url)) => return Ok(page_url),
            // Another tab has opened it, or left it for another: that one's page is the page.
            Ok(None) => {}
            // No money moves by registering, so another processor may be asked whatever happened.
            Err(PayError::Unavailable) => {
                failed.push(ProcessorAccountId::from_uuid(row.processor_account_id));
            }
            Err(error) => return Err(error),
        }
    }
    Err(PayError::Unavailable)
}

/// How many processors are asked for one click, at most: each may take until its time-out.
const ACCOUNTS_MAX: usize = 3;

/// Makes the checkout known to the processor of `row`, and says where its page is; `None` if the
/// registration is not the one that was begun any more, so that nothing would come of its page.
async fn register(
    engine: &Engine,
    checkout: &CheckoutRecord,
    row: &RegistrationRow,
) -> Result<Option<String>, PayError> {
    let account = ProcessorAccountId::from_uuid(row.processor_account_id);
    let processor = engine.processor(account).await.map_err(|error| {
        tracing::error!(%error, "a checkout has no adapter");
        PayError::Unavailable
    })?;
    let wanted = registration(engine, checkout, row)?;
    let answer = crate::failpoint!("F5 register", processor.register(&wanted)).await;
    crate::failpoint!("F6 register");
    let report = answer?;
    let registration = RegistrationId::from_uuid(row.registration_id);
    let (token, page_url) = (&report.token, &report.page_url);
    let is_open = store::open_registration(engine.pool(), registration, token, page_url).await?;
    crate::failpoint!("F8 register");
    Ok(is_open.then_some(report.page_url))
}

/// Why the shopper cannot pay now.
#[derive(Debug, thiserror::Error)]
pub enum PayError {
    /// There is no such checkout.
    #[error("there is no such checkout")]
    NotFound,
    /// Its time is over.
    #[error("the checkout has expired")]
    Expired,
    /// A payment is under way.
    #[error("a payment is under way")]
    UnderWay,
    /// It was paid, or has failed.
    #[error("the checkout has ended")]
    Ended,
    /// The processor cannot be used now.
    #[error("the processor cannot be used now")]
    Unavailable,
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<CallError> for PayError {
    fn from(error: CallError) -> Self {
        tracing::warn!(%error, "a checkout could not be registered");
        Self::Unavailable
    }
}

/// The registration to use: the newest one, if it can still be used, or a new one, stored.
///
/// One at a processor that is down is left for another: the shopper sees that one's page. What was
/// entered on the first stays without effect, since only the newest registration is followed up.
async fn begin(
    engine: &Engine,
    checkout: &CheckoutRecord,
    failed: &[ProcessorAccountId],
) -> Result<RegistrationRow, PayError> {
    // Read before the transaction: holding one connection while asking for another would, with
    // enough shoppers at once, wait for ever.
    let route = route(engine, checkout, failed).await?;
    let mut tx = Tx::begin(engine.pool()).await?;
    store::lock(&mut tx, checkout.id).await?;
    let newest = store::newest_registration(&mut tx, checkout.id).await?;
    if let Some(row) = &newest
        && matches!(row.state.as_str(), "started" | "open")
    {
        let account = ProcessorAccountId::from_uuid(row.processor_account_id);
        let is_down = engine.health().state(account) == CircuitState::Open;
        // Another tab may have opened it while this one waited in vain: then it has a page.
        let has_failed = row.state == "started" && failed.contains(&account);
        if has_failed || (is_down && route.is_up) {
            store::abandon_registration(&mut tx, RegistrationId::from_uuid(row.registration_id))
                .await?;
        } else {
            return Ok(row.clone());
        }
    }
    if newest.is_some() && store::is_under_way(&mut tx, checkout.id).await? {
        return Err(PayError::UnderWay);
    }
    let number = newest.map_or(0, |row| row.number) + 1;
    let id: RegistrationId = new_id(checkout.id.bucket());
    let row = RegistrationRow {
        registration_id: id.uuid(),
        processor_account_id: route.account.uuid(),
        number,
        nonce: if number == 1 {
            checkout.id.to_string()
        } else {
            format!("{}.{number}", checkout.id)
        },
        token: None,
        page_url: None,
        state: "started".into(),
        routing_reason: Some(route.reason),
    };
    store::insert_registration(&mut tx, checkout.id, &row).await?;
    crate::failpoint!("F7 begin");
    tx.commit().await?;
    crate::failpoint!("F8 begin");
    Ok(row)
}

/// Where the shopper is led: away from processors that failed for this checkout, if there is
/// another.
async fn route(
    engine: &Engine,
    checkout: &CheckoutRecord,
    failed: &[ProcessorAccountId],
) -> Result<Route, PayError> {
    let wanted = Wanted {
        shop: checkout.shop,
        amount: open_amount(checkout)?,
        parts_minor: open_parts(checkout),
        method: None,
        country: routing::country(&checkout.buyer),
        is_stored: false,
        seed: checkout.id.uuid(),
        exclude: failed.iter().map(|account| (*account, "it could not be reached")).collect(),
    };
    let troubled = if checkout.payments.iter().any(|payment| payment.state.attempts > 0) {
        routing::troubled(engine.pool(), checkout.id).await?
    } else {
        Vec::new()
    };
    let elsewhere =
        troubled.into_iter().map(|account| (account, "it had trouble with this payment"));
    let exclude = wanted.exclude.iter().copied().chain(elsewhere).collect();
    let answer = match routing::choose(engine, &Wanted { exclude, ..wanted.clone() }).await {
        // The only one that is left is still better than none.
        Err(RouteError::NoRoute(_)) => routing::choose(engine, &wanted).await,
        answer => answer,
    };
    answer.map_err(|error| match error {
        RouteError::NoRoute(none) => {
            tracing::warn!(checkout = %checkout.id, why = none.reason, "a checkout has no route");
            PayError::Unavailable
        }
        RouteError::Fault(fault) => PayError::Fault(fault),
    })
}

/// What is still to be paid.
fn open_amount(checkout: &CheckoutRecord) -> Result<Money, Fault> {
    let amounts = open_payments(checkout).map(|payment| payment.state.amount);
    Money::sum(checkout.total.currency(), amounts)
        .map_err(|error| Fault::Broken(format!("{}: {error}", checkout.id)))
}

/// The smallest and the largest payment that is open: each is authorised by itself.
fn open_parts(checkout: &CheckoutRecord) -> (i64, i64) {
    let parts = || open_payments(checkout).map(|payment| payment.state.amount.minor());
    (parts().min().unwrap_or_default(), parts().max().unwrap_or_default())
}

fn open_payments(checkout: &CheckoutRecord) -> impl Iterator<Item = &PaymentRecord> {
    checkout.payments.iter().filter(|payment| payment.state.phase == Phase::Created)
}

fn registration(
    engine: &Engine,
    checkout: &CheckoutRecord,
    row: &RegistrationRow,
) -> Result<Registration, Fault> {
    let amount = open_amount(checkout)?;
    let line = |payment: &PaymentRecord| OrderLine {
        reference: payment.id.to_string(),
        amount: payment.state.amount,
        description: payment.seller_name.clone(),
    };
    Ok(Registration {
        nonce: row.nonce.clone(),
        amount,
        description: format!("{} · {}", checkout.shop_name, checkout.reference),
        payments: open_payments(checkout).map(line).collect(),
        return_url: engine.links().returned(checkout.id),
        expires_at: checkout.expires_at,
    })
}
