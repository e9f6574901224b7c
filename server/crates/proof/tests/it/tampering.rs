//! What somebody might do to an export, and the line that gives it away.

use proof::export::{Header, Sealed};
use proof::record::{Kind, Posting, Record};
use proof::signature::Signer;
use proof::verify::{Options, Reason, Report, verify};

use crate::story::{
    DAYS, RECEIVABLE, account_id, check, file, first_difference, header, posting_id, relinked,
    shop, signer, story,
};

/// Where the posting of `number` is.
fn find(sealed: &[Sealed], number: u128) -> usize {
    let is_it = |sealed: &Sealed| match &sealed.record {
        Record::Posting(posting) => posting.id == posting_id(number),
        _ => false,
    };
    sealed.iter().position(is_it).unwrap()
}

fn kinds(sealed: &[Sealed], kind: Kind) -> Vec<usize> {
    (0..sealed.len()).filter(|&index| sealed[index].record.kind() == kind).collect()
}

/// Changes what `posting` of the story says.
fn change(sealed: &mut [Sealed], number: u128, by: impl FnOnce(&mut Posting)) {
    let at = find(sealed, number);
    match &mut sealed[at].record {
        Record::Posting(posting) => by(posting),
        other => panic!("{other:?} is no posting"),
    }
}

/// Checks that the story, changed by `by`, is found bad where it was changed, with these words.
fn assert_named(by: impl FnOnce(&mut Vec<Sealed>), expected: &str) {
    let good = file(&header(), &story());
    let mut sealed = story();
    by(&mut sealed);
    let changed = file(&header(), &sealed);

    let report = check(&changed);

    let first = report.first().unwrap_or_else(|| panic!("not noticed: {expected}"));
    assert_eq!(first.to_string(), expected);
    assert_eq!(first.line, first_difference(&good, &changed), "{expected}");
}

#[test]
fn a_changed_record_is_named() {
    let hash = "the hash is not that of this record after the one before";
    let amount = |posting: &mut Posting| {
        posting.entries[0].amount = posting.entries[1].amount.checked_neg().unwrap();
    };
    let account = |posting: &mut Posting| posting.entries[0].account = account_id(RECEIVABLE);

    assert_named(
        |sealed| change(sealed, 1, amount),
        &format!("line 5, record 4 (posting): {hash}"),
    );
    assert_named(
        |sealed| change(sealed, 3, account),
        &format!("line 16, record 15 (posting): {hash}"),
    );
    assert_named(
        |sealed| sealed[3].link.hash = sealed[4].link.hash,
        &format!("line 5, record 4 (posting): {hash}"),
    );
    assert_named(
        |sealed| match &mut sealed[7].record {
            Record::Audit(audit) => audit.actor.push('!'),
            other => panic!("{other:?} is no line of the audit log"),
        },
        &format!("line 9, record 8 (audit): {hash}"),
    );
    assert_named(
        |sealed| match &mut sealed[9].record {
            Record::Balance(balance) => balance.closing_minor += 1,
            other => panic!("{other:?} is no balance"),
        },
        &format!("line 11, record 10 (balance): {hash}"),
    );
}

#[test]
fn a_record_that_is_missing_repeated_or_elsewhere_is_named() {
    let number = "the record should have the sequence number";

    assert_named(|sealed| sealed.swap(3, 4), &format!("line 5, record 5 (account): {number} 4"));
    assert_named(
        |sealed| drop(sealed.remove(3)),
        &format!("line 5, record 5 (account): {number} 4"),
    );
    assert_named(
        |sealed| sealed.insert(4, sealed[3].clone()),
        &format!("line 6, record 4 (posting): {number} 5"),
    );
}

#[test]
fn the_signature_of_another_day_is_named() {
    let key = signer().public_key().id();
    let closes = kinds(&story(), Kind::Close);

    assert_named(
        |sealed| sealed[closes[0]].signature = sealed[closes[1]].signature,
        &format!(
            "line 15, record 14 (close): the signature is not that of this close by the key {key}"
        ),
    );
}

/// The story with a posting that gives the seller less and us more, everything recomputed.
fn rewritten(signer: Option<&Signer>) -> Vec<u8> {
    let mut sealed = story();
    change(&mut sealed, 6, |posting| posting.entries.reverse());
    change(&mut sealed, 3, |posting| posting.cause.push('!'));
    file(&header(), &relinked(&sealed, signer))
}

#[test]
fn a_rewritten_tail_fails_at_the_first_signature_that_its_author_cannot_make() {
    let report = check(&rewritten(None));

    let first = report.first().unwrap();
    assert_eq!((first.line, first.kind), (26, Some("close")));
    assert_eq!(first.reason, Reason::BadSignature(signer().public_key()));
}

#[test]
fn a_tail_that_is_signed_with_another_key_is_not_trusted() {
    let other = Signer::from_seed(&[8; 32]);
    let sealed = story();
    let mut forged = relinked(&sealed, Some(&other));
    let first_close = kinds(&sealed, Kind::Close)[0];
    forged.splice(..=first_close, sealed[..=first_close].iter().cloned());
    // The first close is genuine, and what follows it is linked to the forger's own.
    let report = check(&file(&header(), &relinked(&sealed, Some(&other))));
    let spliced = check_untrusting(&file(&header(), &forged));

    assert_eq!(report.first().unwrap().line, 15);
    assert_eq!(report.first().unwrap().reason, Reason::UntrustedKey(other.public_key()));
    assert_eq!(spliced.first().unwrap().line, 16);
}

/// A check by somebody who does not know the key.
fn check_untrusting(file: &[u8]) -> Report {
    verify(file, &Options::default()).unwrap()
}

#[test]
fn whoever_does_not_know_the_key_learns_only_that_it_is_the_same() {
    let other = Signer::from_seed(&[8; 32]);
    let forged = file(&header(), &relinked(&story(), Some(&other)));

    let report = check_untrusting(&forged);

    assert!(report.is_good());
    assert_eq!(report.summary.keys, [other.public_key()]);
}

#[test]
fn a_change_of_the_key_in_the_middle_is_noticed_without_knowing_it() {
    let sealed = story();
    let closes = kinds(&sealed, Kind::Close);
    let mut forged = relinked(&sealed, Some(&signer()));
    let other = Signer::from_seed(&[8; 32]);
    let before = forged[closes[1] - 1].link;
    if let Record::Close(close) = &mut forged[closes[1]].record {
        close.key = other.public_key();
    }
    let link = before.next(&forged[closes[1]].record);
    forged[closes[1]].link = link;
    forged[closes[1]].signature = Some(other.sign(shop(), DAYS[1], &link));
    forged.truncate(closes[1] + 1);

    let report = check_untrusting(&file(&header(), &forged));

    assert_eq!(report.first().unwrap().reason, Reason::UntrustedKey(other.public_key()));
}

#[test]
fn a_truncated_file_is_noticed_wherever_it_is_cut() {
    let whole = file(&header(), &story());
    let is_end = |length: usize| whole[length.saturating_sub(1)..=length].contains(&b'\n');
    for length in (0..whole.len()).filter(|&length| length.is_multiple_of(7) || is_end(length)) {
        let cut = &whole[..length];

        let report = check(cut);

        let first = report.first().unwrap_or_else(|| panic!("cut at {length}"));
        assert_eq!(first.line, first_difference(&whole, cut), "cut at {length}");
        assert_eq!(report.bad_lines, 1, "cut at {length}: {:?}", report.findings);
    }
}

#[test]
fn a_header_of_other_books_or_days_is_refused() {
    let sealed = story();
    let table = [
        (Header { shop: another_shop(), ..header() }, 1),
        (Header { previous: sealed[0].link, ..header() }, 2),
        (Header { from: DAYS[2], to: DAYS[0], ..header() }, 1),
        (Header { from: DAYS[1], ..header() }, 5),
        (Header { to: DAYS[1], ..header() }, 28),
    ];
    for (header, line) in table {
        let report = check(&file(&header, &sealed));

        assert_eq!(report.first().unwrap().line, line, "{}", report.first().unwrap());
    }
}

fn another_shop() -> domain::id::ShopId {
    domain::id::ShopId::from_uuid(uuid::Uuid::from_u128(2))
}

#[test]
fn a_file_that_begins_in_the_middle_of_a_day_is_refused() {
    let sealed = story();
    let start = find(&sealed, 2);
    let header = Header { previous: sealed[start - 1].link, ..header() };

    let report = check(&file(&header, &sealed[start..]));

    assert_eq!(report.first().unwrap().reason, Reason::NoAnchor);
    assert_eq!(report.bad_lines, 1, "{:?}", report.findings);
}

#[test]
fn after_one_bad_line_the_rest_is_still_checked() {
    let mut text = String::from_utf8(file(&header(), &story())).unwrap();
    text = text.replacen("\"cause\":\"captured/2\"", "\"cause\":\"captured/9\"", 1);
    text = text.replacen("\"cause\":\"captured/6\"", "\"cause\": \"captured/6\"", 1);

    let all = check(text.as_bytes());
    let options = Options { stops_at_first: true, ..Options::default() };
    let first = verify(text.as_bytes(), &options).unwrap();

    let lines: Vec<u64> = all.findings.iter().map(|finding| finding.line).collect();
    assert_eq!(lines, [8, 28]);
    assert_eq!(first.findings, all.findings[..1]);
    assert_eq!(all.summary.days, 2);
}
