//! Why a page cannot show what was asked for.

/// What a port answers instead of a view. Holds no internals: those are in the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppError {
    /// There is no such thing, or it is someone else's.
    #[error("not found")]
    NotFound,
    /// The person is signed in and may not see this.
    #[error("not allowed")]
    Forbidden,
    /// Nobody is signed in.
    #[error("signed out")]
    SignedOut,
    /// A rule refuses it; the sentence is for the person.
    #[error("{0}")]
    Refused(String),
    /// Something broke on our side.
    #[error("unavailable")]
    Unavailable,
}

#[cfg(feature = "ssr")]
impl AppError {
    /// Sets the status of the HTTP answer that is being rendered.
    ///
    /// [`AppError::SignedOut`] becomes a redirect to the sign-in page, which comes back here.
    pub fn mark_document(&self) {
        use http::StatusCode;

        let status = match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::SignedOut => return crate::session::redirect_to_sign_in(),
        };
        if let Some(response) = leptos::prelude::use_context::<leptos_axum::ResponseOptions>() {
            response.set_status(status);
        }
    }
}
