//! Signing in and out.

use axum::Form;
use axum::extract::State;
use axum::response::Response;
use domain::card_number;
use engine::staff::SignInError;
use serde::Deserialize;
use tower_sessions::Session;

use crate::console::session;
use crate::web::{address, encoded, see_other};
use crate::wiring::Services;

/// Where people go who did not want to go anywhere else.
const HOME: &str = "/console";

#[derive(Deserialize)]
pub(super) struct SignInForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

pub(super) async fn sign_in(
    State(services): State<Services>,
    session: Session,
    Form(form): Form<SignInForm>,
) -> Response {
    let next = safe_next(&form.next);
    let email = form.email.trim();
    let refused = |problem: &str, field: Option<&str>| {
        let field = field.map(|field| format!("&field={field}")).unwrap_or_default();
        let (email, next) = (encoded(email), encoded(next));
        see_other(&format!("/console/sign-in?problem={problem}{field}&email={email}&next={next}"))
    };
    // Neither is written down or sent back.
    if card_number::is_in(email) || address::problem(next).is_some() {
        return see_other("/console/sign-in?problem=card_number&field=email");
    }
    if email.is_empty() {
        return refused("email_missing", Some("email"));
    }
    if form.password.is_empty() {
        return refused("password_missing", Some("password"));
    }
    let staff = match services.sign_in.sign_in(email, form.password).await {
        Ok(staff) => staff,
        Err(SignInError::WrongCredentials) => return refused("wrong_credentials", None),
        Err(SignInError::CardNumber) => return refused("card_number", Some("email")),
        Err(SignInError::Locked) => return refused("locked", None),
        Err(SignInError::Fault(fault)) => {
            tracing::error!(error = ?fault, "nobody can sign in");
            return refused("unavailable", None);
        }
    };
    match session::begin(&session, &staff).await {
        Ok(()) => see_other(next),
        Err(error) => {
            tracing::error!(%error, "a session could not be begun");
            refused("unavailable", None)
        }
    }
}

pub(super) async fn sign_out(session: Session) -> Response {
    if let Err(error) = session.flush().await {
        tracing::error!(%error, "a session could not be ended");
    }
    see_other("/console/sign-in?notice=signed_out")
}

/// Only pages of the console: an address from a form must not lead people elsewhere.
fn safe_next(next: &str) -> &str {
    let rest = next.strip_prefix(HOME);
    let is_ours =
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest.starts_with('?'));
    let is_plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_ours && is_plain { next } else { HOME }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_the_console_come_next() {
        for next in ["/console", "/console/mismatches?kind=fee", "/console?x=1"] {
            assert_eq!(safe_next(next), next);
        }
        for next in [
            "",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/consoles",
            "/console\\..\\evil",
            "/console/\r\nSet-Cookie: a=b",
            "/checkout/x",
        ] {
            assert_eq!(safe_next(next), HOME, "{next:?}");
        }
    }
}
