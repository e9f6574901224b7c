//! Why a notification was not believed or not matched: a code that stays, and a sentence.

/// Why a notification led to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Problem {
    /// Refused: there is no signature.
    Unsigned,
    /// Refused: the signature belongs to another body or another secret.
    SignatureInvalid,
    /// Refused: it is signed, and of another time.
    OutsideTolerance,
    /// Unmatched: it is signed, and the adapter cannot read it.
    Unreadable,
    /// Unmatched: it speaks of a refund or a dispute that the adapter cannot read. The rest of it
    /// was followed.
    PartlyUnreadable,
    /// Unmatched: it names nothing of which we could know.
    NamesNothing,
    /// Unmatched: no payment of ours at the account has that name.
    PaymentUnknown,
    /// Unmatched: the payment is ours and was never sent to the processor.
    PaymentNotSent,
    /// Unmatched: there is money at an account that the payment has left.
    AccountLeft,
    /// Unmatched: no registration of ours at the account has that name.
    RegistrationUnknown,
    /// Unmatched: no pay-out of ours at the account has that name.
    PayoutUnknown,
}

impl Problem {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Unsigned,
        Self::SignatureInvalid,
        Self::OutsideTolerance,
        Self::Unreadable,
        Self::PartlyUnreadable,
        Self::NamesNothing,
        Self::PaymentUnknown,
        Self::PaymentNotSent,
        Self::AccountLeft,
        Self::RegistrationUnknown,
        Self::PayoutUnknown,
    ];

    /// The word that stands in the database, for programs; texts may change, codes not.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::SignatureInvalid => "signature_invalid",
            Self::OutsideTolerance => "outside_tolerance",
            Self::Unreadable => "unreadable",
            Self::PartlyUnreadable => "partly_unreadable",
            Self::NamesNothing => "names_nothing",
            Self::PaymentUnknown => "payment_unknown",
            Self::PaymentNotSent => "payment_not_sent",
            Self::AccountLeft => "account_left",
            Self::RegistrationUnknown => "registration_unknown",
            Self::PayoutUnknown => "payout_unknown",
        }
    }

    /// The same for people.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Unsigned => "the notification is not signed",
            Self::SignatureInvalid => "the signature does not fit the notification",
            Self::OutsideTolerance => "the signature fits, and the notification is of another time",
            Self::Unreadable => "the notification is signed and cannot be read",
            Self::PartlyUnreadable => "it speaks of a refund or a dispute that cannot be read",
            Self::NamesNothing => "it names neither a payment nor a registration",
            Self::PaymentUnknown => "no payment of ours at this processor account",
            Self::PaymentNotSent => "we never tried to authorise this payment",
            Self::AccountLeft => "money at a processor account that the payment has left",
            Self::RegistrationUnknown => "no registration of ours at this processor account",
            Self::PayoutUnknown => "no pay-out of ours that was submitted at this account",
        }
    }
}
