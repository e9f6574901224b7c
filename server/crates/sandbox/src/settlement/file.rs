//! Writes a settlement file: pure, and the same bytes for the same lines.

use std::{collections::BTreeMap, fmt::Write};

use aws_lc_rs::digest;
use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};
use time::{Date, OffsetDateTime};

use crate::{
    clock,
    money::format_amount,
    settlement::store::{Opening, Settled},
};

/// One line as the file will say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileLine {
    pub(crate) kind: String,
    pub(crate) reference: String,
    pub(crate) psp_reference: String,
    pub(crate) refund_reference: Option<String>,
    pub(crate) currency: String,
    pub(crate) gross_minor: i64,
    pub(crate) fee_minor: i64,
    pub(crate) occurred_at: OffsetDateTime,
}

impl From<Settled> for FileLine {
    fn from(settled: Settled) -> Self {
        Self {
            kind: settled.kind,
            reference: settled.reference,
            psp_reference: crate::ids::show("sp_", settled.payment_id),
            refund_reference: settled.refund_reference,
            currency: settled.currency,
            gross_minor: settled.gross_minor,
            fee_minor: settled.fee_minor,
            occurred_at: settled.occurred_at,
        }
    }
}

impl FileLine {
    fn net_minor(&self) -> i64 {
        self.gross_minor - self.fee_minor
    }
}

/// Writes the file of one day.
///
/// The balances tie inside the file: closing is opening plus the nets as printed. A fault shows as
/// a gap between this file's closing and the next one's opening, which comes from the true book.
pub(crate) fn write(
    account: &str,
    day: Date,
    faults: &str,
    openings: &[Opening],
    lines: &[FileLine],
) -> String {
    let mut file = Records::new();
    let date = day.to_string();
    let file_id = file_id(account, &date, faults);
    file.record(&["FILE", "sandbox-settlement", "1", &file_id, account, &date]);
    file.record(&[
        "COLUMNS",
        "line",
        "type",
        "reference",
        "psp_reference",
        "refund_reference",
        "currency",
        "gross",
        "fee",
        "net",
        "occurred_at",
    ]);
    let mut movements: BTreeMap<&str, (i64, i64)> = openings
        .iter()
        .map(|opening| (opening.currency.as_str(), (opening.balance_minor, 0)))
        .collect();
    for (number, line) in (1_u32..).zip(lines) {
        movements.entry(&line.currency).or_default().1 += line.net_minor();
        file.line(number, line);
    }
    for (currency, (opening_minor, movement_minor)) in movements {
        file.record(&[
            "BALANCE",
            currency,
            &format_amount(opening_minor, currency),
            &format_amount(movement_minor, currency),
            &format_amount(opening_minor + movement_minor, currency),
        ]);
    }
    file.end(lines.len())
}

fn file_id(account: &str, date: &str, faults: &str) -> String {
    let digest = sha256_hex(format!("{account}\n{date}\n{faults}").as_bytes());
    format!("sf_{}", &digest[..24])
}

fn sha256_hex(bytes: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, bytes);
    digest.as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a string takes everything");
        hex
    })
}

/// Writes records of different lengths.
struct Records(Writer<Vec<u8>>);

impl Records {
    fn new() -> Self {
        let writer = WriterBuilder::new()
            .flexible(true)
            .has_headers(false)
            .quote_style(QuoteStyle::Necessary)
            .terminator(Terminator::Any(b'\n'))
            .from_writer(Vec::new());
        Self(writer)
    }

    fn record(&mut self, fields: &[&str]) {
        self.0.write_record(fields).expect("memory takes every record");
    }

    fn line(&mut self, number: u32, line: &FileLine) {
        let amount = |minor| format_amount(minor, &line.currency);
        self.record(&[
            "LINE",
            &number.to_string(),
            &line.kind,
            &line.reference,
            &line.psp_reference,
            line.refund_reference.as_deref().unwrap_or_default(),
            &line.currency,
            &amount(line.gross_minor),
            &amount(line.fee_minor),
            &amount(line.net_minor()),
            &clock::rfc3339_seconds(line.occurred_at),
        ]);
    }

    /// Ends the file with the count of its lines and the hash of all that stands before.
    fn end(self, lines: usize) -> String {
        let bytes = self.0.into_inner().expect("memory takes every record");
        let hash = sha256_hex(&bytes);
        let mut text = String::from_utf8(bytes).expect("only text was written");
        writeln!(text, "END,{lines},{hash}").expect("a string takes everything");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{FileLine, write};
    use crate::{clock, settlement::store::Opening};

    #[test]
    fn a_file_says_what_the_format_says() {
        let line = FileLine {
            kind: "payment".into(),
            reference: "pay_1".into(),
            psp_reference: "sp_1".into(),
            refund_reference: None,
            currency: "EUR".into(),
            gross_minor: 4999,
            fee_minor: 95,
            occurred_at: clock::parse("2026-11-20T10:12:13.9Z").unwrap(),
        };
        let refund = FileLine {
            kind: "refund".into(),
            refund_reference: Some("ref_\"1\",".into()),
            gross_minor: -1000,
            fee_minor: 0,
            ..line.clone()
        };
        let opening = Opening { currency: "EUR".into(), balance_minor: 100 };
        let day = time::macros::date!(2026 - 11 - 20);

        let file = write("demo", day, "", &[opening], &[line, refund]);

        let lines: Vec<&str> = file.lines().collect();
        assert!(lines[0].starts_with("FILE,sandbox-settlement,1,sf_"));
        assert!(lines[0].ends_with(",demo,2026-11-20"));
        assert_eq!(
            lines[2..5],
            [
                "LINE,1,payment,pay_1,sp_1,,EUR,49.99,0.95,49.04,2026-11-20T10:12:13Z",
                r#"LINE,2,refund,pay_1,sp_1,"ref_""1"",",EUR,-10.00,0.00,-10.00,2026-11-20T10:12:13Z"#,
                "BALANCE,EUR,1.00,39.04,40.04",
            ]
        );
        assert!(lines[5].starts_with("END,2,"));
        assert!(file.ends_with('\n') && !file.contains('\r'));
    }
}
