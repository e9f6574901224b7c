//! Schedules: pay-outs that nobody has to ask for, each made up once for its day.

use std::time::Duration;

use domain::currency::Currency;
use domain::id::{SellerId, ShopId};
use domain::money::Money;
use domain::schedule::Schedule;
use serde_json::json;
use sqlx::PgPool;
use time::Date;
use tokio_util::sync::CancellationToken;

use crate::audit::{self, Entry};
use crate::db::{Fault, Tx};
use crate::ledger;
use crate::payouts::actor::By;
use crate::payouts::commands::hint;
use crate::payouts::create::{CreateError, NewPayout, create_in};
use crate::payouts::store;
use crate::service::Engine;

/// How often it is looked for sellers who are due.
const EVERY: Duration = Duration::from_mins(5);

/// The schedule of one seller in one currency, and its last run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Whose books the seller stands in.
    pub shop: ShopId,
    /// Who is paid.
    pub seller: SellerId,
    /// On which days, and from how much on.
    pub schedule: Schedule,
    /// The day of the last run.
    pub last_run_on: Option<Date>,
    /// What came of it, in words for staff.
    pub last_outcome: Option<String>,
}

impl Planned {
    fn currency(&self) -> Currency {
        self.schedule.minimum.currency()
    }
}

/// Sets when a seller of the shop is paid in the currency of the schedule's minimum; `false` if the
/// shop has no such seller. `actor` is who does it, for the audit log.
///
/// # Errors
/// [`Fault`]; also if the minimum is below zero.
pub async fn set(
    pool: &PgPool,
    shop: ShopId,
    seller: SellerId,
    schedule: Schedule,
    actor: &str,
) -> Result<bool, Fault> {
    let mut tx = Tx::begin(pool).await?;
    if !store::schedules::set(&mut tx, shop, seller, schedule).await? {
        return Ok(false);
    }
    let (rhythm, day) = store::schedules::words(schedule.rhythm);
    let entry = Entry {
        shop: Some(shop),
        actor,
        staff: None,
        action: "payout_schedule.set",
        object_type: "seller",
        object_id: &seller.to_string(),
        detail: json!({
            "rhythm": rhythm,
            "day": day,
            "minimum": schedule.minimum.to_decimal_string(),
            "currency": schedule.minimum.currency(),
        }),
    };
    audit::record(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(true)
}

/// The schedules of a seller of the shop, by currency.
///
/// # Errors
/// [`Fault`].
pub async fn list(pool: &PgPool, shop: ShopId, seller: SellerId) -> Result<Vec<Planned>, Fault> {
    store::schedules::list(pool, shop, seller).await
}

/// Makes rounds until `shutdown`. Any number of processes may do so at once.
pub(crate) async fn run(engine: Engine, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        match round(&engine).await {
            Ok(0) => {}
            Ok(made) => tracing::info!(made, "pay-outs were made by schedule"),
            Err(fault) => tracing::warn!(error = ?fault, "pay-outs could not be made by schedule"),
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Pays every seller who is due today, and says how many pay-outs were made.
///
/// # Errors
/// [`Fault`] if the schedules cannot be read. One that cannot be run is logged, and holds up no
/// other.
pub async fn round(engine: &Engine) -> Result<usize, Fault> {
    let (today, candidates) = store::schedules::not_run_today(engine.pool()).await?;
    let mut made = 0;
    for planned in candidates {
        if !planned.schedule.rhythm.is_due(planned.last_run_on, today) {
            continue;
        }
        match run_one(engine, &planned, today).await {
            Ok(is_made) => made += usize::from(is_made),
            // The others are not to wait for one that cannot be paid.
            Err(fault) => {
                let (seller, currency) = (planned.seller, planned.currency());
                tracing::error!(error = ?fault, %seller, %currency, "a schedule could not be run");
            }
        }
    }
    if made > 0 {
        hint(engine);
    }
    Ok(made)
}

/// Runs one schedule for today, in a transaction of its own; whether a pay-out was made.
async fn run_one(engine: &Engine, planned: &Planned, today: Date) -> Result<bool, Fault> {
    let mut tx = Tx::begin(engine.pool()).await?;
    let (seller, currency) = (planned.seller, planned.currency());
    let locked = store::schedules::lock(&mut tx, seller, currency).await?;
    // Another process runs it at this moment, has run it, or somebody has changed it.
    let Some(planned) = locked.filter(|now| now.schedule.rhythm.is_due(now.last_run_on, today))
    else {
        return Ok(false);
    };
    let wallet = ledger::lock_wallet(&mut tx, planned.shop, seller, currency).await?;
    let waiting = store::waiting_minor(tx.conn(), seller, currency, None).await?;
    let due = wallet
        .available
        .checked_sub(waiting)
        .and_then(|left| planned.schedule.due(planned.last_run_on, today, left))
        .map_err(|error| Fault::Broken(error.to_string()))?;
    let outcome = match due {
        None => "there was not enough".to_owned(),
        Some(amount) => match make(&mut tx, &planned, amount).await {
            Ok(made) => made,
            Err(CreateError::Fault(fault)) => return Err(fault),
            Err(refused) => refused.to_string(),
        },
    };
    store::schedules::note_run(&mut tx, seller, currency, today, &outcome).await?;
    tx.commit().await?;
    Ok(outcome.starts_with("pyo_"))
}

async fn make(tx: &mut Tx, planned: &Planned, amount: Money) -> Result<String, CreateError> {
    let new = NewPayout {
        shop: planned.shop,
        seller: planned.seller,
        amount,
        account: None,
        by: By::Schedule,
        approves: true,
        slot: None,
    };
    Ok(create_in(tx, &new).await?.to_string())
}
