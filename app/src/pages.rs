//! The pages, one per file.

use std::future::Future;

use leptos::either::Either;
use leptos::prelude::*;

use crate::error::AppError;
use crate::pages::error::ErrorMessage;

pub mod checkout;
pub mod console;
pub mod error;
pub mod query;
pub mod sign_in;
pub mod status;

/// Shows what `load` finds, or says why it found nothing and sets the HTTP status accordingly.
fn loaded<T: Send + 'static, V: IntoView + 'static>(
    load: impl Future<Output = Result<T, AppError>> + Send + 'static,
    show: impl FnOnce(T) -> V + Send + 'static,
) -> impl IntoView {
    Suspend::new(async move {
        match load.await {
            Ok(view) => Either::Left(show(view)),
            Err(error) => {
                error.mark_document();
                Either::Right(view! { <ErrorMessage error /> })
            }
        }
    })
}
