//! The people who work in the console, how they sign in, and their sessions.

mod password;
pub mod sessions;
mod sign_in;
mod store;

use domain::id::{ShopId, StaffId};
use domain::permission::Role;
use sqlx::PgPool;

use crate::db::{Fault, Tx, new_plain_id};

pub use password::Passwords;
pub use sign_in::{SignIn, SignInError};

/// A person who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    /// The person's id.
    pub id: StaffId,
    /// Whose books the person sees.
    pub shop: ShopId,
    /// The name of that shop.
    pub shop_name: String,
    /// The address the person signs in with.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// What the person may do.
    pub role: Role,
}

/// A person to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStaff {
    /// Whose books the person sees.
    pub shop: ShopId,
    /// The address the person signs in with; unique, in any case of letters.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// What the person may do.
    pub role: Role,
    /// The hash of the password, from [`Passwords::hash`].
    pub password_hash: String,
}

/// Adds a person, or gives the one with the same address a new name, role and password.
///
/// # Errors
/// [`Fault`].
pub async fn save(tx: &mut Tx, staff: &NewStaff) -> Result<StaffId, Fault> {
    store::save(tx, new_plain_id(), staff).await
}

/// The person, unless there is none or the account is disabled.
///
/// # Errors
/// [`Fault`].
pub async fn find(pool: &PgPool, id: StaffId) -> Result<Option<Staff>, Fault> {
    store::find(pool, id).await
}
