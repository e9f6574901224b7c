//! Exchange: sellers sell one currency of their wallets and buy another.
//!
//! Rates are imported ([`rates`]) and never changed. A shop's [`terms`] say what we keep of an
//! exchange, for how long a quote of it holds and how old its rate may be. A [`quotes::quote`] is an
//! offer; [`accept::accept`] exchanges at it, once; what was exchanged stands on [`list`]. What
//! exchanges leave open between two currencies stands on [`positions`].

pub mod accept;
pub mod list;
pub mod plausible;
pub mod positions;
pub mod quotes;
pub mod rates;
mod store;
pub mod terms;
