//! Pay-outs by bank file, for whoever has a bank and no provider's API.
//!
//! A pay-out at such an account is submitted as any other, and then waits: nobody is called. [`make()`]
//! writes what waits into one file, once, and keeps its bytes; [`mod@read`] takes in what the bank's
//! files say of it. Nobody is asked in between, so that what is in doubt stays so until a file or a
//! person ends it.

pub mod accounts;
mod list;
mod make;
mod news;
mod order;
mod overview;
mod parsed;
mod read;
mod reports;
mod sayings;

pub use list::{PayoutFile, Standing, bytes, list, standing};
pub use make::{Made, MakeError, NewFile, NewlyMade, make};
pub(crate) use order::Waiting;
pub(super) use order::declined;
pub use overview::{FilePage, Pending, Progress, pending, progress};
pub use parsed::{Parsed, parse};
pub use read::{NewReport, Outcome, ReadError, Summary, read};
pub use reports::{Report, Said, Spot, report, reports};
pub use sayings::Unknown;
pub(crate) use sayings::{Booking, Filed, Told};
