//! Merchant accounts at this PSP: who calls, and where their webhooks go.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use aws_lc_rs::digest;
use axum::{
    extract::{FromRequestParts, Path, State},
    http::{StatusCode, header, request::Parts},
};
use serde::Deserialize;
use serde_json::json;
use sqlx::PgPool;
use standardwebhooks::Webhook;

use crate::{
    answer::{Answer, ApiError, is_unique_violation, read_json},
    app::App,
    processors::{self, Processor},
};

pub(crate) mod store;

/// One merchant account, ready for use.
#[expect(clippy::struct_field_names, reason = "keys are named after their table")]
pub(crate) struct Account {
    pub(crate) account_id: i64,
    pub(crate) name: String,
    pub(crate) webhook_url: Option<String>,
    pub(crate) signer: Webhook,
    pub(crate) processor: Processor,
}

impl Account {
    /// Says whether anybody listens.
    pub(crate) fn wants_webhooks(&self) -> bool {
        self.webhook_url.is_some()
    }
}

/// The accounts that were used since they last changed, so that a request costs no look-up.
#[derive(Default)]
pub(crate) struct Directory {
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    by_key: HashMap<Vec<u8>, Arc<Account>>,
    by_id: HashMap<i64, Arc<Account>>,
}

impl Directory {
    /// Finds the account of an API key.
    pub(crate) async fn by_key(
        &self,
        pool: &PgPool,
        api_key: &str,
    ) -> Result<Option<Arc<Account>>, sqlx::Error> {
        let hash = hash(api_key);
        let known =
            self.known.read().unwrap_or_else(PoisonError::into_inner).by_key.get(&hash).cloned();
        if known.is_some() {
            return Ok(known);
        }
        match store::find_by_key(pool, &hash).await? {
            Some(row) => self.learn(pool, row).await,
            None => Ok(None),
        }
    }

    /// Finds an account by its id.
    pub(crate) async fn by_id(
        &self,
        pool: &PgPool,
        account_id: i64,
    ) -> Result<Option<Arc<Account>>, sqlx::Error> {
        let known = self
            .known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .by_id
            .get(&account_id)
            .cloned();
        if known.is_some() {
            return Ok(known);
        }
        match store::find_by_id(pool, account_id).await? {
            Some(row) => self.learn(pool, row).await,
            None => Ok(None),
        }
    }

    async fn learn(
        &self,
        pool: &PgPool,
        row: store::AccountRow,
    ) -> Result<Option<Arc<Account>>, sqlx::Error> {
        let Ok(signer) = Webhook::new(&row.webhook_secret) else { return Ok(None) };
        let processor = processors::store::find(pool, &row.processor).await?;
        let processor = processor.ok_or(sqlx::Error::RowNotFound)?;
        let account = Arc::new(Account {
            account_id: row.account_id,
            name: row.name,
            webhook_url: row.webhook_url,
            signer,
            processor,
        });
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.by_key.insert(row.api_key_hash, Arc::clone(&account));
        known.by_id.insert(account.account_id, Arc::clone(&account));
        Ok(Some(account))
    }

    /// Looks everything up anew.
    pub(crate) fn forget_all(&self) {
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Known::default();
    }
}

/// The account whose API key came with the request.
pub(crate) struct Caller(pub(crate) Arc<Account>);

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        // The layer in front of the API has looked already.
        if let Some(account) = parts.extensions.get::<Arc<Account>>() {
            return Ok(Self(Arc::clone(account)));
        }
        let api_key = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or_else(ApiError::unauthorized)?;
        let account = app.accounts.by_key(&app.pool, api_key).await?;
        account.map(Self).ok_or_else(ApiError::unauthorized)
    }
}

#[derive(Deserialize)]
struct AccountRequest {
    api_key: String,
    webhook_url: Option<String>,
    webhook_secret: String,
    processor: Option<String>,
}

/// `PUT /v1/accounts/{name}`: opens an account, or changes it.
pub(crate) async fn put(
    State(app): State<App>,
    Path(name): Path<String>,
    body: axum::body::Bytes,
) -> Result<Answer, ApiError> {
    let request: AccountRequest = read_json(&body)?;
    if !is_name(&name) {
        return Err(ApiError::invalid(
            "name",
            "a name is made of letters, digits, '-', '_' and '.'",
        ));
    }
    if !(8..=200).contains(&request.api_key.len()) {
        return Err(ApiError::invalid("api_key", "an API key has 8 to 200 characters"));
    }
    if request.webhook_url.as_deref().is_some_and(|url| !is_web_address(url)) {
        return Err(ApiError::invalid(
            "webhook_url",
            "the address starts with http:// or https://",
        ));
    }
    if !request.webhook_secret.starts_with("whsec_")
        || Webhook::new(&request.webhook_secret).is_err()
    {
        return Err(ApiError::invalid("webhook_secret", "a secret is whsec_ and base64"));
    }
    let processor = request.processor.as_deref().unwrap_or("sandbox");
    if processors::store::find(&app.pool, processor).await?.is_none() {
        return Err(ApiError::invalid("processor", "there is no processor of this name"));
    }
    let account = store::NewAccount {
        processor,
        name: &name,
        api_key_hash: hash(&request.api_key),
        webhook_url: request.webhook_url.as_deref(),
        webhook_secret: &request.webhook_secret,
    };
    let saved = store::save(&app.pool, &account).await;
    app.accounts.forget_all();
    match saved {
        Err(error) if is_unique_violation(&error) => {
            Err(ApiError::conflict("this API key belongs to another account"))
        }
        Err(error) => Err(error.into()),
        Ok(()) => Ok(Answer::new(StatusCode::OK, &json!({ "name": name }))),
    }
}

/// Says whether an account or processor can be called so.
pub(crate) fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=100).contains(&name.len()) && name.bytes().all(fits)
}

/// Says whether an address can be visited with a browser.
pub(crate) fn is_web_address(address: &str) -> bool {
    (address.starts_with("http://") || address.starts_with("https://"))
        && address.len() <= 2000
        && address.bytes().all(|byte| byte.is_ascii_graphic())
        && reqwest::Url::parse(address).is_ok_and(|url| url.has_host())
}

fn hash(api_key: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, api_key.as_bytes()).as_ref().to_vec()
}
