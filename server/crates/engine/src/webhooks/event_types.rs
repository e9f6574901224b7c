//! The types of events that a shop can hear of.

use domain::{event, payout};

/// What happened: to a payment, or to a pay-out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventType {
    /// To a payment.
    Payment(event::Announcement),
    /// To a pay-out.
    Payout(payout::event::Announcement),
}

impl EventType {
    /// Every type, those of payments first.
    pub fn all() -> impl Iterator<Item = Self> {
        let payments = event::Announcement::ALL.iter().copied().map(Self::Payment);
        payments.chain(payout::event::Announcement::ALL.iter().copied().map(Self::Payout))
    }

    /// The word that stands in the database and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Payment(announcement) => announcement.as_str(),
            Self::Payout(announcement) => announcement.as_str(),
        }
    }

    /// The type that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::all().find(|one| one.as_str() == word)
    }
}

impl From<event::Announcement> for EventType {
    fn from(announcement: event::Announcement) -> Self {
        Self::Payment(announcement)
    }
}
