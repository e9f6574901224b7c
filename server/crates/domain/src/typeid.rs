//! The text form of ids: a prefix and 26 letters, as in the `TypeID` specification (version 0.3).
//!
//! The suffix is the 128 bits of the UUID in Crockford's base 32, lower case, most significant
//! digit first; the first digit is at most `7`, since 26 digits could hold 130 bits.

use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const SUFFIX_LENGTH: usize = 26;

/// `prefix_` and the 26 letters of `uuid`.
pub fn encode(prefix: &str, uuid: Uuid) -> String {
    let mut rest = uuid.as_u128();
    let mut suffix = [0_u8; SUFFIX_LENGTH];
    for digit in suffix.iter_mut().rev() {
        *digit = ALPHABET[(rest & 31) as usize];
        rest >>= 5;
    }
    let suffix: String = suffix.into_iter().map(char::from).collect();
    format!("{prefix}_{suffix}")
}

/// The UUID in `text`, if that is `prefix_` and 26 letters of the alphabet.
pub fn decode(prefix: &str, text: &str) -> Option<Uuid> {
    let suffix = text.strip_prefix(prefix)?.strip_prefix('_')?;
    if suffix.len() != SUFFIX_LENGTH || suffix.as_bytes()[0] > b'7' {
        return None;
    }
    let mut value = 0_u128;
    for byte in suffix.bytes() {
        let digit = ALPHABET.iter().position(|&letter| letter == byte)?;
        value = (value << 5) | digit as u128;
    }
    Some(Uuid::from_u128(value))
}
