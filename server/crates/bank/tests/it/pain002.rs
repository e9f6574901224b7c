//! What is read from a bank's report, and what it says of one pay-out.

use bank::file::WarningReason;
use bank::pain002::{StatusReport, read};
use bank::status::{PayeeMatch, Status};
use bank::verdict::{Doubt, Verdict};

use crate::examples::{group, money, report};

fn parsed(body: &str) -> StatusReport {
    read(report(body).as_bytes()).unwrap()
}

fn warnings(report: &StatusReport) -> Vec<String> {
    report.warnings.iter().map(ToString::to_string).collect()
}

/// One part of the report.
fn part(id: &str, inside: &str) -> String {
    format!("<OrgnlPmtInfAndSts><OrgnlPmtInfId>{id}</OrgnlPmtInfId>{inside}</OrgnlPmtInfAndSts>")
}

/// One transaction of the report.
fn transaction(id: &str, status: &str, inside: &str) -> String {
    format!(
        "<TxInfAndSts><OrgnlInstrId>i-{id}</OrgnlInstrId><OrgnlEndToEndId>{id}</OrgnlEndToEndId>\
         <TxSts>{status}</TxSts>{inside}</TxInfAndSts>"
    )
}

const CLOSED: &str = "<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn>\
     <AddtlInf>account closed</AddtlInf><AddtlInf>since 4242 4242 4242 4242</AddtlInf></StsRsnInf>";

#[test]
fn a_report_on_the_whole_message_is_read() {
    let report = parsed(&group("ACTC"));

    assert_eq!(report.message_id.as_deref(), Some("R-1"));
    assert_eq!(report.original_message_id.as_deref(), Some("pob-1"));
    assert_eq!(report.group.status, Some(Status::AcceptedTechnically));
    assert_eq!((report.payment_infos.len(), report.transactions.len()), (0, 0));
    assert_eq!(warnings(&report), [""; 0]);
    assert_eq!(report.says_of("pob-1-1", "po-1"), Some(Verdict::Accepted));
}

#[test]
fn reasons_and_original_ids_of_a_transaction_are_read() {
    let amount = "<OrgnlTxRef><Amt><InstdAmt Ccy=\"EUR\">12.50</InstdAmt></Amt></OrgnlTxRef>";
    let rejected = transaction("po-1", "RJCT", &format!("{CLOSED}{amount}"));
    let report =
        parsed(&(group("") + &part("pob-1-1", &format!("<PmtInfSts>PART</PmtInfSts>{rejected}"))));

    let [said] = report.transactions.as_slice() else { panic!("{report:?}") };
    assert_eq!(said.original_payment_info_id.as_deref(), Some("pob-1-1"));
    assert_eq!(said.original_instruction_id.as_deref(), Some("i-po-1"));
    assert_eq!(said.original_end_to_end_id.as_deref(), Some("po-1"));
    assert_eq!(said.amount, Some(money("12.50 EUR")));
    let Some(Verdict::Rejected(reasons)) = report.says_of("pob-1-1", "PO-1") else { panic!() };
    assert_eq!(reasons[0].code.as_deref(), Some("AC04"));
    assert_eq!(reasons[0].details, ["account closed", "since **** **** **** ****"]);
}

#[test]
fn the_closest_level_that_has_a_status_decides() {
    let silent = "<TxInfAndSts><OrgnlEndToEndId>po-2</OrgnlEndToEndId></TxInfAndSts>";
    let first = part("pob-1-1", &(transaction("po-1", "ACSP", "") + silent));
    let second = part("pob-1-2", &format!("<PmtInfSts>RJCT</PmtInfSts>{CLOSED}"));
    let report = parsed(&(group("ACCP") + &first + &second));

    assert_eq!(report.says_of("pob-1-1", "po-1"), Some(Verdict::InTransit));
    assert_eq!(report.says_of("pob-1-1", "po-2"), Some(Verdict::Accepted));
    assert!(matches!(report.says_of("pob-1-2", "po-3"), Some(Verdict::Rejected(_))));
    assert_eq!(report.says_of("pob-1-3", "po-1"), Some(Verdict::Accepted), "another part's");
    assert_eq!(parsed(&group("")).says_of("pob-1-1", "po-1"), None);
}

#[test]
fn part_says_nothing_of_a_transaction_that_is_not_named() {
    let body = group("") + &part("pob-1-1", "<PmtInfSts>PART</PmtInfSts>");

    assert_eq!(parsed(&body).says_of("pob-1-1", "po-9"), Some(Verdict::Pending));
}

#[test]
fn two_statuses_of_one_transaction_that_differ_are_a_doubt_with_a_warning() {
    let both = transaction("po-1", "ACSC", "") + &transaction("po-1", "RJCT", CLOSED);
    let report = parsed(&(group("PART") + &part("pob-1-1", &both)));

    let verdict = report.says_of("pob-1-1", "po-1");

    assert_eq!(verdict, Some(Verdict::Unclear(Doubt::Contradiction, vec![])));
    let reason = &report.warnings[0].reason;
    assert_eq!(*reason, WarningReason::RepeatedTransaction("po-1".to_owned()));
}

#[test]
fn codes_of_the_verification_of_payee_refuse_nothing() {
    let report = parsed(&(group("RVNM") + &part("pob-1-1", &transaction("po-1", "RVNM", ""))));

    assert_eq!(report.group.status, Some(Status::PayeeVerified(PayeeMatch::NoMatch)));
    assert_eq!(report.says_of("pob-1-1", "po-1"), Some(Verdict::Pending));
    assert_eq!(warnings(&report), [""; 0]);
}

#[test]
fn whatever_is_odd_is_a_warning_with_its_place() {
    let odd = "<TxInfAndSts><TxSts>WHAT</TxSts>\n<OrgnlTxRef><Amt><InstdAmt Ccy=\"EUR\">1,50</InstdAmt></Amt>\
        </OrgnlTxRef></TxInfAndSts>";
    let file = format!("<x:CstmrPmtStsRpt xmlns:x=\"urn:bank\">\n{odd}\n</x:CstmrPmtStsRpt>");

    let report = read(file.as_bytes()).unwrap();

    assert_eq!(
        warnings(&report),
        [
            "line 2, column 1: OrgnlEndToEndId: there is none",
            "line 3, column 18: InstdAmt: 1,50 is not an amount of the currency",
            "line 2, column 14: TxSts: WHAT is not a code that is known here",
            "line 1, column 1: the file does not say which version of its format it has",
            "line 2, column 1: OrgnlMsgId: there is none",
        ]
    );
    assert_eq!(report.transactions[0].said.status, Some(Status::Other("WHAT".to_owned())));
}

#[test]
fn other_versions_envelopes_encodings_and_entities_are_read_too() {
    let old = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.02\"><pain.002.001.02>\
        <OrgnlGrpInfAndSts><OrgnlMsgId>pob-1</OrgnlMsgId></OrgnlGrpInfAndSts>\
        <TxInfAndSts><OrgnlPmtInfId>pob-1-1</OrgnlPmtInfId><OrgnlEndToEndId>po-1</OrgnlEndToEndId>\
        <TxSts>RJCT</TxSts><StsRsnInf><StsRsn><Prtry>A&amp;B</Prtry></StsRsn>\
        <AddtlStsRsnInf>&#65;&bogus;<![CDATA[<b>]]></AddtlStsRsnInf></StsRsnInf></TxInfAndSts>\
        </pain.002.001.02></Document>";
    let mut bytes = b"<Envelope>".to_vec();
    bytes.extend(old.replace("<b>", "K\u{fc}ndigung").chars().map(|letter| letter as u8));
    bytes.extend(b"</Envelope>");

    let report = read(&bytes).unwrap();

    let Some(Verdict::Rejected(reasons)) = report.says_of("pob-1-1", "po-1") else { panic!() };
    assert_eq!(reasons[0].code.as_deref(), Some("A&B"));
    assert_eq!(reasons[0].details, ["A\u{fffd}K\u{fc}ndigung"]);
    let kinds: Vec<&WarningReason> =
        report.warnings.iter().map(|warning| &warning.reason).collect();
    let entity = WarningReason::UnknownEntity("bogus".to_owned());
    assert_eq!(kinds, [&WarningReason::NotUtf8, &entity]);
}
