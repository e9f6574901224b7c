//! The status codes of `pain.002`, for a message, a part of it, or one transaction.

/// What a bank says of an order.
///
/// Source: ISO 20022 external code sets (payment transaction, payment group) and, for those of the
/// verification of payee, EPC103-24.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Status {
    /// `RCVD`: it has arrived, nothing was checked.
    Received,
    /// `PDNG`: further checks are made.
    Pending,
    /// `ACTC`: its form is right.
    AcceptedTechnically,
    /// `PATC`: its form is right, and a further signature is awaited.
    PartiallyAcceptedTechnically,
    /// `ACCP`: the customer's profile was checked too.
    AcceptedProfile,
    /// `ACFC`: there are funds for it.
    AcceptedFunds,
    /// `ACWC`: accepted with a change, such as another date.
    AcceptedWithChange,
    /// `ACSP`: it is being settled.
    InSettlement,
    /// `ACPD`: it was handed to the clearing.
    InClearing,
    /// `ACWP`: the other bank has it and has not yet credited its customer.
    AcceptedWithoutPosting,
    /// `ACIS`: a cheque was issued for it.
    ChequeIssued,
    /// `PRES`: it was presented to the payee.
    Presented,
    /// `ACSC`: our account was debited for good.
    SettledByUs,
    /// `ACCC`: the payee's account was credited.
    Credited,
    /// `CPUC`: the payee has fetched the cash.
    PickedUp,
    /// `PART`: some of the transactions were accepted, others were not or not yet.
    Partly,
    /// `RJCT`: refused.
    Rejected,
    /// `CANC`: cancelled at our request.
    Cancelled,
    /// `BLCK`: held at the other bank, neither credited nor given back.
    Blocked,
    /// `RCVC`, `RVMC`, `RVNM`, `RVNA`: what the verification of the payee's name found. It refuses
    /// nothing.
    PayeeVerified(PayeeMatch),
    /// Another code.
    Other(String),
}

/// How well the name of the payee fits the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PayeeMatch {
    /// `RCVC`: it does.
    Match,
    /// `RVMC`: closely.
    CloseMatch,
    /// `RVNM`: it does not.
    NoMatch,
    /// `RVNA`: it could not be verified.
    NotApplicable,
}

/// Each known code and its status.
const CODES: [(&str, Status); 23] = [
    ("RCVD", Status::Received),
    ("PDNG", Status::Pending),
    ("ACTC", Status::AcceptedTechnically),
    ("PATC", Status::PartiallyAcceptedTechnically),
    ("ACCP", Status::AcceptedProfile),
    ("ACFC", Status::AcceptedFunds),
    ("ACWC", Status::AcceptedWithChange),
    ("ACSP", Status::InSettlement),
    ("ACPD", Status::InClearing),
    ("ACWP", Status::AcceptedWithoutPosting),
    ("ACIS", Status::ChequeIssued),
    ("PRES", Status::Presented),
    ("ACSC", Status::SettledByUs),
    ("ACCC", Status::Credited),
    ("CPUC", Status::PickedUp),
    ("PART", Status::Partly),
    ("RJCT", Status::Rejected),
    ("CANC", Status::Cancelled),
    ("BLCK", Status::Blocked),
    ("RCVC", Status::PayeeVerified(PayeeMatch::Match)),
    ("RVMC", Status::PayeeVerified(PayeeMatch::CloseMatch)),
    ("RVNM", Status::PayeeVerified(PayeeMatch::NoMatch)),
    ("RVNA", Status::PayeeVerified(PayeeMatch::NotApplicable)),
];

impl Status {
    /// The status that `code` names; [`Status::Other`] if none is known by it.
    pub fn from_code(code: &str) -> Self {
        CODES
            .into_iter()
            .find(|(known, _)| *known == code)
            .map_or_else(|| Self::Other(code.to_owned()), |(_, status)| status)
    }

    /// The code, such as `ACSC`.
    pub fn code(&self) -> &str {
        match self {
            Self::Other(code) => code,
            known => CODES.iter().find(|(_, status)| status == known).map_or("", |(code, _)| code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_names_a_status_that_gives_it_back() {
        for (code, status) in CODES {
            assert_eq!(Status::from_code(code), status);
            assert_eq!(status.code(), code);
        }
        assert_eq!(Status::from_code("ABCD"), Status::Other("ABCD".to_owned()));
        assert_eq!(Status::from_code("ABCD").code(), "ABCD");
    }
}
