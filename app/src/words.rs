//! The words that people read for states, kinds and codes. English for now.

pub mod alerts;
pub mod checkout;
pub mod dead_letters;
pub mod exchanges;
pub mod mismatch;
pub mod notice;
pub mod payment;
pub mod payouts;
pub mod processors;
pub mod webhooks;
pub mod why;

/// How a state looks: a colour, and always a shape with it, so that colour alone says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It went well.
    Good,
    /// Something is under way.
    Waiting,
    /// Somebody should look.
    Warning,
    /// It went wrong.
    Bad,
    /// Neither good nor bad.
    Neutral,
}

impl Tone {
    /// The name in class names and of the symbol.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Waiting => "waiting",
            Self::Warning => "warning",
            Self::Bad => "bad",
            Self::Neutral => "neutral",
        }
    }
}
