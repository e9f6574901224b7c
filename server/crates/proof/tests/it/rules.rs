//! Books that are linked and signed as they should be, and are still wrong.

use domain::currency::Currency;
use domain::money::Money;
use proof::export::Sealed;
use proof::record::{Balance, Close, Posting, Record};
use proof::verify::{Reason, Sum};
use uuid::Uuid;

use crate::story::{
    DAYS, FEES, PENDING, RECEIVABLE, SUSPENSE, account, account_id, check, file, header, posting,
    posting_id, relinked, signer, story,
};

/// What the verifier says first of the story, changed by `by` and sealed as if that were right.
fn reason(by: impl FnOnce(&mut Vec<Sealed>)) -> Reason {
    let mut sealed = story();
    by(&mut sealed);
    let report = check(&file(&header(), &relinked(&sealed, Some(&signer()))));
    report.first().expect("it is noticed").reason.clone()
}

fn of_posting(number: u128, by: impl FnOnce(&mut Posting)) -> Reason {
    reason(|sealed| {
        let mut postings = sealed.iter_mut().filter_map(|sealed| match &mut sealed.record {
            Record::Posting(posting) => Some(posting),
            _ => None,
        });
        by(postings.find(|posting| posting.id == posting_id(number)).unwrap());
    })
}

fn of_balance(number: u128, by: impl FnOnce(&mut Balance)) -> Reason {
    reason(|sealed| {
        let mut balances = sealed.iter_mut().filter_map(|sealed| match &mut sealed.record {
            Record::Balance(balance) => Some(balance),
            _ => None,
        });
        by(balances.find(|balance| balance.account.id == account_id(number)).unwrap());
    })
}

fn of_close(by: impl FnOnce(&mut Close)) -> Reason {
    reason(|sealed| {
        let mut closes = sealed.iter_mut().filter_map(|sealed| match &mut sealed.record {
            Record::Close(close) => Some(close),
            _ => None,
        });
        by(closes.next().unwrap());
    })
}

#[test]
fn a_posting_balances_in_each_currency_and_moves_only_open_accounts() {
    let euro = |minor| Money::from_minor(minor, Currency::EUR);

    let unbalanced = of_posting(1, |posting| posting.entries[0].amount = euro(10_001));
    let across = of_posting(2, |posting| {
        posting.entries[0].amount = euro(1_200);
        posting.entries[0].account = account_id(RECEIVABLE);
    });
    let foreign = of_posting(2, |posting| {
        posting.entries[0].amount = euro(1_200);
        posting.entries[1].amount = euro(-1_200);
    });
    let zero = of_posting(1, |posting| posting.entries[0].amount = euro(0));
    let empty = of_posting(1, |posting| posting.entries.clear());
    let unknown = of_posting(1, |posting| posting.entries[0].account = account_id(0x99));
    // It closed at zero on the day before, and was not opened again.
    let forgotten = reason(|sealed| {
        let at = sealed.iter().rposition(|sealed| matches!(sealed.record, Record::Account(_)));
        sealed.remove(at.unwrap());
    });

    assert_eq!(unbalanced, Reason::Unbalanced { currency: Currency::EUR, excess_minor: 1 });
    assert_eq!(across, Reason::Unbalanced { currency: Currency::EUR, excess_minor: 1_200 });
    let account_of =
        |found| matches!(found, Reason::OtherCurrency { found, .. } if found == Currency::EUR);
    assert!(account_of(foreign));
    assert_eq!(zero, Reason::ZeroEntry(account_id(RECEIVABLE)));
    assert_eq!(empty, Reason::NoEntries);
    assert_eq!(unknown, Reason::NotOpen(account_id(0x99)));
    assert_eq!(forgotten, Reason::NotOpen(account_id(SUSPENSE)));
}

#[test]
fn a_fact_is_posted_once_and_a_correction_names_an_earlier_posting() {
    let same_cause = of_posting(3, |posting| posting.cause = "captured/1".to_owned());
    let same_id = of_posting(3, |posting| posting.id = posting_id(2));
    let unknown = of_posting(4, |posting| posting.corrects = Some(posting_id(77)));
    let itself = of_posting(4, |posting| posting.corrects = Some(posting_id(4)));
    let later = of_posting(4, |posting| posting.corrects = Some(posting_id(5)));

    assert_eq!(same_cause, Reason::RepeatedCause);
    assert_eq!(same_id, Reason::RepeatedPosting(posting_id(2)));
    assert_eq!(unknown, Reason::CorrectsUnknown(posting_id(77)));
    assert_eq!(itself, Reason::CorrectsUnknown(posting_id(4)));
    assert_eq!(later, Reason::CorrectsUnknown(posting_id(5)));
}

#[test]
fn the_same_cause_of_another_object_is_another_fact() {
    let mut sealed = story();
    for sealed in &mut sealed {
        if let Record::Posting(posting) = &mut sealed.record {
            posting.object = Uuid::from_u128(posting.id.uuid().as_u128());
            posting.cause = "captured".to_owned();
        }
    }

    let report = check(&file(&header(), &relinked(&sealed, Some(&signer()))));

    assert_eq!(report.findings, []);
}

#[test]
fn a_posting_is_booked_on_the_day_whose_close_follows() {
    let early = of_posting(1, |posting| posting.effective_on = DAYS[1]);
    let other = of_posting(2, |posting| posting.booked_on = DAYS[1]);
    let closed = of_posting(3, |posting| {
        posting.booked_on = DAYS[0];
        posting.effective_on = DAYS[0];
    });
    let close = of_close(|close| close.date = DAYS[1]);

    assert_eq!(early, Reason::BookedTooEarly { booked_on: DAYS[0], effective_on: DAYS[1] });
    assert_eq!(other, Reason::OtherDay { found: DAYS[1], expected: DAYS[0] });
    assert_eq!(closed, Reason::ClosedDay { found: DAYS[0], closed: DAYS[0] });
    assert_eq!(close, Reason::OtherDay { found: DAYS[1], expected: DAYS[0] });
}

#[test]
fn a_close_is_the_sum_of_its_day() {
    let account = account_id(RECEIVABLE);
    let opening = of_balance(RECEIVABLE, |balance| balance.opening_minor = 1);
    let closing = of_balance(RECEIVABLE, |balance| balance.closing_minor += 1);
    let debits = of_balance(RECEIVABLE, |balance| {
        balance.debits_minor += 5;
        balance.credits_minor += 5;
    });
    let kind = of_balance(FEES, |balance| balance.account.kind = "write_offs".to_owned());

    let expected = |what, found, expected| Reason::Balance { account, what, found, expected };
    assert_eq!(opening, expected(Sum::Opening, 1, 0));
    assert_eq!(closing, expected(Sum::Closing, 10_001, 10_000));
    assert_eq!(debits, expected(Sum::Debits, 10_005, 10_000));
    assert_eq!(kind, Reason::OtherAccount(account_id(FEES)));
}

#[test]
fn a_close_lists_every_open_account_in_order() {
    let is_balance = |sealed: &Sealed| matches!(sealed.record, Record::Balance(_));
    let missing = reason(|sealed| {
        let at = sealed.iter().position(is_balance).unwrap();
        sealed.remove(at);
    });
    let swapped = reason(|sealed| {
        let at = sealed.iter().position(is_balance).unwrap();
        sealed.swap(at, at + 1);
    });
    let twice = reason(|sealed| {
        let at = sealed.iter().position(is_balance).unwrap();
        sealed.insert(at, sealed[at].clone());
    });
    let interrupted = reason(|sealed| {
        let at = sealed.iter().position(is_balance).unwrap();
        let mut late = sealed[at].clone();
        late.record = Record::Posting(posting(50, DAYS[0], &[(FEES, 1), (PENDING, -1)]));
        sealed.insert(at + 1, late);
    });

    assert_eq!(missing, Reason::BalanceMissing(account_id(RECEIVABLE)));
    assert_eq!(swapped, Reason::BalanceOrder);
    assert_eq!(twice, Reason::BalanceOrder);
    assert_eq!(interrupted, Reason::AmongBalances);
}

#[test]
fn a_close_counts_its_day() {
    let count = |what, found, expected| Reason::Count { what, found, expected };

    let postings = of_close(|close| close.postings = 1);
    let entries = of_close(|close| close.entries = 6);
    let audits = of_close(|close| close.audits = 0);
    let accounts = of_close(|close| close.accounts = 4);
    let first = of_close(|close| close.first_sequence = 2);
    let totals = of_close(|close| close.totals[0].debits_minor += 1);
    let shop = of_close(|close| close.shop = domain::id::ShopId::from_uuid(Uuid::from_u128(2)));

    assert_eq!(postings, count("number of postings", 1, 2));
    assert_eq!(entries, count("number of entries", 6, 5));
    assert_eq!(audits, count("number of lines of the audit log", 0, 1));
    assert_eq!(accounts, count("number of open accounts", 4, 5));
    assert_eq!(first, count("first sequence number", 2, 1));
    assert_eq!(totals, Reason::Totals);
    assert!(matches!(shop, Reason::OtherShop { .. }));
}

#[test]
fn an_account_is_opened_once_while_it_is_open() {
    let twice = reason(|sealed| {
        let again = Sealed { record: Record::Account(account(FEES)), ..sealed[0].clone() };
        sealed.insert(4, again);
    });

    assert_eq!(twice, Reason::OpenAlready(account_id(FEES)));
}
