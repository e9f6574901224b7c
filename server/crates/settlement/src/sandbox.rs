//! The sandbox's settlement file: CSV whose first column says what a row is.
//!
//! ```text
//! FILE,sandbox-settlement,1,<id>,<account>,<date>
//! COLUMNS,line,type,reference,psp_reference,refund_reference,currency,gross,fee,net,occurred_at
//! LINE,1,payment,pay_…,sp_…,,EUR,49.99,0.95,49.04,2026-11-20T10:12:13Z
//! BALANCE,EUR,<opening>,<movements>,<closing>
//! END,<number of LINE rows>,<SHA-256 of all bytes before this row>
//! ```
//!
//! The END row is checked first: only a file that is whole is read further.

mod row;

use aws_lc_rs::digest::{SHA256, digest};
use csv::{ReaderBuilder, StringRecord};
use domain::currency::Currency;
use time::Date;
use time::macros::format_description;

use crate::file::{
    File, RefusedLine, RefusedReason, Unreadable, UnreadableReason, Warning, WarningReason,
};
use crate::{Format, field, line_number, redaction};

/// How every file of this format begins, whatever its version.
pub(crate) const MAGIC: &[u8] = b"FILE,sandbox-settlement,";

const VERSION: &str = "1";
const COLUMNS: [&str; 11] = [
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
];

pub(crate) fn read(text: &str) -> Result<File, Unreadable> {
    let end = End::find(text)?;
    end.check_sum(text)?;

    let mut rows = Rows::of(&text[..end.at]);
    let mut file = header(rows.next())?;
    columns(rows.next())?;
    let mut found = 0;
    for row in rows {
        found += u64::from(row.is_line());
        take(&mut file, &row);
    }
    if found != end.count {
        let reason = UnreadableReason::Count { said: end.count, found };
        return Err(Unreadable { line: end.line, reason });
    }
    warn_of_missing_balances(&mut file);
    Ok(file)
}

/// The last row of a file, and where it begins.
struct End {
    at: usize,
    line: u32,
    count: u64,
    sha256: String,
}

impl End {
    fn find(text: &str) -> Result<Self, Unreadable> {
        let whole = text.trim_end_matches(['\n', '\r']);
        let at = whole.rfind('\n').map_or(0, |before| before + 1);
        let line = line_number(&text.as_bytes()[..at]);
        let Some(fields) = whole[at..].strip_prefix("END,") else {
            let earlier = whole.find("\nEND,");
            let reason = if earlier.is_some() {
                UnreadableReason::AfterEnd
            } else {
                UnreadableReason::NoEnd
            };
            return Err(Unreadable { line, reason });
        };
        let parsed = fields.split_once(',').and_then(|(count, sha256)| {
            let is_hash = sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_hexdigit());
            let count = count.parse().ok().filter(|_| is_hash)?;
            Some(Self { at, line, count, sha256: sha256.to_ascii_lowercase() })
        });
        parsed.ok_or(Unreadable { line, reason: UnreadableReason::BadEnd })
    }

    fn check_sum(&self, text: &str) -> Result<(), Unreadable> {
        let actual = digest(&SHA256, &text.as_bytes()[..self.at]);
        let actual = hexadecimal(actual.as_ref());
        if actual == self.sha256 {
            Ok(())
        } else {
            Err(Unreadable { line: self.line, reason: UnreadableReason::Checksum })
        }
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

/// One row: its fields, its text, and where it begins.
pub(crate) struct Row<'a> {
    line: u32,
    fields: StringRecord,
    raw: &'a str,
}

impl Row<'_> {
    fn is_line(&self) -> bool {
        self.fields.get(0) == Some("LINE")
    }

    fn field(&self, index: usize) -> &str {
        self.fields.get(index).unwrap_or_default()
    }

    fn has_fields(&self, expected: usize) -> Result<(), RefusedReason> {
        let found = self.fields.len();
        if found == expected { Ok(()) } else { Err(RefusedReason::FieldCount { found, expected }) }
    }
}

/// The rows of a text, one by one. A field in quotes may hold line breaks.
struct Rows<'a> {
    text: &'a str,
    reader: csv::Reader<&'a [u8]>,
    /// Up to where lines were counted, and the number of the line there.
    counted: (usize, u32),
}

impl<'a> Rows<'a> {
    fn of(text: &'a str) -> Self {
        let reader =
            ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        Self { text, reader, counted: (0, 1) }
    }

    fn line_at(&mut self, start: usize) -> u32 {
        let (before, line) = self.counted;
        let passed = line_number(&self.text.as_bytes()[before..start]) - 1;
        self.counted = (start, line.saturating_add(passed));
        self.counted.1
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Row<'a>;

    fn next(&mut self) -> Option<Row<'a>> {
        let mut fields = StringRecord::new();
        // The text is UTF-8 and rows may have any number of fields, so nothing can fail here.
        if !self.reader.read_record(&mut fields).unwrap_or(false) {
            return None;
        }
        let end = offset(self.reader.position().byte(), self.text);
        let start = offset(fields.position().map_or(0, csv::Position::byte), self.text);
        let raw = self.text[start..end].trim_start_matches(['\n', '\r']);
        let line = self.line_at(end - raw.len());
        Some(Row { line, fields, raw })
    }
}

/// `byte` as an offset into `text` that does not cut a character.
fn offset(byte: u64, text: &str) -> usize {
    let byte = usize::try_from(byte).unwrap_or(usize::MAX).min(text.len());
    text.floor_char_boundary(byte)
}

fn header(row: Option<Row<'_>>) -> Result<File, Unreadable> {
    let row = row.ok_or(Unreadable { line: 1, reason: UnreadableReason::UnknownFormat })?;
    if row.field(2) != VERSION {
        let version = redaction::shown(row.field(2));
        let reason = UnreadableReason::UnknownVersion(version);
        return Err(Unreadable { line: row.line, reason });
    }
    let read = || {
        row.has_fields(6)?;
        let day = format_description!("[year]-[month]-[day]");
        Ok(File {
            format: Format::SandboxV1,
            external_id: field::required("file_id", row.field(3))?.to_owned(),
            account: field::required("account", row.field(4))?.to_owned(),
            business_date: Date::parse(field::required("date", row.field(5))?, day)
                .map_err(|_| RefusedReason::NotATime("date"))?,
            lines: Vec::new(),
            refused: Vec::new(),
            balances: Vec::new(),
            warnings: Vec::new(),
        })
    };
    read().map_err(|why| Unreadable { line: row.line, reason: UnreadableReason::Header(why) })
}

fn columns(row: Option<Row<'_>>) -> Result<(), Unreadable> {
    let line = row.as_ref().map_or(2, |row| row.line);
    match row {
        Some(row) if row.fields.iter().eq(COLUMNS) => Ok(()),
        _ => Err(Unreadable { line, reason: UnreadableReason::Columns }),
    }
}

/// Puts what `row` says into `file`, or the reason why it cannot.
fn take(file: &mut File, row: &Row<'_>) {
    let taken = match row.field(0) {
        "LINE" => row::line(row).map(|line| file.lines.push(line)),
        "BALANCE" => row::balance(row, &file.balances).map(|balance| file.balances.push(balance)),
        _ => Err(RefusedReason::UnknownRecord),
    };
    if let Err(reason) = taken {
        let raw = match reason {
            RefusedReason::CardNumber(_) => redaction::WITHHELD.to_owned(),
            _ => redaction::shown(row.raw),
        };
        file.refused.push(RefusedLine { line: row.line, reason, raw });
    }
}

fn warn_of_missing_balances(file: &mut File) {
    let mut told: Vec<Currency> = file.balances.iter().map(|balance| balance.currency).collect();
    for line in &file.lines {
        let currency = line.net.currency();
        if !told.contains(&currency) {
            told.push(currency);
            let reason = WarningReason::NoBalance(currency);
            file.warnings.push(Warning { line: line.line, reason });
        }
    }
}
