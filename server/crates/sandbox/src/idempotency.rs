//! Idempotency keys: one effect per key, and the same answer to whoever asks again.
//!
//! The key is written in the transaction of its effect. A parallel request with the same key waits
//! on the key's row until that transaction ends, and then finds the answer.

use aws_lc_rs::digest;
use axum::http::HeaderMap;
use sqlx::{PgConnection, Row};

use crate::{
    answer::{Answer, ApiError},
    faults::{fault::WebhookFault, layer::read_wish},
};

const KEY_LENGTH_MAX: usize = 255;

/// One request that may have been made before.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) account_id: i64,
    /// Absent if the caller sent no key: then every request is a new one.
    pub(crate) key: Option<String>,
    /// A hash of the route and the body.
    pub(crate) fingerprint: Vec<u8>,
    /// What the caller wants to go wrong with the webhook.
    pub(crate) webhook: Option<WebhookFault>,
}

impl Attempt {
    /// Reads the key from the headers.
    pub(crate) fn read(
        account_id: i64,
        route: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Self, ApiError> {
        let key = match headers.get("idempotency-key").map(|value| value.to_str()) {
            None => None,
            Some(Ok(key)) if !key.is_empty() && key.len() <= KEY_LENGTH_MAX => Some(key.to_owned()),
            Some(_) => {
                let message = format!("a key has 1 to {KEY_LENGTH_MAX} ASCII characters");
                return Err(ApiError::invalid("Idempotency-Key", message));
            }
        };
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(route.as_bytes());
        context.update(b"\n");
        context.update(body);
        let fingerprint = context.finish().as_ref().to_vec();
        Ok(Self { account_id, key, fingerprint, webhook: read_wish(headers)?.webhook })
    }

    /// Claims the key for the caller's transaction, or finds the answer given before.
    pub(crate) async fn claim(
        &self,
        connection: &mut PgConnection,
    ) -> Result<Option<Answer>, ApiError> {
        let Some(key) = &self.key else { return Ok(None) };
        let claimed = sqlx::query(
            "insert into idempotency_key (account_id, key, fingerprint, status_code, body)
             values ($1, $2, $3, 0, '') on conflict (account_id, key) do nothing",
        )
        .bind(self.account_id)
        .bind(key)
        .bind(&self.fingerprint)
        .execute(&mut *connection)
        .await?;
        if claimed.rows_affected() == 1 {
            return Ok(None);
        }
        let row = sqlx::query(
            "select fingerprint, status_code, body from idempotency_key
             where account_id = $1 and key = $2",
        )
        .bind(self.account_id)
        .bind(key)
        .fetch_one(connection)
        .await?;
        self.replay(&row.get::<Vec<u8>, _>(0), row.get(1), row.get(2)).map(Some)
    }

    /// Repeats a stored answer, if it was given to the same request.
    pub(crate) fn replay(
        &self,
        fingerprint: &[u8],
        status_code: i16,
        body: String,
    ) -> Result<Answer, ApiError> {
        if fingerprint == self.fingerprint {
            Ok(Answer::replayed(status_code, body))
        } else {
            Err(ApiError::mismatch())
        }
    }

    /// Stores the answer under the claimed key.
    pub(crate) async fn remember(
        &self,
        connection: &mut PgConnection,
        answer: &Answer,
    ) -> Result<(), ApiError> {
        let Some(key) = &self.key else { return Ok(()) };
        sqlx::query(
            "update idempotency_key set status_code = $3, body = $4
             where account_id = $1 and key = $2",
        )
        .bind(self.account_id)
        .bind(key)
        .bind(answer.status_code())
        .bind(&answer.body)
        .execute(connection)
        .await?;
        Ok(())
    }
}
