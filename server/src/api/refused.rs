//! Why a capture, a cancellation or a refund is refused, as the caller reads it.

use domain::decide::Refused;
use domain::money::{Money, MoneyError};
use engine::payments::commands::AskError;

use super::problem::{Code, Problem};

/// What was asked for: the same reason reads differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// To take what is held.
    Capture,
    /// To release what is held.
    Cancel,
    /// To give back what was taken.
    Refund,
}

impl Asked {
    /// The problem of an ask that came to nothing.
    pub fn problem(self, error: AskError) -> Problem {
        match error {
            AskError::NotFound => Problem::new(Code::NotFound, "You have nothing with this id."),
            AskError::Refused(refused) => self.refused(refused),
            AskError::KeyLost => Problem::key_lost(),
            AskError::Fault(fault) => Problem::internal(&fault),
        }
    }

    fn refused(self, refused: Refused) -> Problem {
        match refused {
            Refused::InDoubt => Problem::new(
                Code::InDoubt,
                "The outcome of an earlier call to the processor is not known yet. Nothing moves \
                 until an inquiry has settled it.",
            ),
            Refused::UnderWay => Problem::new(
                Code::UnderWay,
                "An earlier request is on its way to the processor. Ask again when it has ended.",
            ),
            Refused::AlreadyPaid => Problem::new(
                Code::AlreadyCaptured,
                "The money was taken already. A refund gives it back.",
            ),
            Refused::NotCaptured => {
                Problem::new(Code::NotCaptured, "Nothing was captured that could go back.")
            }
            Refused::NotAuthorized => {
                Problem::new(Code::NotAuthorized, "Nothing is held that could be captured.")
            }
            Refused::Ended => Problem::new(
                Code::PaymentEnded,
                "The payment has ended without the money: it failed, expired or was cancelled.",
            ),
            Refused::NotPositive => Problem::of_field(
                Code::AmountNotPositive,
                "amount",
                "An amount is more than nothing.",
            ),
            Refused::TooMuch { available, .. } => self.too_much(available),
            Refused::Money(MoneyError::CurrencyMismatch { .. }) => Problem::of_field(
                Code::CurrencyMismatch,
                "currency",
                "The payment is in another currency.",
            ),
            Refused::Money(_) => super::amount::too_large("amount".into()),
        }
    }

    fn too_much(self, available: Money) -> Problem {
        let left = format!("{} {}", available.to_decimal_string(), available.currency());
        let (code, detail) = match self {
            Self::Refund => (
                Code::RefundExceedsCaptured,
                format!("Of what was captured, {left} can still be refunded."),
            ),
            Self::Capture | Self::Cancel => (
                Code::CaptureExceedsAuthorized,
                format!("Of what is held, {left} can still be captured."),
            ),
        };
        Problem::of_field(code, "amount", detail)
    }
}
