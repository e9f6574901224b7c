//! A mismatch under its lock, and whether the caller saw its newest version.

use domain::id::{MismatchId, ShopId};
use time::OffsetDateTime;

use crate::db::{Fault, Tx};
use crate::reconciliation::actor::{Person, log};
use crate::reconciliation::mismatches::store::{self, Facts};

/// The mismatch has changed since the caller read it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{by} has changed the mismatch at {at}")]
pub struct Stale {
    /// Who changed it last, by name.
    pub by: String,
    /// When.
    pub at: OffsetDateTime,
    /// Its version now.
    pub version: i32,
}

/// What came of locking a mismatch.
pub(super) enum Locked {
    /// It is as the caller saw it.
    Current(Box<Facts>),
    /// Somebody was faster.
    Stale(Stale),
    /// The shop has no such mismatch.
    NotFound,
}

/// Locks a mismatch and its processor account, and compares its version with the one that the
/// caller saw. The account's lock keeps files and people from judging the same money at once.
pub(super) async fn lock(
    tx: &mut Tx,
    shop: ShopId,
    id: MismatchId,
    version: i32,
) -> Result<Locked, Fault> {
    store::lock(tx, shop, id).await?;
    let Some(facts) = store::facts(tx.conn(), shop, id).await? else {
        return Ok(Locked::NotFound);
    };
    if facts.version == version {
        return Ok(Locked::Current(Box::new(facts)));
    }
    let (by, at) =
        store::last_change(tx, id).await?.unwrap_or(("Paydesk".into(), facts.updated_at));
    Ok(Locked::Stale(Stale { by, at, version: facts.version }))
}

/// Puts what a person did to a mismatch into the audit log.
pub(super) async fn log_change(
    tx: &mut Tx,
    facts: &Facts,
    by: &Person,
    action: &str,
    detail: serde_json::Value,
) -> Result<(), Fault> {
    let object = ("mismatch", &*facts.id.to_string());
    log(tx, facts.shop, (&by.name, Some(by.id)), action, object, detail).await
}

/// Unwraps [`Locked`], answering with the variants that every command's error has.
macro_rules! current {
    ($locked:expr, $error:ident) => {
        match $locked {
            crate::reconciliation::mismatches::state::Locked::Current(facts) => *facts,
            crate::reconciliation::mismatches::state::Locked::Stale(stale) => {
                return Err($error::Stale(stale));
            }
            crate::reconciliation::mismatches::state::Locked::NotFound => {
                return Err($error::NotFound);
            }
        }
    };
}
pub(super) use current;
