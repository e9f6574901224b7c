//! Keeps card data out of what is stored: masks the rows of a file that may hold some.

use std::borrow::Cow;

use domain::card_number;

/// How long the shown form of a row may be, in characters.
const RAW_MAX: usize = 500;

/// What stands in place of a row that may hold card data.
pub const WITHHELD: &str = "(withheld: the row holds what looks like a card number)";

/// `content` with each digit masked in those of its lines that hold what looks like a card number.
///
/// The last line of a sandbox file holds a hash, which may look like one by chance; such a mask
/// costs nothing, since what is stored is for people to look at.
pub fn mask_card_numbers(content: &[u8]) -> Cow<'_, [u8]> {
    let suspicious = |line: &[u8]| card_number::is_in(&String::from_utf8_lossy(line));
    if !content.split(|&byte| byte == b'\n').any(suspicious) {
        return Cow::Borrowed(content);
    }
    let masked = content.split_inclusive(|&byte| byte == b'\n').flat_map(|line| {
        let hide = suspicious(line);
        line.iter().map(move |&byte| if hide && byte.is_ascii_digit() { b'*' } else { byte })
    });
    Cow::Owned(masked.collect())
}

/// A row as it can be shown and stored: without control characters, cut, and withheld if it may
/// hold card data.
pub(crate) fn shown(row: &str) -> String {
    if card_number::is_in(row) {
        return WITHHELD.to_owned();
    }
    let visible = |character: char| if character.is_control() { '\u{fffd}' } else { character };
    row.trim_end_matches(['\r', '\n']).chars().take(RAW_MAX).map(visible).collect()
}
