//! Words for what the database calls by codes, where a page wants a ready text.

use app::view::payments::EntryView;
use domain::account::AccountKind;
use domain::matching::Resolution;
use domain::money::Money;

/// The name of a processor, as people know it.
pub(super) fn processor(code: &str) -> String {
    let mut letters = code.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// The name of a ledger account.
pub(super) fn account(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::ProcessorReceivable => "Processor receivable",
        AccountKind::ProcessorBalance => "Processor balance",
        AccountKind::ProcessorFees => "Processor fees",
        AccountKind::Suspense => "Suspense",
        AccountKind::WriteOffs => "Write-offs",
        AccountKind::PlatformFees => "Platform fees",
        AccountKind::SellerPending => "Seller pending",
        AccountKind::SellerAvailable => "Seller available",
        AccountKind::SellerReserved => "Seller reserved",
        AccountKind::BuyerWallet => "Buyer wallet",
        AccountKind::CashInTransit => "Cash in transit",
        AccountKind::Bank => "Bank",
        AccountKind::PayoutsInTransit => "Pay-outs in transit",
        AccountKind::ExchangePosition => "Exchange position",
        AccountKind::ExchangeSpread => "Exchange spread",
        AccountKind::ExchangeGains => "Exchange gains and losses",
        AccountKind::Rounding => "Rounding",
    }
}

/// An amount as the two columns of a book: what is above zero is a debit, what is below a credit.
pub(super) fn columns(amount: Money) -> (Option<Money>, Option<Money>) {
    if amount.is_zero() {
        return (None, None);
    }
    match amount.checked_neg() {
        Ok(opposite) if !amount.is_positive() => (None, Some(opposite)),
        _ => (Some(amount), None),
    }
}

/// One entry of a posting, for people.
pub(super) fn entry(kind: AccountKind, owner: Option<&str>, amount: Money) -> EntryView {
    let (debit, credit) = columns(amount);
    let name = account(kind);
    let account = owner.map_or_else(|| name.to_owned(), |owner| format!("{name}, {owner}"));
    EntryView { account, debit, credit }
}

/// Debits first, and otherwise as posted.
pub(super) fn debits_first(entries: &mut [EntryView]) {
    entries.sort_by_key(|entry| entry.debit.is_none());
}

/// What a resolution is called, and what it does.
pub(super) fn resolution(resolution: Resolution) -> (&'static str, &'static str) {
    match resolution {
        Resolution::WriteOff => ("Write it off", "The difference becomes our loss or our gain."),
        Resolution::AcceptFee => {
            ("Accept the fee", "What the processor kept is booked as its fee.")
        }
        Resolution::ChargeSeller => {
            ("Charge the seller", "The seller carries it, and gets our fee on it back.")
        }
        Resolution::ClaimFromProcessor => (
            "Claim it from the processor",
            "It stays open with the processor until one of its next files settles it.",
        ),
        Resolution::Ignore => ("Leave it as it is", "Nothing is posted; the reason stays."),
    }
}

/// What somebody did, of an action of the audit log such as `mismatch.claimed`.
pub(super) fn done(action: &str) -> String {
    let verb = action.split_once('.').map_or(action, |(_, verb)| verb);
    match verb {
        "opened" => "found it".to_owned(),
        "claimed" => "claimed it".to_owned(),
        "proposed" => "proposed a resolution".to_owned(),
        "resolved" => "resolved it".to_owned(),
        "ignored" => "left it as it is".to_owned(),
        "approved" => "approved the resolution".to_owned(),
        "rejected" => "rejected the resolution".to_owned(),
        "reopened" => "opened it again".to_owned(),
        other => other.replace('_', " "),
    }
}
