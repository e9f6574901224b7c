//! Words for exchanges between currencies.

use time::Date;

use crate::format;
use crate::view::exchanges::QuoteState;
use crate::words::Tone;

/// Where a quote stands.
pub fn quote(state: QuoteState) -> (&'static str, Tone) {
    match state {
        QuoteState::Open => ("Open", Tone::Waiting),
        QuoteState::Accepted => ("Exchanged", Tone::Good),
        QuoteState::Expired => ("Expired", Tone::Neutral),
    }
}

/// Whose a rate is.
pub fn source(stored: &str) -> String {
    match stored {
        "ecb" => "European Central Bank".to_owned(),
        "demo" => "Demo (made up)".to_owned(),
        other => other.to_owned(),
    }
}

/// The day that a rate is of, or a dash.
pub fn day(day: Option<Date>) -> String {
    day.map_or_else(|| "\u{2013}".to_owned(), format::day)
}
