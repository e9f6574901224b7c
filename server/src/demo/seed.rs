//! What a demo begins with: a shop, its sellers, its account at the sandbox, and two people. Saving
//! it again changes nothing.

use color_eyre::eyre::Result;
use domain::fee::ProcessorTariff;
use domain::id::{PayoutAccountId, ProcessorAccountId, ShopId};
use domain::permission::Role;
use domain::routing::terms::Terms;
use engine::api_keys::{self, ApiKeys};
use engine::db::{Tx, new_plain_id};
use engine::routing::rules;
use engine::shops::{self, ProcessorAccount};
use engine::staff::{self, NewStaff, Passwords};
use sqlx::PgPool;

use super::Addresses;
use super::keys::Keys;
use super::paying;

/// The name of the shop.
pub(super) const SHOP: &str = "Alpine Market";
/// The name of the account at the sandbox, there and here.
pub(super) const PROCESSOR_ACCOUNT: &str = "alpine-market";
/// What the sandbox charges: 1.4 % and 25 cents.
const TARIFF: ProcessorTariff = ProcessorTariff { basis_points: 140, fixed_minor: 25 };
/// The name of a second processor that the sandbox plays.
pub(super) const SECOND_PROCESSOR: &str = "south";
/// The name of the account there: it is dearer, and takes over when the first is down.
pub(super) const SECOND_ACCOUNT: &str = "alpine-market-south";
/// What the second one charges: 2.9 % and 30 cents.
pub(super) const SECOND_TARIFF: ProcessorTariff =
    ProcessorTariff { basis_points: 290, fixed_minor: 30 };
/// Both accounts accept each other's stored methods.
const VAULT: &str = "alpine-market";

/// The sellers: reference, name, and our share in hundredths of a percent.
pub(super) const SELLERS: [(&str, &str, u32); 3] = [
    ("alpine-books", "Alpine Books", 500),
    ("summit-gear", "Summit Gear", 850),
    ("valley-dairy", "Valley Dairy", 1250),
];

/// What was seeded, as far as somebody has to know it.
#[derive(Debug)]
pub(super) struct Seeded {
    pub(super) processor_account: ProcessorAccountId,
    pub(super) second_account: ProcessorAccountId,
    pub(super) payout_accounts: [PayoutAccountId; 2],
    pub(super) api_key: String,
    pub(super) logins: [Login; 2],
}

/// How somebody signs in to the console.
#[derive(Debug)]
pub(super) struct Login {
    pub(super) email: &'static str,
    pub(super) password: String,
    pub(super) role: &'static str,
}

pub(super) async fn seed(pool: &PgPool, addresses: &Addresses, keys: &mut Keys) -> Result<Seeded> {
    let hook = format!("{}/webhooks", addresses.shop);
    let shop = shops::save_shop(pool, SHOP, Some((&hook, &keys.shop_webhook_secret))).await?;
    for (reference, name, fee) in SELLERS {
        shops::save_seller(pool, shop, reference, name, fee).await?;
    }
    let payout_accounts = paying::seed(pool, shop, addresses, keys).await?;
    let account = ProcessorAccount {
        id: new_plain_id(),
        shop,
        processor: "sandbox".into(),
        name: PROCESSOR_ACCOUNT.into(),
        base_url: addresses.sandbox.clone(),
        api_key: keys.sandbox_api_key.clone(),
        webhook_secret: keys.sandbox_webhook_secret.clone(),
        tariff: TARIFF,
    };
    let processor_account = shops::save_processor_account(pool, &account).await?;
    let second = ProcessorAccount {
        id: new_plain_id(),
        name: SECOND_ACCOUNT.into(),
        api_key: keys.second_api_key.clone(),
        webhook_secret: keys.second_webhook_secret.clone(),
        tariff: SECOND_TARIFF,
        ..account
    };
    let second_account = shops::save_processor_account(pool, &second).await?;
    let terms = Terms { vault: Some(VAULT.into()), ..Terms::default() };
    for account in [processor_account, second_account] {
        share_vault(pool, shop, account, &terms).await?;
    }
    let api_key = api_key(pool, shop, keys).await?;
    let logins = [
        Login {
            email: "ana@alpine.example",
            password: keys.analyst_password.clone(),
            role: "analyst",
        },
        Login {
            email: "ben@alpine.example",
            password: keys.approver_password.clone(),
            role: "approver",
        },
    ];
    save_staff(pool, shop, "Ana Analyst", Role::Analyst, &logins[0]).await?;
    save_staff(pool, shop, "Ben Approver", Role::Approver, &logins[1]).await?;
    Ok(Seeded { processor_account, second_account, payout_accounts, api_key, logins })
}

/// Lets the account share the vault, unless somebody has set what it takes already.
async fn share_vault(
    pool: &PgPool,
    shop: ShopId,
    account: ProcessorAccountId,
    terms: &Terms,
) -> Result<()> {
    let known = rules::find(pool, shop).await?.accounts;
    let is_untouched =
        known.iter().any(|known| known.id == account && known.terms == Terms::default());
    if is_untouched {
        rules::set_terms(pool, shop, account, terms, "paydesk demo").await?;
    }
    Ok(())
}

/// The key of the last start, if the database knows it, or a new one.
async fn api_key(pool: &PgPool, shop: ShopId, keys: &mut Keys) -> Result<String> {
    if let Some(key) = &keys.api_key
        && ApiKeys::new(pool).find(key).await?.is_some_and(|holder| holder.shop == shop)
    {
        return Ok(key.clone());
    }
    let mut tx = Tx::begin(pool).await?;
    let key = api_keys::create(&mut tx, shop, "Demo shop").await?;
    tx.commit().await?;
    keys.api_key = Some(key.clone());
    Ok(key)
}

async fn save_staff(
    pool: &PgPool,
    shop: ShopId,
    name: &str,
    role: Role,
    login: &Login,
) -> Result<()> {
    let password_hash = Passwords::new().hash(login.password.clone()).await;
    let staff =
        NewStaff { shop, email: login.email.into(), name: name.into(), role, password_hash };
    let mut tx = Tx::begin(pool).await?;
    staff::save(&mut tx, &staff).await?;
    tx.commit().await?;
    Ok(())
}
