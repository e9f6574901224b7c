//! The bank statement of an account (camt.053.001.02): what left it, and what came back.

use std::fmt::Write;

use axum::{
    extract::{Query, State},
    http::{HeaderName, HeaderValue, header},
};
use serde::Deserialize;
use time::{Date, Duration, OffsetDateTime};

use crate::{
    accounts::{Account, Caller},
    alarms,
    answer::ApiError,
    app::App,
    clock,
    money::format_amount,
    pages::html::Text,
    settlement::parse_day,
    transaction,
    transfers::store::{self, Entry, Opening},
};

/// The longest name of an account in a statement.
const NAME_LENGTH_MAX: usize = 70;

/// Which day is meant.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    date: String,
}

/// `GET /v1/transfers/statement?date=…`: what moved on a day, a statement per currency.
///
/// # Errors
/// Invalid if the day has not come, not found if no money had moved by its end.
pub(crate) async fn get(
    State(app): State<App>,
    Caller(account): Caller,
    Query(wanted): Query<Wanted>,
) -> Result<([(HeaderName, HeaderValue); 2], String), ApiError> {
    let day = parse_day(&wanted.date)?;
    let now = app.clock.now();
    if day > now.date() {
        return Err(ApiError::invalid("date", "this day has not come yet"));
    }
    // What was due on the day stands in its statement, so that a past day never changes.
    alarms::ring_due(&app).await?;
    let mut transaction = transaction::begin(&app.pool).await?;
    let openings = store::list_openings(&mut transaction, account.account_id, day).await?;
    let entries = store::list_entries(&mut transaction, account.account_id, day).await?;
    transaction.commit().await?;
    if openings.is_empty() {
        return Err(ApiError::not_found());
    }
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/xml; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, write(&account, day, now, &openings, &entries)))
}

/// Writes the file. That of a day that is over is always the same.
fn write(
    account: &Account,
    day: Date,
    now: OffsetDateTime,
    openings: &[Opening],
    entries: &[Entry],
) -> String {
    let begin = day.midnight().assume_utc();
    let end = begin + Duration::days(1);
    let created_at = clock::rfc3339_seconds(now.min(end));
    let mut xml = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>
<GrpHdr><MsgId>transfers-{day}</MsgId><CreDtTm>{created_at}</CreDtTm></GrpHdr>
"#
    );
    let name: String = account.name.chars().take(NAME_LENGTH_MAX).collect();
    for Opening { currency, balance_minor } in openings {
        let ours: Vec<&Entry> = entries.iter().filter(|one| one.currency == *currency).collect();
        let closing_minor = balance_minor + ours.iter().map(|one| one.amount_minor).sum::<i64>();
        push(
            &mut xml,
            format_args!(
                "<Stmt><Id>{day}-{currency}</Id><CreDtTm>{created_at}</CreDtTm>\
                 <FrToDt><FrDtTm>{begin}</FrDtTm><ToDtTm>{end}</ToDtTm></FrToDt>\n\
                 <Acct><Id><Othr><Id>transfers-{id}</Id></Othr></Id><Ccy>{currency}</Ccy><Nm>{name}</Nm></Acct>\n",
                currency = Text(currency),
                begin = clock::rfc3339_seconds(begin),
                end = clock::rfc3339_seconds(end),
                id = account.account_id,
                name = Text(&name),
            ),
        );
        balance(&mut xml, "OPBD", *balance_minor, currency, day);
        balance(&mut xml, "CLBD", closing_minor, currency, day);
        for one in ours {
            entry(&mut xml, one, day);
        }
        xml.push_str("</Stmt>\n");
    }
    xml.push_str("</BkToCstmrStmt></Document>\n");
    xml
}

fn balance(xml: &mut String, code: &str, minor: i64, currency: &str, day: Date) {
    push(
        xml,
        format_args!(
            "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{amount}<Dt><Dt>{day}</Dt></Dt></Bal>\n",
            amount = amount(minor, currency),
        ),
    );
}

/// An amount, which is never below zero, and on which side it stands.
fn amount(minor: i64, currency: &str) -> String {
    format!(
        r#"<Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>"#,
        currency = Text(currency),
        amount = format_amount(minor.abs(), currency),
        side = if minor < 0 { "DBIT" } else { "CRDT" },
    )
}

fn entry(xml: &mut String, one: &Entry, day: Date) {
    let sub_family = if one.reason.is_some() { "RRTN" } else { "ESCT" };
    push(
        xml,
        format_args!(
            "<Ntry><NtryRef>{movement}</NtryRef>{amount}<Sts>BOOK</Sts>\
             <BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt>\
             <AcctSvcrRef>{transfer}</AcctSvcrRef>\
             <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>{sub_family}</SubFmlyCd></Fmly></Domn></BkTxCd>\n\
             <NtryDtls><TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs>\
             <AmtDtls><TxAmt><Amt Ccy=\"{currency}\">{moved}</Amt></TxAmt></AmtDtls>\
             <RltdPties><Cdtr><Nm>{name}</Nm></Cdtr><CdtrAcct><Id><IBAN>{iban}</IBAN></Id></CdtrAcct></RltdPties>",
            movement = one.transfer_movement_id,
            amount = amount(one.amount_minor, &one.currency),
            transfer = one.transfer_id.simple(),
            reference = Text(&one.reference),
            currency = Text(&one.currency),
            moved = format_amount(one.amount_minor.abs(), &one.currency),
            name = Text(&one.name),
            iban = Text(&one.iban),
        ),
    );
    if !one.remittance.is_empty() {
        let remittance = Text(&one.remittance);
        push(xml, format_args!("<RmtInf><Ustrd>{remittance}</Ustrd></RmtInf>"));
    }
    if let Some(code) = &one.reason {
        push(xml, format_args!("<RtrInf><Rsn><Cd>{}</Cd></Rsn></RtrInf>", Text(code)));
    }
    xml.push_str("</TxDtls></NtryDtls></Ntry>\n");
}

fn push(xml: &mut String, part: std::fmt::Arguments<'_>) {
    xml.write_fmt(part).expect("a string takes everything");
}
