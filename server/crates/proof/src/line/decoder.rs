//! Reads the fields of a line, in their order, and says by the field's name what is wrong.

use std::borrow::Cow;
use std::str::FromStr;

use time::{Date, OffsetDateTime};

use crate::line::instant;

/// What is left of a line.
#[derive(Debug)]
pub(crate) struct Decoder<'a> {
    rest: &'a str,
    is_first: bool,
}

impl<'a> Decoder<'a> {
    /// Begins to read `line`: its kind, and what follows.
    ///
    /// # Errors
    /// [`BadLine`] unless it begins as an object whose first field is its kind.
    pub(crate) fn begin(line: &'a str) -> Result<(Cow<'a, str>, Self), BadLine> {
        let mut decoder = Self { rest: line, is_first: true };
        if !decoder.skip("{") {
            return Err(BadLine { field: "kind", expected: "the beginning of a record" });
        }
        let kind = decoder.text("kind")?;
        Ok((kind, decoder))
    }

    /// A string.
    pub(crate) fn text(&mut self, field: &'static str) -> Result<Cow<'a, str>, BadLine> {
        self.name(field)?;
        let bad = BadLine { field, expected: "a string" };
        if !self.skip("\"") {
            return Err(bad);
        }
        let is_special = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
        let plain = self.rest.bytes().position(is_special).ok_or(bad)?;
        if self.rest.as_bytes()[plain] == b'"' {
            let text = &self.rest[..plain];
            self.rest = &self.rest[plain + 1..];
            return Ok(Cow::Borrowed(text));
        }
        self.escaped().map(Cow::Owned).ok_or(bad)
    }

    /// A string that is the text of a `T`.
    pub(crate) fn word<T: FromStr>(
        &mut self,
        field: &'static str,
        expected: &'static str,
    ) -> Result<T, BadLine> {
        self.text(field)?.parse().map_err(|_| BadLine { field, expected })
    }

    /// A string that is the text of a `T`, or null.
    pub(crate) fn optional_word<T: FromStr>(
        &mut self,
        field: &'static str,
        expected: &'static str,
    ) -> Result<Option<T>, BadLine> {
        let Self { rest, is_first } = *self;
        self.name(field)?;
        if self.skip("null") {
            return Ok(None);
        }
        *self = Self { rest, is_first };
        self.word(field, expected).map(Some)
    }

    /// A day.
    pub(crate) fn date(&mut self, field: &'static str) -> Result<Date, BadLine> {
        let text = self.text(field)?;
        instant::date(&text).ok_or(BadLine { field, expected: "a day such as 2026-11-20" })
    }

    /// An instant.
    pub(crate) fn instant(&mut self, field: &'static str) -> Result<OffsetDateTime, BadLine> {
        let expected = "a time such as 2026-11-20T10:12:13.000000Z";
        instant::parse(&self.text(field)?).ok_or(BadLine { field, expected })
    }

    /// A count or a sequence number: from 0, and small enough for Postgres' `bigint`.
    pub(crate) fn count(&mut self, field: &'static str) -> Result<u64, BadLine> {
        let bad = BadLine { field, expected: "a number from 0" };
        u64::try_from(self.amount(field)?).map_err(|_| bad)
    }

    /// An amount in minor units.
    pub(crate) fn amount(&mut self, field: &'static str) -> Result<i64, BadLine> {
        let bad = BadLine { field, expected: "a whole number" };
        i64::try_from(self.sum(field)?).map_err(|_| bad)
    }

    /// A sum of amounts, far enough from the largest integer that sums can be summed.
    pub(crate) fn sum(&mut self, field: &'static str) -> Result<i128, BadLine> {
        const SUM_MAX: u128 = 10_u128.pow(28);
        self.name(field)?;
        let is_digit = |byte: u8| byte.is_ascii_digit() || byte == b'-';
        let end = self.rest.bytes().position(|byte| !is_digit(byte)).unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(end);
        self.rest = rest;
        let number = number.parse::<i128>().ok().filter(|sum| sum.unsigned_abs() <= SUM_MAX);
        number.ok_or(BadLine { field, expected: "a whole number" })
    }

    /// A list of objects, each read by `read`.
    pub(crate) fn list<T>(
        &mut self,
        field: &'static str,
        read: impl Fn(&mut Self) -> Result<T, BadLine>,
    ) -> Result<Vec<T>, BadLine> {
        self.name(field)?;
        let bad = BadLine { field, expected: "a list" };
        if !self.skip("[") {
            return Err(bad);
        }
        let mut items = Vec::new();
        while !self.skip("]") {
            let separator = if items.is_empty() { "{" } else { ",{" };
            if !self.skip(separator) {
                return Err(bad);
            }
            self.is_first = true;
            items.push(read(self)?);
            if !self.skip("}") {
                return Err(bad);
            }
        }
        Ok(items)
    }

    /// The end of the line.
    pub(crate) fn end(&self) -> Result<(), BadLine> {
        if self.rest == "}" {
            return Ok(());
        }
        Err(BadLine { field: "the end of the line", expected: "nothing but a closing brace" })
    }

    fn name(&mut self, field: &'static str) -> Result<(), BadLine> {
        let has_separator = self.is_first || self.skip(",");
        self.is_first = false;
        if has_separator && self.skip("\"") && self.skip(field) && self.skip("\":") {
            return Ok(());
        }
        Err(BadLine { field, expected: "this field here" })
    }

    fn skip(&mut self, prefix: &str) -> bool {
        let rest = self.rest.strip_prefix(prefix);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// The rest of a string up to its closing quote, with the escapes that an encoder writes.
    fn escaped(&mut self) -> Option<String> {
        let mut text = String::new();
        let mut characters = self.rest.char_indices();
        loop {
            match characters.next()? {
                (end, '"') => {
                    self.rest = &self.rest[end + 1..];
                    return Some(text);
                }
                (_, '\\') => text.push(match characters.next()?.1 {
                    plain @ ('"' | '\\') => plain,
                    'b' => '\u{8}',
                    't' => '\t',
                    'n' => '\n',
                    'f' => '\u{c}',
                    'r' => '\r',
                    'u' => {
                        let start = characters.offset();
                        let code = u8::from_str_radix(self.rest.get(start..start + 4)?, 16).ok()?;
                        characters.nth(3)?;
                        char::from(code)
                    }
                    _ => return None,
                }),
                (_, control) if control < ' ' => return None,
                (_, plain) => text.push(plain),
            }
        }
    }
}

/// A line is not what the format says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field}: expected {expected}")]
pub struct BadLine {
    /// Which field, by its name in the format.
    pub(crate) field: &'static str,
    /// What should have stood there.
    pub(crate) expected: &'static str,
}
