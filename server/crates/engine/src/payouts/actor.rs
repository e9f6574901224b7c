//! Who makes, approves, stops or cancels a pay-out.

use domain::four_eyes::Actor;
use domain::id::{ApiKeyId, StaffId};
use domain::permission::Action;
use uuid::Uuid;

use crate::db::Fault;
use crate::payments::Source;
use crate::reconciliation::actor::Person;

/// Who acts on a pay-out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// A person of staff.
    Person(Person),
    /// The shop's own system, by this key.
    Shop(ApiKeyId),
    /// The seller's schedule.
    Schedule,
}

impl By {
    /// As the rules of four eyes see it.
    pub fn actor(&self) -> Actor {
        match self {
            Self::Person(person) => Actor::Staff(person.id),
            Self::Shop(key) => Actor::Shop(*key),
            Self::Schedule => Actor::Schedule,
        }
    }

    /// Through which door.
    pub const fn source(&self) -> Source {
        match self {
            Self::Person(_) => Source::Staff,
            Self::Shop(_) => Source::Api,
            Self::Schedule => Source::Clock,
        }
    }

    /// Whether they may do `action`; what the rules of four eyes demand comes on top.
    pub const fn may(&self, action: Action) -> bool {
        match self {
            Self::Person(person) => person.role.may(action),
            Self::Shop(_) | Self::Schedule => true,
        }
    }
}

/// The words under which an actor is stored.
pub(crate) fn stored(actor: Actor) -> (&'static str, Option<Uuid>) {
    match actor {
        Actor::Schedule => ("schedule", None),
        Actor::Shop(key) => ("shop", Some(key.uuid())),
        Actor::Staff(person) => ("staff", Some(person.uuid())),
    }
}

/// The actor that is stored under these words.
pub(crate) fn read(kind: &str, id: Option<Uuid>) -> Result<Actor, Fault> {
    match (kind, id) {
        ("schedule", None) => Ok(Actor::Schedule),
        ("shop", Some(id)) => Ok(Actor::Shop(ApiKeyId::from_uuid(id))),
        ("staff", Some(id)) => Ok(Actor::Staff(StaffId::from_uuid(id))),
        _ => Err(Fault::CorruptRow(format!("actor {kind}"))),
    }
}
