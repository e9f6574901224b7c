//! Notifications of pay-out providers, at addresses of their own.

use axum::extract::Request;
use domain::id::PayoutAccountId;
use engine::payouts::notices::{Notice, Verdict, receive};
use engine::payouts::providers::{ProviderError, Way};

use super::{header, kept, lower_case, read, refused, unknown};
use crate::api::problem::{Code, Problem};
use crate::wiring::Services;

/// Stores a notification of the account's provider.
///
/// # Errors
/// [`Problem`].
pub(super) async fn take_in(
    services: &Services,
    account: PayoutAccountId,
    request: Request,
) -> Result<(), Problem> {
    let engine = &services.engine;
    let provider = engine.payout_providers().find(engine.pool(), account).await;
    let provider = match provider {
        Ok(Way::Provider(provider)) => provider,
        Ok(Way::BankFiles(_)) | Err(ProviderError::Unknown) => return Err(unknown()),
        Err(ProviderError::Fault(fault)) => return Err(Problem::internal(&fault)),
    };
    let (parts, body) = request.into_parts();
    let body = read(body).await?;
    let verified = provider.verify_notification(&lower_case(&parts.headers), &body);
    let (message_id, verdict, refusal) = match verified {
        Ok(message_id) => (message_id, Verdict::Verified(provider.read_notification(&body)), None),
        Err(error) => {
            let claimed = header(&parts.headers, "webhook-id").unwrap_or_default();
            let (problem, answer) = refused(error);
            (claimed, Verdict::Refused(problem), Some(answer))
        }
    };
    let headers = kept(&parts.headers);
    let notice = Notice { account, message_id, headers, body, verdict };
    receive(engine, &notice).await.map_err(|fault| {
        tracing::error!(error = ?fault, "a notification could not be stored");
        Problem::new(Code::Unavailable, "Send the notification again later.")
    })?;
    refusal.map_or(Ok(()), Err)
}
