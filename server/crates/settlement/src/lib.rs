//! Settlement files: bytes in, lines out.
//!
//! Each format has a reader of its own; all of them give the same [`File`]. A reader is pure, never
//! panics, and loses nothing: each row of a file is either a [`Line`] or a [`RefusedLine`] with its
//! number and the reason, unless the file as a whole is [`Unreadable`]. What the lines mean for our
//! books is the engine's business.
#![warn(missing_docs)]

mod field;
pub mod file;
pub mod redaction;
mod sandbox;

use crate::file::{File, Unreadable, UnreadableReason};

/// How large a file may be, in bytes.
pub const BYTES_MAX: usize = 32 * 1024 * 1024;

/// The formats that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// The sandbox's daily settlement file, version 1.
    SandboxV1,
}

impl Format {
    /// Every format.
    pub const ALL: &[Self] = &[Self::SandboxV1];

    /// The word that stands in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SandboxV1 => "sandbox-settlement/1",
        }
    }

    /// The processor that writes files of this format.
    pub const fn processor(self) -> &'static str {
        match self {
            Self::SandboxV1 => "sandbox",
        }
    }
}

/// The format that `content` begins like, if it is a known one.
pub fn detect(content: &[u8]) -> Option<Format> {
    content.starts_with(sandbox::MAGIC).then_some(Format::SandboxV1)
}

/// Reads a whole file.
///
/// # Errors
/// [`Unreadable`] if nothing of the file may be used: it is empty, too large, of another format,
/// damaged or cut off.
pub fn read(content: &[u8]) -> Result<File, Unreadable> {
    if content.iter().all(u8::is_ascii_whitespace) {
        return Err(Unreadable { line: 1, reason: UnreadableReason::Empty });
    }
    if content.len() > BYTES_MAX {
        return Err(Unreadable { line: 1, reason: UnreadableReason::TooLarge });
    }
    let text = str::from_utf8(content).map_err(|error| {
        let line = line_number(&content[..error.valid_up_to()]);
        Unreadable { line, reason: UnreadableReason::NotUtf8 }
    })?;
    match detect(content) {
        Some(Format::SandboxV1) => sandbox::read(text),
        None => Err(Unreadable { line: 1, reason: UnreadableReason::UnknownFormat }),
    }
}

/// The number of the line that begins, or goes on, after `before`.
fn line_number(before: &[u8]) -> u32 {
    let lines = before.split(|&byte| byte == b'\n').count();
    u32::try_from(lines).unwrap_or(u32::MAX)
}
