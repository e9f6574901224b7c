//! The queue: durable work in Postgres. It knows no payment.
//!
//! A job is enqueued inside the caller's transaction, so it exists if and only if what made it
//! necessary does; it is finished inside the transaction that commits its effect, so it is done if
//! and only if its effect is. Between the two it is leased: no lock is held while the outside is
//! called, a killed worker's lease runs out, and whoever comes too late is fenced: each claim has a
//! name of its own, and nothing but that name ends it.
#![warn(missing_docs)]

mod door;
mod lane;
mod retry;
mod shift;
mod spell;
mod store;
mod waker;

pub use door::Place;
pub use lane::{Handled, Handler, Lane, Step};
pub use retry::{Failure, Policy, Strategy, Then, error_class};
pub use spell::NoPolicy;
pub use store::{
    Claimed, NewJob, enqueue, enqueue_behind, enqueue_leased, finish, hold, release, withdraw,
};
pub use waker::Waker;
