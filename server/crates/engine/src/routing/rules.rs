//! What people set: rules, what accounts take, and how often a decline is tried again.
//!
//! Every change is audited. Other processes follow within two seconds.

use domain::id::{ProcessorAccountId, ShopId};
use domain::routing::Rule;
use domain::routing::terms::Terms;
use serde_json::json;
use sqlx::PgPool;

use crate::audit::{self, Entry};
use crate::db::{Fault, Tx};
use crate::routing::{Account, RetryPolicy, store};

/// Everything that routes a shop's payments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The accounts, the oldest first.
    pub accounts: Vec<Account>,
    /// The rules, in the order in which they are asked.
    pub rules: Vec<Rule>,
    /// How often a decline is tried again.
    pub policy: RetryPolicy,
}

/// What routes the shop's payments.
///
/// # Errors
/// [`Fault`].
pub async fn find(pool: &PgPool, shop: ShopId) -> Result<Setting, Fault> {
    Ok(Setting {
        accounts: store::accounts(pool, shop).await?,
        rules: store::rules(pool, shop).await?,
        policy: store::policy(pool, shop).await?,
    })
}

/// Adds a rule, or replaces the one of the same priority and target.
///
/// # Errors
/// [`RuleError`]; nothing was written then.
pub async fn set(pool: &PgPool, shop: ShopId, rule: &Rule, actor: &str) -> Result<(), RuleError> {
    let conditions = rule.conditions;
    let is_priced = conditions.from_minor.is_some() || conditions.below_minor.is_some();
    if is_priced && conditions.currency.is_none() {
        return Err(RuleError::AmountWithoutCurrency);
    }
    let mut tx = Tx::begin(pool).await?;
    match store::save_rule(&mut tx, shop, rule).await {
        Err(fault) if fault.constraint() == Some("route_account_fkey") => {
            return Err(RuleError::NoAccount);
        }
        written => written?,
    }
    let detail = json!({
        "priority": rule.priority,
        "target": rule.target,
        "weight": rule.weight,
        "conditions": format!("{conditions:?}"),
    });
    log(&mut tx, shop, actor, "route.set", rule.target, detail).await?;
    Ok(tx.commit().await?)
}

/// Removes the rules of a priority, or the one of them that names `target`; returns how many there
/// were.
///
/// # Errors
/// [`Fault`].
pub async fn remove(
    pool: &PgPool,
    shop: ShopId,
    priority: i32,
    target: Option<ProcessorAccountId>,
    actor: &str,
) -> Result<u64, Fault> {
    let mut tx = Tx::begin(pool).await?;
    let removed = store::remove_rules(&mut tx, shop, priority, target).await?;
    let entry = Entry {
        shop: Some(shop),
        actor,
        staff: None,
        action: "route.removed",
        object_type: "shop",
        object_id: &shop.to_string(),
        detail: json!({ "priority": priority, "target": target, "removed": removed }),
    };
    audit::record(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(removed)
}

/// Writes what an account takes.
///
/// # Errors
/// [`RuleError`]; nothing was written then.
pub async fn set_terms(
    pool: &PgPool,
    shop: ShopId,
    account: ProcessorAccountId,
    terms: &Terms,
    actor: &str,
) -> Result<(), RuleError> {
    let mut tx = Tx::begin(pool).await?;
    if !store::save_terms(&mut tx, shop, account, terms).await? {
        return Err(RuleError::NoAccount);
    }
    store::clear_limits(&mut tx, account).await?;
    for limit in &terms.limits {
        store::add_limit(&mut tx, account, *limit).await?;
    }
    let detail = json!({ "terms": format!("{terms:?}") });
    log(&mut tx, shop, actor, "processor_account.terms_set", account, detail).await?;
    Ok(tx.commit().await?)
}

/// Writes how often a shop's declined payments are tried again.
///
/// # Errors
/// [`Fault`].
pub async fn set_policy(
    pool: &PgPool,
    shop: ShopId,
    policy: RetryPolicy,
    actor: &str,
) -> Result<(), Fault> {
    let mut tx = Tx::begin(pool).await?;
    store::save_policy(&mut tx, shop, policy).await?;
    let entry = Entry {
        shop: Some(shop),
        actor,
        staff: None,
        action: "shop.retry_policy_set",
        object_type: "shop",
        object_id: &shop.to_string(),
        detail: json!({ "soft_retries": policy.soft_retries,
                        "soft_retry_after_seconds": policy.soft_retry_after.as_secs() }),
    };
    audit::record(&mut tx, &entry).await?;
    tx.commit().await
}

/// Why nothing was set.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// The shop has no such account.
    #[error("the shop has no such processor account")]
    NoAccount,
    /// An amount says nothing without its currency.
    #[error("a rule with an amount needs a currency")]
    AmountWithoutCurrency,
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}

async fn log(
    tx: &mut Tx,
    shop: ShopId,
    actor: &str,
    action: &str,
    account: ProcessorAccountId,
    detail: serde_json::Value,
) -> Result<(), Fault> {
    let entry = Entry {
        shop: Some(shop),
        actor,
        staff: None,
        action,
        object_type: "processor_account",
        object_id: &account.to_string(),
        detail,
    };
    audit::record(tx, &entry).await
}
