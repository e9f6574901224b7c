//! Writes settlement files of the sandbox's format, right or wrong in any way.

use aws_lc_rs::digest::{SHA256, digest};
use domain::id::{PaymentId, RefundId};
use domain::money::Money;

use crate::world::{DAY, processor_reference};

/// A row of a file before it is written.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) kind: &'static str,
    pub(crate) reference: String,
    pub(crate) processor_reference: String,
    pub(crate) refund_reference: String,
    pub(crate) gross: Money,
    pub(crate) fee_minor: i64,
}

impl Line {
    fn net_minor(&self) -> i64 {
        self.gross.minor() - self.fee_minor
    }
}

/// The line of a capture, with the fee of the tariff: 1.4 % and 0.25.
pub(crate) fn payment_line(payment: PaymentId, gross: Money) -> Line {
    Line {
        kind: "payment",
        reference: payment.to_string(),
        processor_reference: processor_reference(payment),
        refund_reference: String::new(),
        gross,
        fee_minor: (gross.minor() * 14 + 500) / 1_000 + 25,
    }
}

/// The line of a refund, without a fee.
pub(crate) fn refund_line(payment: PaymentId, refund: RefundId, amount: Money) -> Line {
    Line {
        kind: "refund",
        refund_reference: refund.to_string(),
        gross: Money::from_minor(-amount.minor(), amount.currency()),
        fee_minor: 0,
        ..payment_line(payment, amount)
    }
}

/// A file that is about to be written.
#[derive(Debug, Clone)]
pub(crate) struct FileOf {
    id: &'static str,
    account: &'static str,
    day: &'static str,
    opening_minor: i64,
    closing_gap_minor: i64,
    rows: Vec<String>,
    net_minor: i64,
}

/// The file `id` of the account `alpine` for the day of the world.
pub(crate) fn file(id: &'static str, lines: &[Line]) -> FileOf {
    let rows = (1..).zip(lines).map(|(number, line)| row(number, line)).collect();
    let net_minor = lines.iter().map(Line::net_minor).sum();
    FileOf {
        id,
        account: "alpine",
        day: DAY,
        opening_minor: 0,
        closing_gap_minor: 0,
        rows,
        net_minor,
    }
}

impl FileOf {
    pub(crate) fn on(self, day: &'static str) -> Self {
        Self { day, ..self }
    }

    pub(crate) fn of_account(self, account: &'static str) -> Self {
        Self { account, ..self }
    }

    pub(crate) fn opening(self, opening_minor: i64) -> Self {
        Self { opening_minor, ..self }
    }

    /// Makes the closing balance wrong by so much.
    pub(crate) fn closing_off_by(self, closing_gap_minor: i64) -> Self {
        Self { closing_gap_minor, ..self }
    }

    /// Adds a row as it is, whatever it is.
    pub(crate) fn with_row(mut self, row: &str) -> Self {
        self.rows.push(row.to_owned());
        self
    }

    /// The bytes, with an END row that fits.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut body =
            format!("FILE,sandbox-settlement,1,{},{},{}\n", self.id, self.account, self.day);
        body += "COLUMNS,line,type,reference,psp_reference,refund_reference,currency,gross,fee,net,\
                 occurred_at\n";
        for row in &self.rows {
            body += row;
            body += "\n";
        }
        let closing_minor = self.opening_minor + self.net_minor + self.closing_gap_minor;
        let [opening, movements, closing] =
            [self.opening_minor, self.net_minor, closing_minor].map(decimal);
        let balance = format!("BALANCE,EUR,{opening},{movements},{closing}\n");
        body += &balance;
        let hash = digest(&SHA256, body.as_bytes());
        let hash = hexadecimal(hash.as_ref());
        let count = self.rows.iter().filter(|row| row.starts_with("LINE,")).count();
        format!("{body}END,{count},{hash}\n").into_bytes()
    }
}

/// Bytes as two letters each.
fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    })
}

fn row(number: usize, line: &Line) -> String {
    let decimal = |minor| Money::from_minor(minor, line.gross.currency()).to_decimal_string();
    format!(
        "LINE,{number},{},{},{},{},{},{},{},{},{DAY}T10:12:13Z",
        line.kind,
        line.reference,
        line.processor_reference,
        line.refund_reference,
        line.gross.currency(),
        decimal(line.gross.minor()),
        decimal(line.fee_minor),
        decimal(line.net_minor()),
    )
}

fn decimal(minor: i64) -> String {
    crate::world::eur(minor).to_decimal_string()
}
