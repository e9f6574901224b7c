//! Two processors that share a vault, so that what fails at one may go on at the other, and what
//! would be charged at both is seen.

use domain::fee::ProcessorTariff;
use domain::id::ShopId;
use domain::routing::terms::Terms;
use engine::db::new_plain_id;
use engine::routing::rules;
use engine::shops::{self, ProcessorAccount};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::world::WEBHOOK_SECRET;

/// The processors' names, and what opens our account at each.
const PROCESSORS: [(&str, &str); 2] =
    [("sandbox", "sandbox-crash-test"), ("second", "second-crash-test")];
/// Both know the methods that are stored at either.
const VAULT: &str = "shared";

/// Gives `shop` an account at each processor, reached at the address of the same place; their ids.
pub(super) async fn seed(pool: &PgPool, shop: ShopId, addresses: [&str; 2]) -> [String; 2] {
    let mut accounts = [String::new(), String::new()];
    for (index, ((name, api_key), address)) in PROCESSORS.iter().zip(addresses).enumerate() {
        let account = ProcessorAccount {
            id: new_plain_id(),
            shop,
            processor: "sandbox".into(),
            name: (*name).into(),
            base_url: address.into(),
            api_key: (*api_key).into(),
            webhook_secret: WEBHOOK_SECRET.into(),
            tariff: ProcessorTariff { basis_points: 140, fixed_minor: 25 },
        };
        let id = shops::save_processor_account(pool, &account).await.expect("an account");
        // The same cost and weight: each carries about half of the payments.
        let terms = Terms { vault: Some(VAULT.into()), ..Terms::default() };
        rules::set_terms(pool, shop, id, &terms, "crash test").await.expect("its terms");
        accounts[index] = id.to_string();
    }
    accounts
}

/// Opens our accounts at the sandbox, which notifies `service`.
pub(super) async fn open(
    client: &reqwest::Client,
    sandbox: &str,
    service: &str,
    accounts: &[String; 2],
) {
    let put = async |path: String, body: &Value| {
        let answer = client.put(format!("{sandbox}/v1/{path}")).json(body).send().await;
        let answer = answer.expect("the sandbox answers");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    };
    for ((name, api_key), account) in PROCESSORS.iter().zip(accounts) {
        put(format!("processors/{name}"), &json!({})).await;
        let body = json!({
            "api_key": api_key,
            "webhook_url": format!("{service}/webhooks/{account}"),
            "webhook_secret": WEBHOOK_SECRET,
            "processor": name,
        });
        put(format!("accounts/crash-{name}"), &body).await;
    }
}

/// The whole books of both processors, one after the other.
pub(super) async fn books(client: &reqwest::Client, sandbox: &str) -> Vec<Value> {
    let mut payments = Vec::new();
    for (_, api_key) in PROCESSORS {
        let get = client.get(format!("{sandbox}/v1/books")).bearer_auth(api_key);
        let book: Value =
            get.send().await.expect("the sandbox answers").json().await.expect("it is JSON");
        payments.extend(book["payments"].as_array().expect("a list of payments").iter().cloned());
    }
    payments
}
