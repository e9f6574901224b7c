//! By which rules a seller's shares are released, kept back and taken back.

use domain::clawback::{Policy, Remainder, Source};
use domain::id::{SellerId, ShopId};
use domain::release::Rule;
use domain::reserve::RollingReserve;
use serde_json::json;
use sqlx::PgPool;

use crate::audit::{self, Entry};
use crate::db::{Fault, Tx};
use crate::wallets::store;

/// After how many days a share is released if nobody has said otherwise and nothing was delivered.
const RELEASED_AFTER_DAYS: u16 = 14;

/// The rules of a seller, or of all sellers of a shop that have none of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// When a share is released.
    pub release: Rule,
    /// What is kept back of a release.
    pub reserve: RollingReserve,
    /// From where refunds and chargebacks of released shares are made good.
    pub claw_back: Policy,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            release: Rule::OnDeliveryOrAfterDays(RELEASED_AFTER_DAYS),
            reserve: RollingReserve::NONE,
            claw_back: Policy::default(),
        }
    }
}

/// The rules for a seller: their own, or the shop's, or the usual ones.
///
/// # Errors
/// [`Fault`].
pub async fn of_seller(pool: &PgPool, shop: ShopId, seller: SellerId) -> Result<Rules, Fault> {
    store::rules::of_seller(pool, shop, seller).await
}

/// The rules of those sellers of a shop who have none of their own.
///
/// # Errors
/// [`Fault`].
pub async fn of_shop(pool: &PgPool, shop: ShopId) -> Result<Rules, Fault> {
    store::rules::of_shop(pool, shop).await
}

/// Sets the rules of a seller, or, without one, of the shop. They are those of what is released and
/// taken back from now on. `actor` is who does it, for the audit log.
///
/// # Errors
/// [`Fault`].
pub async fn save(
    pool: &PgPool,
    shop: ShopId,
    seller: Option<SellerId>,
    rules: &Rules,
    actor: &str,
) -> Result<(), Fault> {
    let mut tx = Tx::begin(pool).await?;
    store::rules::save(&mut tx, shop, seller, rules).await?;
    let (word, days) = words(rules.release);
    let object_id = seller.map_or_else(|| shop.to_string(), |seller| seller.to_string());
    let entry = Entry {
        shop: Some(shop),
        actor,
        staff: None,
        action: "wallet_rules.set",
        object_type: if seller.is_some() { "seller" } else { "shop" },
        object_id: &object_id,
        detail: json!({
            "release": word,
            "release_days": days,
            "reserve_basis_points": rules.reserve.basis_points(),
            "reserve_days": rules.reserve.days(),
            "claw_back": rules.claw_back.order(),
            "remainder": rules.claw_back.remainder(),
        }),
    };
    audit::record(&mut tx, &entry).await?;
    tx.commit().await
}

/// The word of a rule in the database and in the API, and its days.
pub(crate) const fn words(rule: Rule) -> (&'static str, Option<u16>) {
    match rule {
        Rule::OnDelivery => ("on_delivery", None),
        Rule::AfterDays(days) => ("after_days", Some(days)),
        Rule::OnDeliveryOrAfterDays(days) => ("on_delivery_or_after_days", Some(days)),
    }
}

/// The rule of a word and its days; `None` if there is no such rule.
pub fn release_rule(word: &str, days: Option<u16>) -> Option<Rule> {
    match (word, days) {
        ("on_delivery", None) => Some(Rule::OnDelivery),
        ("after_days", Some(days)) => Some(Rule::AfterDays(days)),
        ("on_delivery_or_after_days", Some(days)) => Some(Rule::OnDeliveryOrAfterDays(days)),
        _ => None,
    }
}

/// The policy of its words; `None` if there is no such policy.
pub fn claw_back_policy(order: &[String], remainder: &str) -> Option<Policy> {
    let order: Option<Vec<Source>> = order.iter().map(|word| Source::from_word(word)).collect();
    Policy::new(order?, Remainder::from_word(remainder)?).ok()
}
