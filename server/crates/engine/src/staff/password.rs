//! Hashing of passwords: argon2id, away from the threads that serve requests.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

/// How many passwords are hashed at the same time; each takes 19 MiB while it is.
const CONCURRENT_MAX: usize = 2;
/// Longer passwords are refused before they are hashed.
pub(super) const BYTES_MAX: usize = 256;

/// Hashes and checks passwords, a few at a time. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Passwords {
    permits: Arc<Semaphore>,
    /// What a password is held against when there is nobody with the address, so that the answer
    /// takes as long as for somebody.
    decoy: Arc<str>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

impl Passwords {
    /// Gets ready to hash.
    pub fn new() -> Self {
        Self {
            permits: Arc::new(Semaphore::new(CONCURRENT_MAX)),
            decoy: hash("nobody has this password").into(),
        }
    }

    /// The hash of `password`, as it is stored: with its parameters and a salt of its own.
    pub async fn hash(&self, password: String) -> String {
        self.run(move || hash(&password)).await
    }

    /// Whether `password` belongs to `stored`. Takes as long if there is nothing stored.
    pub(super) async fn fits(&self, password: String, stored: Option<String>) -> bool {
        let decoy = Arc::clone(&self.decoy);
        self.run(move || {
            let is_known = stored.is_some();
            fits(&password, stored.as_deref().unwrap_or(&decoy)) && is_known
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let _permit = self.permits.acquire().await.expect("the semaphore is never closed");
        tokio::task::spawn_blocking(work).await.expect("hashing does not panic")
    }
}

fn hash(password: &str) -> String {
    Argon2::default()
        .hash_password(password.as_bytes())
        .expect("the standard parameters are valid and passwords are short")
        .to_string()
}

fn fits(password: &str, stored: &str) -> bool {
    PasswordHash::new(stored)
        .is_ok_and(|stored| Argon2::default().verify_password(password.as_bytes(), &stored).is_ok())
}
