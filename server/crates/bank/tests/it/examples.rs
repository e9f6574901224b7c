//! Orders and files that the tests start from, made up for them.

use bank::initiation::{Order, Party, Transfer};
use bank::pain001::Version;
use domain::money::Money;
use time::macros::{date, datetime};

pub(crate) const OURS: &str = "DE89370400440532013000";
pub(crate) const THEIRS: &str = "FR1420041010050500013M02606";
pub(crate) const OUTSIDE: &str = "TR330006100519786457841326";

pub(crate) fn money(text: &str) -> Money {
    let (amount, currency) = text.split_once(' ').unwrap();
    Money::parse(amount, currency.parse().unwrap()).unwrap()
}

pub(crate) fn party(name: &str, iban: &str, bic: Option<&str>) -> Party {
    let bic = bic.map(|bic| bic.parse().unwrap());
    Party { name: name.to_owned(), iban: iban.parse().unwrap(), bic }
}

/// A pay-out in euros inside of the area.
pub(crate) fn transfer(id: &str, amount: &str) -> Transfer {
    Transfer {
        end_to_end_id: id.parse().unwrap(),
        execution_on: date!(2026 - 11 - 23),
        debtor: party("Paydesk Demo GmbH", OURS, Some("COBADEFFXXX")),
        creditor: party("Atelier Lune", THEIRS, None),
        amount: money(amount),
        remittance: "Sales of week 46".to_owned(),
    }
}

/// A pay-out that leaves the area.
pub(crate) fn abroad(id: &str, amount: &str) -> Transfer {
    let creditor = party("Anadolu Kilim", OUTSIDE, Some("TGBATRIS"));
    Transfer { creditor, ..transfer(id, amount) }
}

pub(crate) fn order(transfers: Vec<Transfer>) -> Order {
    Order {
        message_id: "pob-20261121-1".parse().unwrap(),
        created_at: datetime!(2026-11-21 15:04:05 +1),
        initiator: "Paydesk Demo GmbH".to_owned(),
        is_batch_booked: false,
        transfers,
    }
}

/// The file that is written for an order.
pub(crate) fn written(order: Order, version: Version) -> String {
    let message = bank::initiation::Message::new(order).unwrap();
    let mut file = Vec::new();
    bank::pain001::write(&message, version, &mut file).unwrap();
    String::from_utf8(file).unwrap()
}

/// A report with `body` in it.
pub(crate) fn report(body: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03">
<CstmrPmtStsRpt>
<GrpHdr><MsgId>R-1</MsgId><CreDtTm>2026-11-23T07:00:00</CreDtTm></GrpHdr>
{body}
</CstmrPmtStsRpt></Document>"#
    )
}

/// What every report says of the message, with the status of the whole if there is one.
pub(crate) fn group(status: &str) -> String {
    let status = match status {
        "" => String::new(),
        status => format!("<GrpSts>{status}</GrpSts>"),
    };
    format!(
        "<OrgnlGrpInfAndSts><OrgnlMsgId>pob-1</OrgnlMsgId>\
         <OrgnlMsgNmId>pain.001.001.03</OrgnlMsgNmId>{status}</OrgnlGrpInfAndSts>"
    )
}

/// A statement of version 8 with `entries` in it.
pub(crate) fn statement(entries: &str) -> String {
    format!(
        r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>S-1</MsgId></GrpHdr><Stmt><Id>1</Id>
<Acct><Id><IBAN>{OURS}</IBAN></Id></Acct>
{entries}
</Stmt></BkToCstmrStmt></Document>"#
    )
}
