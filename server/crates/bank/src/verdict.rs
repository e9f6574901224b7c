//! What a bank says of a pay-out, in our words.

use crate::camt::{BankEntry, EntryStatus, Side};
use crate::file::Reason;
use crate::status::Status;

/// What is known of a pay-out after a bank has spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The bank has it, or part of what it came with, and has decided nothing yet.
    Pending,
    /// The bank will carry it out.
    Accepted,
    /// The bank is carrying it out.
    InTransit,
    /// The money has left our account.
    Paid,
    /// It was not carried out, and will not be.
    Rejected(Vec<Reason>),
    /// It was cancelled before it was carried out.
    Cancelled(Vec<Reason>),
    /// The money had left our account and is back.
    Returned(Vec<Reason>),
    /// Nothing may be concluded from it: a person has to look, or another message has to come. The
    /// money may or may not have moved, so it must not be paid again.
    Unclear(Doubt, Vec<Reason>),
}

/// Why nothing may be concluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is explained by its message")]
pub enum Doubt {
    #[error("refused as a duplicate: the bank has it already, and what became of that is not said")]
    Duplicate,
    #[error("the money is held at the other bank")]
    Blocked,
    #[error("the bank's code is not known here")]
    UnknownStatus,
    #[error("the message contradicts itself")]
    Contradiction,
    #[error("the entry is for information and moves nothing")]
    Information,
    #[error("the entry does not say whether it is booked")]
    NoStatus,
    #[error("the return is announced and not booked")]
    ReturnNotBooked,
    #[error("money came in, and nothing says that it came back")]
    CreditWithoutReturn,
    #[error("money went out again that had come in")]
    DebitOfReturn,
}

/// What a bank has said.
#[derive(Debug, Clone, Copy)]
pub enum Evidence<'a> {
    /// A status of a report, with its reasons.
    Status {
        /// The status.
        status: &'a Status,
        /// Why.
        reasons: &'a [Reason],
    },
    /// An entry of our account.
    Entry(&'a BankEntry),
}

impl Verdict {
    /// What `evidence` says of the pay-out that it names.
    ///
    /// An entry says nothing of another amount or account: compare those before.
    pub fn of(evidence: Evidence<'_>) -> Self {
        match evidence {
            Evidence::Status { status, reasons } => of_status(status, reasons),
            Evidence::Entry(entry) => of_entry(entry),
        }
    }

    pub(crate) const fn contradiction() -> Self {
        Self::Unclear(Doubt::Contradiction, Vec::new())
    }
}

fn of_status(status: &Status, reasons: &[Reason]) -> Verdict {
    use Status as S;
    match status {
        // What a part of a message got is not said of each of its transactions.
        S::Received
        | S::Pending
        | S::PartiallyAcceptedTechnically
        | S::Partly
        | S::PayeeVerified(_) => Verdict::Pending,
        S::AcceptedTechnically | S::AcceptedProfile | S::AcceptedFunds | S::AcceptedWithChange => {
            Verdict::Accepted
        }
        S::InSettlement
        | S::InClearing
        | S::AcceptedWithoutPosting
        | S::ChequeIssued
        | S::Presented => Verdict::InTransit,
        S::SettledByUs | S::Credited | S::PickedUp => Verdict::Paid,
        S::Rejected if reasons.iter().any(is_duplicate) => {
            Verdict::Unclear(Doubt::Duplicate, reasons.to_vec())
        }
        S::Rejected => Verdict::Rejected(reasons.to_vec()),
        S::Cancelled => Verdict::Cancelled(reasons.to_vec()),
        S::Blocked => Verdict::Unclear(Doubt::Blocked, reasons.to_vec()),
        S::Other(_) => Verdict::Unclear(Doubt::UnknownStatus, reasons.to_vec()),
    }
}

/// Whether a bank refuses because it has the same already: then the first may have been paid.
fn is_duplicate(reason: &Reason) -> bool {
    let code = reason.code.as_deref().unwrap_or_default();
    matches!(code, "AM05" | "DUPL" | "DU01" | "DU02" | "DU03" | "DU04" | "DU05")
}

fn of_entry(entry: &BankEntry) -> Verdict {
    use EntryStatus as S;
    let doubt = |doubt| Verdict::Unclear(doubt, entry.reasons.clone());
    let Some(side) = entry.side else { return doubt(Doubt::Contradiction) };
    match (side, entry.status, entry.is_return) {
        (_, None, _) => doubt(Doubt::NoStatus),
        (_, Some(S::Information), _) => doubt(Doubt::Information),
        (Side::Debit, Some(S::Booked), false) => Verdict::Paid,
        (Side::Debit, Some(S::Pending | S::Future), false) => Verdict::InTransit,
        (Side::Debit, Some(_), true) => doubt(Doubt::DebitOfReturn),
        (Side::Credit, Some(S::Booked), true) => Verdict::Returned(entry.reasons.clone()),
        (Side::Credit, Some(S::Pending | S::Future), true) => doubt(Doubt::ReturnNotBooked),
        (Side::Credit, Some(_), false) => doubt(Doubt::CreditWithoutReturn),
    }
}
