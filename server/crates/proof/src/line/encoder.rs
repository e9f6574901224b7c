//! Writes the fields of a record once, both as a line and as the bytes that are hashed.

use std::fmt::{Display, Write as _};

use time::{Date, OffsetDateTime};

use crate::digest::{Digest, FORMAT, push_field};
use crate::line::instant;

/// A line in the making, and beside it its canonical bytes.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    line: Vec<u8>,
    canonical: Vec<u8>,
    scratch: String,
}

impl Encoder {
    /// Begins the line of a `kind`, and forgets what was written before.
    pub(crate) fn begin(&mut self, kind: &str) {
        self.line.clear();
        self.canonical.clear();
        push_field(&mut self.canonical, FORMAT.as_bytes());
        self.line.push(b'{');
        self.text("kind", kind);
    }

    /// Puts a hash among the bytes that are hashed, and not into the line.
    pub(crate) fn hashed_only(&mut self, digest: Digest) {
        push_field(&mut self.canonical, digest.as_bytes());
    }

    /// Adds a string.
    pub(crate) fn text(&mut self, name: &str, value: &str) {
        push_field(&mut self.canonical, value.as_bytes());
        self.name(name);
        self.line.push(b'"');
        push_escaped(&mut self.line, value);
        self.line.push(b'"');
    }

    /// Adds what has a text without anything to escape, as a string.
    pub(crate) fn word(&mut self, name: &str, value: impl Display) {
        self.print(value);
        push_field(&mut self.canonical, self.scratch.as_bytes());
        self.name(name);
        self.line.push(b'"');
        self.line.extend_from_slice(self.scratch.as_bytes());
        self.line.push(b'"');
    }

    /// Adds a [`Encoder::word`], or null; to the hash, nothing is the empty field.
    pub(crate) fn optional_word(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.word(name, value);
        } else {
            push_field(&mut self.canonical, b"");
            self.name(name);
            self.line.extend_from_slice(b"null");
        }
    }

    /// Adds a day.
    pub(crate) fn date(&mut self, name: &str, value: Date) {
        self.word(name, value);
    }

    /// Adds an instant, in UTC, to the microsecond.
    pub(crate) fn instant(&mut self, name: &str, value: OffsetDateTime) {
        self.word(name, instant::Text(value));
    }

    /// Adds an integer.
    pub(crate) fn number(&mut self, name: &str, value: impl Into<i128>) {
        self.print(value.into());
        push_field(&mut self.canonical, self.scratch.as_bytes());
        self.name(name);
        self.line.extend_from_slice(self.scratch.as_bytes());
    }

    /// Adds a list of objects, whose fields `write` adds; to the hash their number comes first.
    pub(crate) fn list<T>(&mut self, name: &str, items: &[T], write: impl Fn(&mut Self, &T)) {
        self.print(items.len());
        push_field(&mut self.canonical, self.scratch.as_bytes());
        self.name(name);
        self.line.push(b'[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.line.push(b',');
            }
            self.line.push(b'{');
            write(self, item);
            self.line.push(b'}');
        }
        self.line.push(b']');
    }

    /// The SHA-256 of the fields so far.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of(&self.canonical)
    }

    /// The bytes that [`Encoder::digest`] hashes.
    pub(crate) fn canonical(&self) -> &[u8] {
        &self.canonical
    }

    /// Ends the line.
    pub(crate) fn end(&mut self) {
        self.line.push(b'}');
    }

    /// The line, without a line feed.
    pub(crate) fn line(&self) -> &[u8] {
        &self.line
    }

    fn name(&mut self, name: &str) {
        if self.line.last() != Some(&b'{') {
            self.line.push(b',');
        }
        self.line.push(b'"');
        self.line.extend_from_slice(name.as_bytes());
        self.line.extend_from_slice(b"\":");
    }

    fn print(&mut self, value: impl Display) {
        self.scratch.clear();
        write!(self.scratch, "{value}").expect("a string takes everything");
    }
}

fn push_escaped(line: &mut Vec<u8>, text: &str) {
    let is_plain = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\';
    if text.bytes().all(is_plain) {
        line.extend_from_slice(text.as_bytes());
        return;
    }
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => line.extend_from_slice(&[b'\\', byte]),
            0x08 => line.extend_from_slice(b"\\b"),
            0x09 => line.extend_from_slice(b"\\t"),
            0x0a => line.extend_from_slice(b"\\n"),
            0x0c => line.extend_from_slice(b"\\f"),
            0x0d => line.extend_from_slice(b"\\r"),
            0x00..=0x1f => line.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => line.push(byte),
        }
    }
}
