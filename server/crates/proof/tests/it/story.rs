//! Three small days of a shop: sales, a refund, a correction, a late fact and a night shift.

use domain::account::AccountType;
use domain::currency::Currency;
use domain::id::{AccountId, AuditId, PostingId, ShopId, StaffId};
use domain::money::Money;
use proof::chain::Link;
use proof::export::{Header, Sealed, Writer};
use proof::record::{Account, Audit, Close, Entry, Posting, Record};
use proof::sealer::Sealer;
use proof::signature::Signer;
use proof::verify::{Options, Report, verify};
use time::macros::{date, datetime};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

pub(crate) const DAYS: [Date; 3] =
    [date!(2026 - 11 - 18), date!(2026 - 11 - 19), date!(2026 - 11 - 20)];
pub(crate) const AT: OffsetDateTime = datetime!(2026-11-18 10:12:13.123456 UTC);

pub(crate) const RECEIVABLE: u128 = 0x11;
pub(crate) const PENDING: u128 = 0x12;
pub(crate) const FEES: u128 = 0x13;
pub(crate) const RECEIVABLE_YEN: u128 = 0x21;
pub(crate) const PENDING_YEN: u128 = 0x22;
pub(crate) const SUSPENSE: u128 = 0x31;

pub(crate) fn shop() -> ShopId {
    ShopId::from_uuid(Uuid::from_u128(1))
}

pub(crate) fn signer() -> Signer {
    Signer::from_seed(&[7; 32])
}

pub(crate) fn account_id(number: u128) -> AccountId {
    AccountId::from_uuid(Uuid::from_u128(number))
}

pub(crate) fn posting_id(number: u128) -> PostingId {
    PostingId::from_uuid(Uuid::from_u128(number))
}

/// The accounts of the story by their numbers.
pub(crate) fn account(number: u128) -> Account {
    let (kind, account_type, owner, currency) = match number {
        RECEIVABLE => ("processor_receivable", AccountType::Asset, Some(0xa), Currency::EUR),
        PENDING => ("seller_pending", AccountType::Liability, Some(0xb), Currency::EUR),
        FEES => ("platform_fees", AccountType::Revenue, None, Currency::EUR),
        RECEIVABLE_YEN => ("processor_receivable", AccountType::Asset, Some(0xa), Currency::JPY),
        PENDING_YEN => ("seller_pending", AccountType::Liability, Some(0xb), Currency::JPY),
        _ => ("suspense", AccountType::Asset, Some(0xa), Currency::EUR),
    };
    let owner = owner.map(Uuid::from_u128);
    Account { id: account_id(number), kind: kind.to_owned(), account_type, owner, currency }
}

/// A posting of `number` on `day` with `entries` of account number and minor units.
pub(crate) fn posting(number: u128, day: Date, entries: &[(u128, i64)]) -> Posting {
    let entry = |&(number, minor): &(u128, i64)| Entry {
        account: account_id(number),
        amount: Money::from_minor(minor, account(number).currency),
    };
    Posting {
        id: posting_id(number),
        object: Uuid::from_u128(0xf00),
        cause: format!("captured/{number}"),
        corrects: None,
        effective_on: day,
        booked_on: day,
        recorded_at: AT,
        entries: entries.iter().map(entry).collect(),
    }
}

pub(crate) fn audit(number: u128) -> Audit {
    Audit {
        id: AuditId::from_uuid(Uuid::from_u128(number)),
        actor: "Zoë \"Z\" Ångström".to_owned(),
        staff: Some(StaffId::from_uuid(Uuid::from_u128(3))),
        action: "mismatch.claimed".to_owned(),
        object_type: "mismatch".to_owned(),
        object_id: "mis_1".to_owned(),
        detail: "{\"note\": \"a\\nb\", \"tab\": \"\t\u{1}\"}".to_owned(),
        at: AT,
    }
}

/// Builds a chain, opening accounts as they are needed.
#[derive(Debug)]
pub(crate) struct Story {
    sealer: Sealer,
    pub(crate) sealed: Vec<Sealed>,
}

impl Story {
    pub(crate) fn new() -> Self {
        Self { sealer: Sealer::new(shop()), sealed: Vec::new() }
    }

    pub(crate) fn post(&mut self, posting: Posting) {
        for entry in &posting.entries {
            let number = entry.account.uuid().as_u128();
            self.sealed.extend(self.sealer.account(account(number)));
        }
        self.sealed.push(self.sealer.posting(posting).unwrap());
    }

    pub(crate) fn note(&mut self, audit: Audit) {
        self.sealed.push(self.sealer.audit(audit));
    }

    pub(crate) fn close(&mut self, day: Date) {
        self.sealed.extend(self.sealer.close(day, &signer()));
    }
}

/// Two closed days and one that is still open.
pub(crate) fn story() -> Vec<Sealed> {
    let mut story = Story::new();
    story.post(posting(1, DAYS[0], &[(RECEIVABLE, 10_000), (PENDING, -9_500), (FEES, -500)]));
    story.post(posting(2, DAYS[0], &[(RECEIVABLE_YEN, 1_200), (PENDING_YEN, -1_200)]));
    story.note(audit(1));
    story.close(DAYS[0]);
    let refund = [(PENDING, 3_800), (FEES, 200), (RECEIVABLE, -4_000)];
    story.post(posting(3, DAYS[1], &refund));
    let correction = [(SUSPENSE, 30), (RECEIVABLE, -30), (PENDING, -5), (FEES, 5)];
    story.post(Posting { corrects: Some(posting_id(1)), ..posting(4, DAYS[1], &correction) });
    let late = posting(5, DAYS[1], &[(RECEIVABLE, 30), (SUSPENSE, -30)]);
    story.post(Posting { effective_on: DAYS[0], ..late });
    story.close(DAYS[1]);
    story.post(posting(6, DAYS[2], &[(SUSPENSE, 7), (RECEIVABLE, -7)]));
    story.note(audit(2));
    story.sealed
}

pub(crate) fn header() -> Header {
    Header { shop: shop(), from: DAYS[0], to: DAYS[2], previous: Link::genesis(shop()) }
}

pub(crate) fn file(header: &Header, sealed: &[Sealed]) -> Vec<u8> {
    let mut writer = Writer::begin(Vec::new(), header).unwrap();
    for sealed in sealed {
        writer.write(sealed).unwrap();
    }
    writer.end().unwrap()
}

/// The same records with links that fit them, and closes that say where they stand; signed by
/// `signer`, or with the signatures that they had.
pub(crate) fn relinked(sealed: &[Sealed], signer: Option<&Signer>) -> Vec<Sealed> {
    let mut tip = Link::genesis(shop());
    let relink = |sealed: &Sealed| {
        let mut record = sealed.record.clone();
        let mut signature = sealed.signature;
        if let Record::Close(close) = &mut record {
            *close = Close { last_sequence: tip.sequence, last_hash: tip.hash, ..close.clone() };
            close.key = signer.map_or(close.key, Signer::public_key);
        }
        let link = tip.next(&record);
        if let (Record::Close(close), Some(signer)) = (&record, signer) {
            signature = Some(signer.sign(close.shop, close.date, &link));
        }
        tip = link;
        Sealed { record, link, signature }
    };
    sealed.iter().map(relink).collect()
}

pub(crate) fn check(file: &[u8]) -> Report {
    verify(file, &Options { keys: vec![signer().public_key()], stops_at_first: false }).unwrap()
}

/// The number of the line where two files begin to differ.
pub(crate) fn first_difference(left: &[u8], right: &[u8]) -> u64 {
    let same = left.iter().zip(right).take_while(|(left, right)| left == right).count();
    left[..same].split(|byte| *byte == b'\n').count() as u64
}
