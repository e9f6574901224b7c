//! Who works in the console.

use domain::id::{ShopId, StaffId};
pub use domain::permission::Role;
use serde::{Deserialize, Serialize};

/// The signed-in person. The server puts this into the request's extensions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// The person's id.
    pub id: StaffId,
    /// The person's name.
    pub name: String,
    /// The address the person signs in with.
    pub email: String,
    /// What the person may do.
    pub role: Role,
    /// Whose books the person sees.
    pub shop: ShopId,
    /// The name of that shop.
    pub shop_name: String,
}

/// What the sign-in page needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInView {
    /// Whether this is a demonstration, whose logins stand in the terminal.
    pub is_demo: bool,
}
