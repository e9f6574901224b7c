//! Signing in.

use async_trait::async_trait;

use crate::error::AppError;
use crate::view::staff::SignInView;

/// What the sign-in page asks. Who is signed in comes with the request, as an
/// [`Operator`](crate::view::staff::Operator) in its extensions.
#[async_trait]
pub trait StaffPort: Send + Sync {
    /// What the sign-in page needs to know.
    async fn sign_in(&self) -> Result<SignInView, AppError>;
}
