//! Routing: which processor account carries a payment, and where it goes if that one fails.
//!
//! What it decides from is kept in memory: the shop's accounts and rules for two seconds, the
//! circuits for one. So no payment waits for a statement of its own.

pub(crate) mod failover;
pub(crate) mod in_time;
mod retry;
pub mod rules;
mod store;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use domain::fee::ProcessorTariff;
use domain::id::{CheckoutId, ProcessorAccountId, ShopId};
use domain::money::Money;
use domain::routing::circuit::CircuitState;
use domain::routing::terms::{Country, Method, Terms};
use domain::routing::{self, Candidate, Choice, NoRoute, Rule};
use psp::{DeclineClass, DeclineCode};
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use crate::db::Fault;
use crate::processors::health::Board;
use crate::service::Engine;
pub use retry::RetryPolicy;

/// For how long what was read of a shop is used.
const READ_EVERY: Duration = Duration::from_secs(2);
/// What is older is not used at all, but read first.
const STALE_MAX: Duration = Duration::from_secs(30);

/// What is to be carried, and from where it must not go on.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Whose payment it is.
    pub shop: ShopId,
    /// How much in total.
    pub amount: Money,
    /// The smallest and the largest payment of it, in minor units.
    pub parts_minor: (i64, i64),
    /// How the shopper pays, if that is known already.
    pub method: Option<Method>,
    /// Where the shopper is, if the shop said.
    pub country: Option<Country>,
    /// Whether a stored method is charged: then only accounts can take it that know the method.
    pub is_stored: bool,
    /// What draws the lot where several accounts share: an id of the payment or its checkout.
    pub seed: Uuid,
    /// Accounts that must not be chosen, each with the reason.
    pub exclude: Vec<(ProcessorAccountId, &'static str)>,
}

/// Where a payment goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The account that carries it.
    pub account: ProcessorAccountId,
    /// What decided, and why others were passed over, in one sentence.
    pub reason: String,
    /// Whether the account is called now; if not, what is sent there waits.
    pub is_up: bool,
}

/// A processor account as far as routing goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: ProcessorAccountId,
    /// Its name among the shop's.
    pub name: String,
    /// What it takes.
    pub terms: Terms,
    /// What it charges.
    pub tariff: ProcessorTariff,
}

/// Chooses the account that carries a payment.
///
/// # Errors
/// [`RouteError`].
pub async fn choose(engine: &Engine, wanted: &Wanted) -> Result<Route, RouteError> {
    let table = engine.router().table(wanted.shop).await?;
    Ok(table.choose(wanted)?)
}

/// Why there is no route.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    /// No account can take it.
    #[error(transparent)]
    NoRoute(#[from] NoRoute),
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The country in what a shop says of its buyer.
pub(crate) fn country(buyer: &Value) -> Option<Country> {
    buyer.get("country")?.as_str()?.parse().ok()
}

/// The accounts of the shop, the oldest first.
pub(crate) async fn accounts(pool: &PgPool, shop: ShopId) -> Result<Vec<Account>, Fault> {
    store::accounts(pool, shop).await
}

/// Accounts that had trouble of their own with a payment of the checkout, or could not be reached.
pub(crate) async fn troubled(
    pool: &PgPool,
    checkout: CheckoutId,
) -> Result<Vec<ProcessorAccountId>, Fault> {
    let ended = store::ended(pool, checkout).await?;
    Ok(ended
        .into_iter()
        .filter(|(_, code)| {
            let code = code.as_deref().and_then(DeclineCode::from_word);
            code.is_none_or(|code| code.class() == DeclineClass::Retry)
        })
        .map(|(account, _)| account)
        .collect())
}

/// Keeps what routing decides from. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Router {
    pool: PgPool,
    board: Board,
    tables: Arc<RwLock<HashMap<ShopId, Kept>>>,
}

#[derive(Debug, Clone)]
struct Kept {
    read_at: Instant,
    /// When somebody began to read it again.
    asked_at: Instant,
    table: Arc<Table>,
}

impl Router {
    pub(crate) fn new(pool: PgPool, board: Board) -> Self {
        Self { pool, board, tables: Arc::default() }
    }

    /// What routing knows of the shop: what is a little old is used while it is read again.
    pub(crate) async fn table(&self, shop: ShopId) -> Result<Arc<Table>, Fault> {
        let kept = self.tables.read().unwrap_or_else(PoisonError::into_inner).get(&shop).cloned();
        let Some(kept) = kept.filter(|kept| kept.read_at.elapsed() < STALE_MAX) else {
            return self.read(shop).await;
        };
        if kept.asked_at.elapsed() >= READ_EVERY {
            if let Some(kept) =
                self.tables.write().unwrap_or_else(PoisonError::into_inner).get_mut(&shop)
            {
                kept.asked_at = Instant::now();
            }
            let router = self.clone();
            tokio::spawn(async move {
                if let Err(error) = router.read(shop).await {
                    tracing::warn!(%error, %shop, "a shop's routes could not be read");
                }
            });
        }
        Ok(kept.table)
    }

    /// Reads the shop's accounts and rules anew.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn read(&self, shop: ShopId) -> Result<Arc<Table>, Fault> {
        let accounts = store::accounts(&self.pool, shop).await?;
        let ids: Vec<ProcessorAccountId> = accounts.iter().map(|account| account.id).collect();
        self.board.meet(&ids).await?;
        let table = Arc::new(Table {
            accounts,
            rules: store::rules(&self.pool, shop).await?,
            policy: store::policy(&self.pool, shop).await?,
            board: self.board.clone(),
        });
        let now = Instant::now();
        let kept = Kept { read_at: now, asked_at: now, table: Arc::clone(&table) };
        self.tables.write().unwrap_or_else(PoisonError::into_inner).insert(shop, kept);
        Ok(table)
    }
}

/// What routing knows of one shop.
#[derive(Debug)]
pub struct Table {
    accounts: Vec<Account>,
    rules: Vec<Rule>,
    policy: RetryPolicy,
    board: Board,
}

impl Table {
    /// Chooses an account for `wanted`.
    pub(crate) fn choose(&self, wanted: &Wanted) -> Result<Route, NoRoute> {
        let candidates: Vec<Candidate> =
            self.accounts.iter().map(|account| self.candidate(account, wanted)).collect();
        let asked = routing::Wanted {
            amount: wanted.amount,
            parts_minor: wanted.parts_minor,
            method: wanted.method,
            country: wanted.country,
            seed: wanted.seed.as_u64_pair().1,
        };
        let Choice { order, reason } = routing::choose(&asked, &candidates, &self.rules)?;
        let account = order[0];
        let is_up = self.board.state(account) != CircuitState::Open;
        Ok(Route { account, reason, is_up })
    }

    /// How often and when what failed is tried again.
    pub(crate) fn policy(&self) -> RetryPolicy {
        self.policy
    }

    fn candidate(&self, account: &Account, wanted: &Wanted) -> Candidate {
        let excluded = wanted.exclude.iter().find(|(id, _)| *id == account.id).map(|(_, why)| *why);
        let unfit = wanted.is_stored.then(|| self.unfit(account, wanted.method)).flatten();
        Candidate {
            id: account.id,
            name: account.name.clone(),
            terms: account.terms.clone(),
            tariff: account.tariff,
            circuit: self.board.state(account.id),
            excluded: excluded.or(unfit),
        }
    }

    /// Why the account cannot charge a stored method, if it cannot.
    ///
    /// It belongs to the shop's first account, and to those that share its vault. As long as nobody
    /// knows what it is, it may be whatever the first account takes.
    fn unfit(&self, account: &Account, method: Option<Method>) -> Option<&'static str> {
        let first = self.accounts.first()?;
        if first.id == account.id {
            return None;
        }
        if first.terms.vault.is_none() || first.terms.vault != account.terms.vault {
            return Some("it does not know the stored method");
        }
        let may_lack = method.is_none() && !account.terms.have_methods_of(&first.terms);
        may_lack.then_some("it may not take the stored method")
    }
}
