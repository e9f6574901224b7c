//! Who acts: a person of staff, or a program.

use domain::id::{ShopId, StaffId};
use domain::permission::{Action, Role};
use serde_json::Value;

use crate::audit::{self, Entry};
use crate::db::{Fault, Tx};

/// A person of staff, as far as acting on mismatches and files goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub id: StaffId,
    /// What colleagues know them as.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// Who takes a file in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person in the console.
    Person(Person),
    /// A program, such as `paydesk reconcile`, run by whoever may run it.
    Program(&'static str),
}

impl Actor {
    /// The name for the log and for lists.
    pub fn name(&self) -> &str {
        match self {
            Self::Person(person) => &person.name,
            Self::Program(name) => name,
        }
    }

    /// Whether they may do `action`.
    pub fn may(&self, action: Action) -> bool {
        match self {
            Self::Person(person) => person.role.may(action),
            Self::Program(_) => true,
        }
    }

    /// Who it is, if a person.
    pub fn staff(&self) -> Option<StaffId> {
        match self {
            Self::Person(person) => Some(person.id),
            Self::Program(_) => None,
        }
    }
}

/// Puts what somebody did to one object into the audit log.
pub(super) async fn log(
    tx: &mut Tx,
    shop: ShopId,
    (actor, staff): (&str, Option<StaffId>),
    action: &str,
    (object_type, object_id): (&str, &str),
    detail: Value,
) -> Result<(), Fault> {
    let entry = Entry { shop: Some(shop), actor, staff, action, object_type, object_id, detail };
    audit::record(tx, &entry).await
}
