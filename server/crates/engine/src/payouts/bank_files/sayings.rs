//! What a bank's file says, pay-out by pay-out, before anything is made of it.

use std::collections::HashMap;

use bank::camt::{BankEntries, BankEntry, Message};
use bank::file::Place;
use bank::pain002::{StatusReport, TransactionReport};
use bank::verdict::{Evidence, Verdict};
use domain::currency::Currency;
use domain::id::{PayoutFileId, PayoutId};
use domain::money::Money;
use serde_json::{Value, json};
use time::Date;

use crate::payouts::bank_files::order;

/// What was said of one pay-out.
#[derive(Debug, Clone)]
pub(super) struct Saying {
    /// Where; none if it was said of all together.
    pub(super) place: Option<Place>,
    pub(super) payout: PayoutId,
    pub(super) verdict: Verdict,
    /// Of how much.
    pub(super) amount: Amount,
    /// The bank's own reference.
    pub(super) bank_reference: Option<String>,
    /// Where a statement shows that the money has left, if it does.
    pub(super) booking: Option<Booking>,
    /// What else was said, for the history.
    pub(super) detail: Value,
}

/// A debit of a statement, each of which stands in one statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Booking {
    /// Which of the file's, from 1.
    pub(crate) position: i32,
    /// By the bank's calendar.
    pub(crate) booked_on: Option<Date>,
}

/// Of how much something was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Amount {
    /// Of this.
    Said(Money),
    /// It was not said, and need not be: a status stands for the whole order.
    Whole,
    /// It should have been said, and was not in a way that can be read.
    Missing,
}

/// Something in a file that is about no pay-out that the bank was told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// Where it stands in the file.
    pub place: Option<Place>,
    /// The reference that names nothing.
    pub reference: String,
    /// Why it is not taken.
    pub why: &'static str,
}

/// What a file says in all.
#[derive(Debug, Clone, Default)]
pub(super) struct Sayings {
    pub(super) all: Vec<Saying>,
    pub(super) unknown: Vec<Unknown>,
    /// How many entries name no pay-out at all.
    pub(super) unrelated: usize,
}

/// A file of ours that a report is about.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    /// What its only part is called.
    pub(crate) part: String,
    /// What is in it.
    pub(crate) payouts: Vec<PayoutId>,
}

/// A pay-out that the bank was told of.
#[derive(Debug, Clone)]
pub(crate) struct Filed {
    pub(crate) file: PayoutFileId,
    /// The account that the bank was to debit.
    pub(crate) debtor_iban: String,
    pub(crate) currency: Currency,
}

/// What a report says of the pay-outs of the file that it is about; none if that is none of ours.
pub(super) fn of_report(report: &StatusReport, file: Option<&Told>) -> Sayings {
    let mut sayings = Sayings::default();
    let Some(file) = file else {
        sayings.unknown.push(Unknown {
            place: None,
            reference: report.original_message_id.clone().unwrap_or_default(),
            why: "no file of ours has this message id",
        });
        sayings.unknown.extend(report.transactions.iter().map(of_nothing));
        return sayings;
    };
    let mut named: HashMap<PayoutId, &TransactionReport> = HashMap::new();
    for one in &report.transactions {
        let payout = one.original_end_to_end_id.as_deref().and_then(order::payout_of);
        match payout.filter(|payout| file.payouts.binary_search(payout).is_ok()) {
            Some(payout) => {
                named.insert(payout, one);
            }
            None => sayings.unknown.push(of_nothing(one)),
        }
    }
    for &payout in &file.payouts {
        let end_to_end_id = order::reference(&payout);
        let Some(verdict) = report.says_of(&file.part, end_to_end_id.as_str()) else { continue };
        let named = named.get(&payout);
        sayings.all.push(Saying {
            place: named.map(|one| one.place),
            payout,
            verdict,
            amount: named.and_then(|one| one.amount).map_or(Amount::Whole, Amount::Said),
            bank_reference: None,
            booking: None,
            detail: json!({
                "report": report.message_id,
                "message": report.original_message_id,
                "status": named.and_then(|one| one.said.status.as_ref()).map(bank::status::Status::code),
            }),
        });
    }
    sayings
}

fn of_nothing(report: &TransactionReport) -> Unknown {
    Unknown {
        place: Some(report.place),
        reference: report.original_end_to_end_id.clone().unwrap_or_default(),
        why: "no pay-out of that file has this end-to-end id",
    }
}

/// The pay-outs that the entries name, whether there are such or not.
pub(super) fn named(entries: &BankEntries) -> Vec<PayoutId> {
    let ids = entries.entries.iter().filter_map(|entry| entry.end_to_end_id.as_deref());
    ids.filter_map(order::payout_of).collect()
}

/// What the entries say of the pay-outs that the bank was told of.
pub(super) fn of_entries(read: &BankEntries, filed: &HashMap<PayoutId, Filed>) -> Sayings {
    let mut sayings = Sayings::default();
    for (position, entry) in (1..).zip(&read.entries) {
        let unknown = |reference: &str, why| Unknown {
            place: Some(entry.place),
            reference: reference.to_owned(),
            why,
        };
        let Some(end_to_end_id) = entry.end_to_end_id.as_deref() else {
            match message_of(entry) {
                Some(message) => sayings
                    .unknown
                    .push(unknown(message, "the entry names the file, and none of its pay-outs")),
                None => sayings.unrelated += 1,
            }
            continue;
        };
        let payout = order::payout_of(end_to_end_id);
        let found = payout.and_then(|payout| Some((payout, filed.get(&payout)?)));
        match found {
            None => sayings
                .unknown
                .push(unknown(end_to_end_id, "no pay-out in a file has this end-to-end id")),
            Some((_, filed)) if !is_account(entry, &filed.debtor_iban) => sayings.unknown.push(
                unknown(end_to_end_id, "the entry is not of the account that was to be debited"),
            ),
            Some((payout, filed)) => {
                let saying = of_entry(entry, payout, filed);
                let is_booking =
                    read.message == Message::Statement && saying.verdict == Verdict::Paid;
                let booking = Booking { position, booked_on: entry.booked_on };
                sayings.all.push(Saying { booking: is_booking.then_some(booking), ..saying });
            }
        }
    }
    sayings
}

fn of_entry(entry: &BankEntry, payout: PayoutId, filed: &Filed) -> Saying {
    let said = [entry.amount, entry.instructed];
    let ours = said.into_iter().flatten().find(|amount| amount.currency() == filed.currency);
    let amount = ours.or(said.into_iter().flatten().next());
    Saying {
        place: Some(entry.place),
        payout,
        verdict: Verdict::of(Evidence::Entry(entry)),
        amount: amount.map_or(Amount::Missing, Amount::Said),
        bank_reference: entry.bank_reference.clone(),
        booking: None,
        detail: json!({
            "file": filed.file,
            "entry": entry.number,
            "booked_on": entry.booked_on.map(|day| day.to_string()),
            "value_on": entry.value_on.map(|day| day.to_string()),
            "bank_reference": entry.bank_reference,
        }),
    }
}

/// What the entry says of the file that it came with, if that is one of ours.
fn message_of(entry: &BankEntry) -> Option<&str> {
    let message = entry.message_id.as_deref().filter(|id| order::file_of(id).is_some());
    let is_part =
        |id: &&str| id.rsplit_once('-').is_some_and(|(id, _)| order::file_of(id).is_some());
    message.or(entry.payment_info_id.as_deref().filter(is_part))
}

/// Whether the entry is of the account with this number.
fn is_account(entry: &BankEntry, iban: &str) -> bool {
    let plain = |text: &str| text.replace(' ', "").to_ascii_uppercase();
    entry.account.as_deref().is_some_and(|account| plain(account) == iban)
}
