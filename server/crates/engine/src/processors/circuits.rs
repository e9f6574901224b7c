//! Circuits as everybody sees them: their changes, and what people decide about them.

use std::time::Duration;

use domain::id::{ProcessorAccountId, ShopId};
use domain::permission::Action;
use domain::routing::circuit::{Change, CircuitState, Thresholds};
use domain::routing::terms::Terms;
use jobs::Waker;
use serde_json::json;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::audit::{self, Entry};
use crate::db::{Fault, Tx};
use crate::payments::changes::OPERATE;
use crate::payments::execute::EXECUTE;
use crate::processors::store;
use crate::reconciliation::actor::Person;
use crate::reconciliation::mismatches::ReasonError;
use crate::reconciliation::mismatches::reason;
use crate::service::Engine;
use crate::watch::{self, Alert, Kind, Severity, TELL_OPERATOR};

/// What people decide lasts at least so long.
pub const FORCED_MIN: Duration = Duration::from_mins(1);
/// What people decide ends by itself after so long at the latest.
pub const FORCED_MAX: Duration = Duration::from_hours(24);

/// Writes a change that calls led to, tells the operator, and lets go what waited.
///
/// If another process was faster, nothing is written or told.
pub(super) async fn change(
    pool: &PgPool,
    waker: &Waker,
    account: ProcessorAccountId,
    change: &Change,
) -> Result<(), Fault> {
    let (state, why) = match change {
        Change::Opens(why) => (CircuitState::Open, why.as_str()),
        Change::HalfOpens => (CircuitState::HalfOpen, "it answers again"),
        Change::Closes => (CircuitState::Closed, "the calls that were let through succeeded"),
    };
    let mut tx = Tx::begin(pool).await?;
    let Some(changed) = store::change(&mut tx, account, state, why).await? else { return Ok(()) };
    match change {
        Change::Opens(why) => {
            let message = format!("{} is not called for a while: {why}", changed.name);
            let alert = Alert {
                shop: Some(ShopId::from_uuid(changed.shop_id)),
                kind: Kind::CircuitOpened,
                subject: account.to_string(),
                severity: Severity::Critical,
                message,
                facts: json!({ "processor_account": account, "name": changed.name, "why": why }),
            };
            watch::raise(&mut tx, &alert).await?;
        }
        Change::HalfOpens => {}
        Change::Closes => {
            watch::resolve(&mut tx, Kind::CircuitOpened, &account.to_string()).await?;
        }
    }
    tx.commit().await?;
    waker.hint(TELL_OPERATOR);
    tracing::warn!(account = %account, name = changed.name, state = state.as_str(), why, "a circuit changed");
    match change {
        Change::Opens(_) => Ok(()),
        Change::HalfOpens => {
            store::release_some(pool, account, i64::from(changed.probes)).await?;
            hint(waker);
            Ok(())
        }
        Change::Closes => release(pool, waker, account).await,
    }
}

/// Lets every job go that waits for `account`.
pub(super) async fn release(
    pool: &PgPool,
    waker: &Waker,
    account: ProcessorAccountId,
) -> Result<(), Fault> {
    for kind in [EXECUTE, OPERATE] {
        jobs::release(pool, kind, Some(account.uuid())).await?;
    }
    hint(waker);
    Ok(())
}

fn hint(waker: &Waker) {
    waker.hint(EXECUTE);
    waker.hint(OPERATE);
}

/// A processor account as staff see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// Its id.
    pub id: ProcessorAccountId,
    /// Its name among the shop's.
    pub name: String,
    /// Which adapter speaks to it.
    pub processor: String,
    /// What it takes.
    pub terms: Terms,
    /// What it charges: hundredths of a percent, and minor units.
    pub tariff: domain::fee::ProcessorTariff,
    /// Whether it tells us what happens.
    pub sends_webhooks: bool,
    /// What counts now, a person's decision included.
    pub state: CircuitState,
    /// Why.
    pub why: String,
    /// Since when; `None` if it never changed.
    pub since: Option<OffsetDateTime>,
    /// When an open circuit lets a first call through.
    pub retry_at: Option<OffsetDateTime>,
    /// What a person decided, if that counts now.
    pub forced: Option<Forced>,
    /// When it opens and closes.
    pub thresholds: Thresholds,
    /// How many times the circuit was changed.
    pub version: i32,
    /// What all processes saw of it lately.
    pub seen: Seen,
    /// How many jobs wait for it.
    pub waiting: u64,
}

/// What a person decided about a circuit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forced {
    /// What counts until then.
    pub state: CircuitState,
    /// Why.
    pub why: String,
    /// Who.
    pub by: String,
    /// Until when.
    pub until: OffsetDateTime,
}

/// What the calls of the last minutes led to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// How many calls there were.
    pub calls: u64,
    /// How many of them failed.
    pub failures: u64,
    /// How long a call took in the middle, in milliseconds.
    pub latency_median_ms: u64,
    /// What one call in twenty exceeded, in milliseconds.
    pub latency_high_ms: u64,
    /// The last errors, the newest first.
    pub errors: Vec<(OffsetDateTime, String)>,
}

/// The processor accounts of the shop, by name.
///
/// # Errors
/// [`Fault`].
pub async fn list(pool: &PgPool, shop: ShopId) -> Result<Vec<Standing>, Fault> {
    store::list(pool, shop).await
}

/// What a person wants of a circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Keep it open: do not call the account.
    Open(Duration),
    /// Keep it closed: call the account whatever happens.
    Closed(Duration),
    /// Let outcomes decide again.
    ByItself,
}

/// Does what a person wants of a circuit, for a limited time and with a reason.
///
/// # Errors
/// [`ForceError`]; nothing was written then.
pub async fn force(
    engine: &Engine,
    shop: ShopId,
    (account, version): (ProcessorAccountId, i32),
    wish: Wish,
    reason: &str,
    by: &Person,
) -> Result<(), ForceError> {
    if !by.role.may(Action::ForceCircuit) {
        return Err(ForceError::NotAllowed);
    }
    let reason = reason::check(reason)?;
    let forced = match wish {
        Wish::Open(lasts) => Some((CircuitState::Open, lasts)),
        Wish::Closed(lasts) => Some((CircuitState::Closed, lasts)),
        Wish::ByItself => None,
    };
    if forced.is_some_and(|(_, lasts)| !(FORCED_MIN..=FORCED_MAX).contains(&lasts)) {
        return Err(ForceError::Duration);
    }
    let mut tx = Tx::begin(engine.pool()).await?;
    let known = store::lock(&mut tx, shop, account).await?.ok_or(ForceError::NotFound)?;
    if known.version != version {
        return Err(ForceError::Stale);
    }
    store::force(&mut tx, account, forced, &reason, &by.name).await?;
    let entry = Entry {
        shop: Some(shop),
        actor: &by.name,
        staff: Some(by.id),
        action: match wish {
            Wish::Open(_) => "circuit.forced_open",
            Wish::Closed(_) => "circuit.forced_closed",
            Wish::ByItself => "circuit.unforced",
        },
        object_type: "processor_account",
        object_id: &account.to_string(),
        detail: json!({
            "reason": reason,
            "before": known.state,
            "seconds": forced.map(|(_, lasts)| lasts.as_secs()),
        }),
    };
    audit::record(&mut tx, &entry).await?;
    tx.commit().await?;
    if !matches!(wish, Wish::Open(_)) {
        release(engine.pool(), engine.waker(), account).await?;
    }
    Ok(engine.health().refresh().await?)
}

/// Why a circuit was not forced.
#[derive(Debug, thiserror::Error)]
pub enum ForceError {
    /// The person's role may not.
    #[error("not allowed to force circuits")]
    NotAllowed,
    /// The shop has no such account.
    #[error("no such processor account")]
    NotFound,
    /// It has changed since the person looked.
    #[error("the circuit has changed")]
    Stale,
    /// It would last too long, or not at all.
    #[error("it may last from one minute to one day")]
    Duration,
    /// The reason is not taken.
    #[error(transparent)]
    Reason(#[from] ReasonError),
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A circuit whose row is locked.
pub(super) struct Locked {
    pub(super) state: String,
    pub(super) version: i32,
}

/// What has to be known of an account whose circuit changed.
pub(super) struct Changed {
    pub(super) shop_id: Uuid,
    pub(super) name: String,
    pub(super) probes: i32,
}
