//! Which entries are read from statements and notifications.

use bank::camt::{BankEntries, EntryStatus, Message, Side, read};
use bank::file::WarningReason;
use bank::verdict::{Doubt, Evidence, Verdict};
use time::macros::date;

use crate::examples::{OURS, money, statement};

/// What an entry says itself, in the version of 2019.
const HEAD: &str = "<Amt Ccy=\"EUR\">30.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
    <BookgDt><Dt>2026-11-23</Dt></BookgDt><ValDt><DtTm>2026-11-24T00:00:00+01:00</DtTm></ValDt>\
    <AcctSvcrRef>B-1</AcctSvcrRef>";

fn detail(id: &str, inside: &str) -> String {
    format!("<TxDtls><Refs><EndToEndId>{id}</EndToEndId></Refs>{inside}</TxDtls>")
}

fn entry(head: &str, details: &str) -> String {
    format!("<Ntry>{head}<NtryDtls>{details}</NtryDtls></Ntry>")
}

fn parsed(entries: &str) -> BankEntries {
    read(statement(entries).as_bytes()).unwrap()
}

fn warnings(read: &BankEntries) -> Vec<WarningReason> {
    read.warnings.iter().map(|warning| warning.reason.clone()).collect()
}

#[test]
fn a_detail_has_what_it_says_and_what_its_entry_says() {
    let read = parsed(&entry(HEAD, &detail("po-1", "")));

    assert_eq!(read.message, Message::Statement);
    assert_eq!(warnings(&read), []);
    let [entry] = read.entries.as_slice() else { panic!("{read:?}") };
    assert_eq!((entry.number, entry.is_detail), (1, true));
    assert_eq!(entry.account.as_deref(), Some(OURS));
    assert_eq!(entry.end_to_end_id.as_deref(), Some("po-1"));
    assert_eq!(entry.bank_reference.as_deref(), Some("B-1"));
    assert_eq!(entry.amount, Some(money("30.00 EUR")));
    assert_eq!((entry.side, entry.status), (Some(Side::Debit), Some(EntryStatus::Booked)));
    assert_eq!(entry.booked_on, Some(date!(2026 - 11 - 23)));
    assert_eq!(entry.value_on, Some(date!(2026 - 11 - 24)));
    assert_eq!(Verdict::of(Evidence::Entry(entry)), Verdict::Paid);
}

#[test]
fn the_details_of_a_batch_have_their_own_amounts_or_none() {
    let batch = "<Btch><MsgId>pob-1</MsgId><PmtInfId>pob-1-1</PmtInfId></Btch>";
    let first = detail("po-1", "<Amt Ccy=\"EUR\">10.00</Amt>");
    let second = detail(
        "po-2",
        "<AmtDtls><InstdAmt><Amt Ccy=\"USD\">22.00</Amt></InstdAmt>\
         <TxAmt><Amt Ccy=\"EUR\">20.0</Amt></TxAmt></AmtDtls>",
    );
    let read =
        parsed(&entry(HEAD, &format!("{batch}{first}{second}{}", detail("NOTPROVIDED", ""))));

    let [first, second, third] = read.entries.as_slice() else { panic!("{read:?}") };
    assert_eq!(first.payment_info_id.as_deref(), Some("pob-1-1"));
    assert_eq!(first.message_id.as_deref(), Some("pob-1"));
    assert_eq!((first.amount, first.instructed), (Some(money("10.00 EUR")), None));
    assert_eq!(second.amount, Some(money("20.00 EUR")));
    assert_eq!(second.instructed, Some(money("22.00 USD")));
    assert_eq!((third.amount, third.end_to_end_id.as_deref()), (None, None));
    assert_eq!(read.entries.iter().map(|entry| entry.number).collect::<Vec<_>>(), [1, 1, 1]);
}

#[test]
fn an_entry_without_details_stands_for_itself() {
    let read = parsed(&format!("<Ntry>{HEAD}</Ntry><Ntry>{HEAD}</Ntry>"));

    let seen: Vec<_> = read.entries.iter().map(|entry| (entry.number, entry.is_detail)).collect();
    assert_eq!(seen, [(1, false), (2, false)]);
    assert_eq!(read.entries[1].amount, Some(money("30.00 EUR")));
}

#[test]
fn a_return_names_what_came_back_and_why() {
    let head = HEAD.replace("DBIT", "CRDT");
    let reason = "<RtrInf><Rsn><Cd>AC01</Cd></Rsn><AddtlInf>no such account</AddtlInf></RtrInf>";
    let code = "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>RRTN</SubFmlyCd></Fmly>\
        </Domn></BkTxCd>";
    let reversal = format!("{head}<RvslInd>true</RvslInd>");
    let read = parsed(
        &(entry(&head, &detail("po-1", reason))
            + &entry(&format!("{head}{code}"), &detail("po-2", ""))
            + &entry(&reversal, &detail("po-3", ""))
            + &entry(&head, &detail("po-4", ""))),
    );

    let verdicts: Vec<Verdict> =
        read.entries.iter().map(|entry| Verdict::of(Evidence::Entry(entry))).collect();
    let [Verdict::Returned(reasons), second, third, fourth] = verdicts.as_slice() else {
        panic!("{verdicts:?}")
    };
    assert_eq!(reasons[0].code.as_deref(), Some("AC01"));
    assert_eq!(reasons[0].details, ["no such account"]);
    assert_eq!([second, third], [&Verdict::Returned(vec![]), &Verdict::Returned(vec![])]);
    assert_eq!(*fourth, Verdict::Unclear(Doubt::CreditWithoutReturn, vec![]));
}

#[test]
fn what_is_not_booked_moves_nothing_yet() {
    let verdict = |side: &str, status: &str, inside: &str| {
        let head = HEAD.replace("DBIT", side).replace("BOOK", status);
        let read = parsed(&entry(&head, &detail("po-1", inside)));
        Verdict::of(Evidence::Entry(&read.entries[0]))
    };
    let back = "<RtrInf></RtrInf>";

    assert_eq!(verdict("DBIT", "PDNG", ""), Verdict::InTransit);
    assert_eq!(verdict("DBIT", "FUTR", ""), Verdict::InTransit);
    for (side, status, inside, doubt) in [
        ("DBIT", "INFO", "", Doubt::Information),
        ("CRDT", "INFO", back, Doubt::Information),
        ("CRDT", "PDNG", back, Doubt::ReturnNotBooked),
        ("DBIT", "BOOK", back, Doubt::DebitOfReturn),
    ] {
        let verdict = verdict(side, status, inside);
        let Verdict::Unclear(found, _) = verdict else { panic!("{side} {status}: {verdict:?}") };
        assert_eq!(found, doubt);
    }
}

#[test]
fn a_notification_of_2009_is_read_and_its_missing_status_is_not_guessed() {
    let head = HEAD.replace("<Sts><Cd>BOOK</Cd></Sts>", "<Sts>PDNG</Sts>");
    let silent = HEAD.replace("<Sts><Cd>BOOK</Cd></Sts>", "");
    let file =
        statement(&(entry(&head, &detail("po-1", "")) + &entry(&silent, &detail("po-2", ""))))
            .replace("camt.053.001.08", "camt.054.001.02")
            .replace("BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn")
            .replace("Stmt>", "Ntfctn>");

    let read = read(file.as_bytes()).unwrap();

    assert_eq!(read.message, Message::Notification);
    let statuses: Vec<_> = read.entries.iter().map(|entry| entry.status).collect();
    assert_eq!(statuses, [Some(EntryStatus::Pending), None]);
    assert_eq!(warnings(&read), [WarningReason::Missing("Sts")]);
    let said = Verdict::of(Evidence::Entry(&read.entries[1]));
    assert_eq!(said, Verdict::Unclear(Doubt::NoStatus, vec![]));
}

#[test]
fn an_entry_of_a_statement_without_a_status_is_booked_with_a_warning() {
    let read = parsed(&entry(&HEAD.replace("<Sts><Cd>BOOK</Cd></Sts>", ""), &detail("po-1", "")));

    assert_eq!(read.entries[0].status, Some(EntryStatus::Booked));
    assert_eq!(warnings(&read), [WarningReason::Missing("Sts")]);
}

#[test]
fn an_entry_whose_only_detail_is_on_the_other_side_is_on_neither() {
    let read = parsed(&entry(HEAD, &detail("po-1", "<CdtDbtInd>CRDT</CdtDbtInd>")));

    assert_eq!(read.entries[0].side, None);
    assert_eq!(warnings(&read), [WarningReason::OtherSide]);
    let said = Verdict::of(Evidence::Entry(&read.entries[0]));
    assert_eq!(said, Verdict::Unclear(Doubt::Contradiction, vec![]));
}

#[test]
fn the_amount_of_the_only_detail_is_taken_also_where_the_entry_has_another() {
    let read = parsed(&entry(HEAD, &detail("po-1", "<Amt Ccy=\"EUR\">29.50</Amt>")));

    let [ours, theirs] = ["29.50 EUR", "30.00 EUR"].map(money);
    assert_eq!(read.entries[0].amount, Some(ours));
    assert_eq!(warnings(&read), [WarningReason::OtherAmount { entry: theirs, detail: ours }]);
}

#[test]
fn amounts_dates_and_codes_that_cannot_be_read_are_left_out_with_a_warning() {
    let head = "<Amt Ccy=\"EUR\">12..34</Amt><CdtDbtInd>BOTH</CdtDbtInd><Sts>MAYBE</Sts>\
        <BookgDt><Dt>2026-02-30</Dt></BookgDt><ValDt><Dt>tomorrow</Dt></ValDt>";
    let details =
        ["<Amt Ccy=\"EUR\">-1.00</Amt>", "<Amt>1.00</Amt>", "<Amt Ccy=\"EUR\">0.001</Amt>"]
            .map(|amount| detail("po-1", amount));
    let read = parsed(&entry(head, &details.concat()));

    let amounts: Vec<_> = read.entries.iter().map(|entry| entry.amount).collect();
    assert_eq!(amounts, [None, None, None]);
    let entry = &read.entries[0];
    assert_eq!(
        (entry.side, entry.status, entry.booked_on, entry.value_on),
        (None, None, None, None)
    );
    let texts: Vec<String> =
        read.warnings.iter().map(|warning| warning.reason.to_string()).collect();
    assert_eq!(
        texts,
        [
            "Amt: 12..34 is not an amount of the currency",
            "CdtDbtInd: BOTH is not a code that is known here",
            "Sts: MAYBE is not a code that is known here",
            "BookgDt: 2026-02-30 is not a date such as 2026-11-20",
            "ValDt: tomorrow is not a date such as 2026-11-20",
            "Amt: -1.00 is not an amount of the currency",
            "Amt:  is not an ISO 4217 currency code",
            "Amt: 0.001 is not an amount of the currency",
            "CdtDbtInd: there is none",
        ]
    );
}

#[test]
fn each_statement_of_a_file_has_its_own_account() {
    let other = "</Stmt><Stmt><Acct><Id><Othr><Id>12-34</Id></Othr></Id></Acct>";
    let nameless = "</Stmt><Stmt>";
    let read = parsed(
        &["", other, nameless].map(|before| format!("{before}<Ntry>{HEAD}</Ntry>")).concat(),
    );

    let accounts: Vec<_> = read.entries.iter().map(|entry| entry.account.as_deref()).collect();
    assert_eq!(accounts, [Some(OURS), Some("12-34"), None]);
}

#[test]
fn a_version_beyond_those_known_is_read_with_a_warning() {
    let file = statement(&format!("<Ntry>{HEAD}</Ntry>")).replace("053.001.08", "053.001.12");

    let read = read(file.as_bytes()).unwrap();

    assert_eq!(read.entries.len(), 1);
    assert_eq!(warnings(&read), [WarningReason::UnknownVersion("camt.053.001.12".to_owned())]);
}
