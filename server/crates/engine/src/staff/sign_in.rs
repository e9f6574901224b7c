//! Signing in: one answer for a wrong password and an unknown address, and a lock after too many.

use domain::card_number;
use sqlx::PgPool;

use super::password::{BYTES_MAX, Passwords};
use super::{Staff, store};
use crate::db::Fault;

/// After how many failed tries in the last quarter of an hour an address is locked.
const FAILURES_MAX: i64 = 10;
/// Longer addresses belong to nobody.
const EMAIL_BYTES_MAX: usize = 254;

/// Signs people in. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SignIn {
    pool: PgPool,
    passwords: Passwords,
}

/// Why somebody was not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// There is nobody with this address and password. It is not said which of them is wrong.
    #[error("wrong credentials")]
    WrongCredentials,
    /// Too many tries failed; also the right password is refused for a while.
    #[error("locked")]
    Locked,
    /// The address looks like it holds a card number; the try was not written down.
    #[error("the address looks like it holds a card number")]
    CardNumber,
    /// Not the caller's doing.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl SignIn {
    /// Signs in against `pool`.
    pub fn new(pool: &PgPool, passwords: Passwords) -> Self {
        Self { pool: pool.clone(), passwords }
    }

    /// The person with this address and password.
    ///
    /// The try is counted before the password is looked at, so that many at once count as many;
    /// addresses that nobody has are counted and locked like any other.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn sign_in(&self, email: &str, password: String) -> Result<Staff, SignInError> {
        let email = email.trim();
        if card_number::is_in(email) {
            return Err(SignInError::CardNumber);
        }
        let is_address = email.len() <= EMAIL_BYTES_MAX && !email.chars().any(char::is_control);
        if !is_address || password.len() > BYTES_MAX {
            return Err(SignInError::WrongCredentials);
        }
        let attempt = store::record_attempt(&self.pool, email).await?;
        if store::count_failures(&self.pool, email).await? > FAILURES_MAX {
            return Err(SignInError::Locked);
        }

        let found = store::find_credentials(&self.pool, email).await?;
        let (staff, hash) = found.unzip();
        let fits = self.passwords.fits(password, hash).await;
        let staff = staff.filter(|_| fits).ok_or(SignInError::WrongCredentials)?;

        store::record_success(&self.pool, attempt).await?;
        Ok(staff)
    }
}
