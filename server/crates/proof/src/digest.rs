//! SHA-256 values, and the one way in which fields become the bytes that are hashed.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};

/// The format and its version: the first field of everything that is hashed here, so that no hash
/// of Paydesk's books can be mistaken for a hash of something else.
pub const FORMAT: &str = "paydesk-books/1";

/// A SHA-256; its text is 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Takes 32 bytes that are known to be a SHA-256, for instance because they were stored as one.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bare bytes, as they are stored.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The SHA-256 of `bytes`.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let hash = digest(&SHA256, bytes);
        Self(hash.as_ref().try_into().expect("a SHA-256 has 32 bytes"))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hexadecimal(formatter, &self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for Digest {
    type Err = NotHexadecimal;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(from_hexadecimal(text)?))
    }
}

/// Appends one field: its length in bytes as four bytes, most significant first, and its bytes.
///
/// With the lengths in front, no two different lists of fields give the same bytes.
///
/// # Panics
/// If the field has 4 GiB or more; a line of an export is far shorter.
pub(crate) fn push_field(canonical: &mut Vec<u8>, field: &[u8]) {
    let length = u32::try_from(field.len()).expect("a field is shorter than 4 GiB");
    canonical.extend_from_slice(&length.to_be_bytes());
    canonical.extend_from_slice(field);
}

/// Writes bytes as two lower-case digits each.
pub(crate) fn write_hexadecimal(out: &mut impl fmt::Write, bytes: &[u8]) -> fmt::Result {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        out.write_char(char::from(DIGITS[usize::from(byte >> 4)]))?;
        out.write_char(char::from(DIGITS[usize::from(byte & 15)]))?;
    }
    Ok(())
}

/// Reads exactly `N` bytes of two lower-case digits each.
///
/// # Errors
/// [`NotHexadecimal`] for any other length or letter; capitals are refused, so that each value has
/// one text.
pub(crate) fn from_hexadecimal<const N: usize>(text: &str) -> Result<[u8; N], NotHexadecimal> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        _ => Err(NotHexadecimal { bytes: N }),
    };
    let pairs = text.as_bytes().chunks_exact(2);
    if text.len() != N * 2 {
        return Err(NotHexadecimal { bytes: N });
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        *byte = (digit(pair[0])? << 4) | digit(pair[1])?;
    }
    Ok(bytes)
}

/// The text is not so many bytes in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not {} lower-case hexadecimal digits", .bytes * 2)]
pub struct NotHexadecimal {
    bytes: usize,
}
