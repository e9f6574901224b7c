//! Closes that are wrong where no posting gives it away, and lines that are no text.

use domain::currency::Currency;
use proof::export::{Header, LINE_BYTES_MAX, Sealed};
use proof::record::{Balance, Kind, Record};
use proof::verify::Reason;

use crate::story::{
    DAYS, FEES, PENDING, RECEIVABLE, SUSPENSE, Story, account, account_id, check, file, header,
    posting, relinked, shop, signer, story,
};

/// A day with a sale, and one on which nothing happens.
fn quiet() -> Vec<Sealed> {
    let mut story = Story::new();
    story.post(posting(1, DAYS[0], &[(RECEIVABLE, 100), (PENDING, -95), (FEES, -5)]));
    story.close(DAYS[0]);
    story.close(DAYS[1]);
    story.sealed
}

fn reason(sealed: &[Sealed]) -> Reason {
    let report = check(&file(&header(), &relinked(sealed, Some(&signer()))));
    report.first().expect("it is noticed").reason.clone()
}

fn balances(sealed: &mut [Sealed]) -> Vec<&mut Balance> {
    let balance = |sealed| match sealed {
        &mut Sealed { record: Record::Balance(ref mut balance), .. } => Some(balance),
        _ => None,
    };
    sealed.iter_mut().filter_map(balance).collect()
}

#[test]
fn the_balances_and_the_close_of_a_quiet_day_are_of_one_day() {
    let mut balance = quiet();
    balances(&mut balance)[4].date = DAYS[2];
    let mut close = quiet();
    if let Record::Close(close) = &mut close.last_mut().unwrap().record {
        close.date = DAYS[2];
    }

    assert_eq!(reason(&balance), Reason::OtherDay { found: DAYS[2], expected: DAYS[1] });
    assert_eq!(reason(&close), Reason::OtherDay { found: DAYS[2], expected: DAYS[1] });
}

#[test]
fn an_account_that_was_not_opened_has_no_balance() {
    let mut sealed = quiet();
    let at = sealed.len() - 1;
    let balance = Balance {
        date: DAYS[1],
        account: account(SUSPENSE),
        opening_minor: 0,
        debits_minor: 0,
        credits_minor: 0,
        closing_minor: 0,
    };
    sealed.insert(at, Sealed { record: Record::Balance(balance), ..sealed[at - 1].clone() });

    assert_eq!(reason(&sealed), Reason::NotOpen(account_id(SUSPENSE)));
}

#[test]
fn a_close_repeats_the_hash_before_it() {
    let mut sealed = quiet();
    let last = sealed.len() - 1;
    let [first, before] = [sealed[0].link.hash, sealed[last - 1].link.hash];
    assert_ne!(first, before);
    if let Record::Close(close) = &mut sealed[last].record {
        close.last_hash = first;
    }
    let link = sealed[last - 1].link.next(&sealed[last].record);
    let signature = signer().sign(shop(), DAYS[1], &link);
    sealed[last] = Sealed { link, signature: Some(signature), ..sealed[last].clone() };

    let report = check(&file(&header(), &sealed));

    assert_eq!(report.first().unwrap().reason, Reason::LastHash);
    assert_eq!(report.bad_lines, 1);
}

/// What is found in a file whose anchor was changed by `by` and signed so.
fn anchored(by: impl FnOnce(&mut Balance), more_debits: i128) -> Reason {
    let mut sealed = story();
    by(balances(&mut sealed)[0]);
    let close = sealed.iter_mut().find(|sealed| sealed.record.kind() == Kind::Close);
    if let Record::Close(close) = &mut close.unwrap().record {
        close.totals[0].debits_minor += more_debits;
    }
    let sealed = relinked(&sealed, Some(&signer()));
    let start = sealed.iter().position(|sealed| sealed.record.kind() == Kind::Balance).unwrap();
    let header = Header { from: DAYS[1], previous: sealed[start - 1].link, ..header() };

    let report = check(&file(&header, &sealed[start..]));

    report.first().expect("it is noticed").reason.clone()
}

#[test]
fn an_anchor_is_in_balance() {
    let debits = anchored(
        |balance| {
            balance.debits_minor += 1;
            balance.closing_minor += 1;
        },
        1,
    );
    let closings = anchored(
        |balance| {
            balance.opening_minor += 2;
            balance.closing_minor += 2;
        },
        0,
    );

    let currency = Currency::EUR;
    let what = "debits and credits";
    assert_eq!(debits, Reason::Uneven { what, currency, excess_minor: 1 });
    assert_eq!(closings, Reason::Uneven { what: "closings", currency, excess_minor: 2 });
}

#[test]
fn a_line_is_text_and_not_endless() {
    let good = file(&header(), &quiet());
    let mut binary = good.clone();
    binary[good.len() - 5] = 0xff;
    let mut endless = good[..good.len() - 1].to_vec();
    endless.resize(good.len() + LINE_BYTES_MAX, b' ');
    let last = good.split(|byte| *byte == b'\n').count() - 1;

    for (bad, reason) in [(binary, Reason::NotUtf8), (endless, Reason::TooLong)] {
        let report = check(&bad);

        let first = report.first().unwrap();
        assert_eq!((usize::try_from(first.line), &first.reason), (Ok(last), &reason));
    }
}
