//! What the sign-in page asks.

use app::error::AppError;
use app::ports::staff::StaffPort;
use app::view::staff::SignInView;
use async_trait::async_trait;

use crate::wiring::Services;

/// Answers the sign-in page.
pub struct Staff(pub Services);

#[async_trait]
impl StaffPort for Staff {
    async fn sign_in(&self) -> Result<SignInView, AppError> {
        Ok(SignInView { is_demo: self.0.settings.is_demo })
    }
}
