//! What may stand in a file for a bank: the character set of SEPA, and references made of it.
//!
//! Source: EPC217-08. Letters without accents, digits, and `/ - ? : ( ) . , ' +` and the space.

use std::fmt;
use std::str::FromStr;

/// How long a reference may be, in characters.
pub const REFERENCE_MAX: usize = 35;

/// A reference that a bank carries to the other end and back, unchanged: of the message, of a part
/// of it, or of one pay-out.
///
/// 1 to 35 characters of the set, without spaces; it neither begins nor ends with a slash, nor has
/// two in a row. It is never adapted: a reference that came back changed would find nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference(String);

impl Reference {
    /// The reference that stands for one of our ids, such as `po-01j…` for `po_01j…`: banks do not
    /// take the underscore.
    ///
    /// # Errors
    /// As when a text is parsed, and for an id with a hyphen, which [`Reference::to_id`] could not
    /// give back.
    pub fn of_id(id: &str) -> Result<Self, ReferenceError> {
        match id.chars().position(|character| character == '-') {
            Some(index) => Err(ReferenceError::Character { place: index + 1 }),
            None => id.replace('_', "-").parse(),
        }
    }

    /// The id that [`Reference::of_id`] was given, also if a bank has made its letters capital.
    pub fn to_id(&self) -> String {
        self.0.replace('-', "_").to_ascii_lowercase()
    }

    /// The characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_wrong = |character: char| !is_allowed(character) || character == ' ';
        if let Some(index) = text.chars().position(is_wrong) {
            return Err(ReferenceError::Character { place: index + 1 });
        }
        if text.is_empty() || text.len() > REFERENCE_MAX {
            return Err(ReferenceError::Length { found: text.len() });
        }
        if text.starts_with('/') || text.ends_with('/') || text.contains("//") {
            return Err(ReferenceError::Slash);
        }
        Ok(Self(text.to_owned()))
    }
}

/// Why a text is no reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// A character that banks do not take.
    #[error("character {place} of the reference is none that banks take")]
    Character {
        /// Which, from 1.
        place: usize,
    },
    /// Empty or too long.
    #[error("a reference has 1 to {REFERENCE_MAX} characters, this one has {found}")]
    Length {
        /// How many there are.
        found: usize,
    },
    /// A slash at an end, or two in a row.
    #[error("a reference has no slash at its ends and no two in a row")]
    Slash,
}

/// A text as it can stand in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Adapted {
    pub(crate) text: String,
    /// Whether characters were replaced; that runs of spaces became one does not count.
    pub(crate) is_replaced: bool,
    /// Whether the end was cut off.
    pub(crate) is_cut: bool,
}

/// `text` in the character set, at most `length_max` characters long.
///
/// Letters of other alphabets are transliterated, punctuation becomes the nearest there is, other
/// signs become a full stop, and what has no counterpart at all goes. White space at the ends goes, and inside it becomes one space.
pub(crate) fn adapted(text: &str, length_max: usize) -> Adapted {
    let mut words = String::new();
    let mut is_replaced = false;
    for character in text.chars() {
        if is_allowed(character) {
            words.push(character);
        } else if character.is_whitespace() {
            words.push(' ');
        } else {
            is_replaced = true;
            let letters = deunicode::deunicode_char(character).unwrap_or(".");
            words.extend(letters.chars().map(nearest));
        }
    }
    let mut whole = String::new();
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        if !whole.is_empty() {
            whole.push(' ');
        }
        whole.push_str(word);
    }
    let is_cut = whole.len() > length_max;
    whole.truncate(length_max);
    let text = whole.trim_end().to_owned();
    Adapted { text, is_replaced, is_cut }
}

/// Whether banks take the character. All that they take is ASCII.
fn is_allowed(character: char) -> bool {
    character.is_ascii_alphanumeric() || "/-?:().,'+ ".contains(character)
}

/// What stands for a character that banks do not take.
fn nearest(character: char) -> char {
    match character {
        allowed if is_allowed(allowed) => allowed,
        '_' | '~' | '=' => '-',
        '&' => '+',
        '"' | '`' => '\'',
        ';' => ',',
        '\\' | '|' => '/',
        '[' | '{' | '<' => '(',
        ']' | '}' | '>' => ')',
        space if space.is_whitespace() => ' ',
        _ => '.',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapt(text: &str) -> (String, bool, bool) {
        let Adapted { text, is_replaced, is_cut } = adapted(text, 20);
        (text, is_replaced, is_cut)
    }

    #[test]
    fn what_banks_take_stays_as_it_is() {
        assert_eq!(adapt("Invoice 12/3 (a+b)?"), ("Invoice 12/3 (a+b)?".into(), false, false));
        assert_eq!(adapt("  two\n\t lines "), ("two lines".into(), false, false));
    }

    #[test]
    fn other_letters_are_transliterated_and_signs_become_the_nearest() {
        assert_eq!(adapt("Café Łódź").0, "Cafe Lodz");
        assert_eq!(adapt("Straße").0, "Strasse");
        assert_eq!(adapt("Αθήνα").0, "Athena");
        assert_eq!(adapt("Müller & Söhne"), ("Muller + Sohne".into(), true, false));
        assert_eq!(adapt("a_b [c] \"d\" 50%").0, "a-b (c) 'd' 50.");
        assert_eq!(adapt("<tag>\u{0}\u{fffe}").0, "(tag)");
    }

    #[test]
    fn what_is_too_long_is_cut_and_leaves_no_space_at_its_end() {
        assert_eq!(
            adapt("nineteen letters ok and more"),
            ("nineteen letters ok".into(), false, true)
        );
    }

    #[test]
    fn an_id_becomes_a_reference_and_the_reference_an_id_again() {
        let id = "po_01jd5gq3hrf0a9b8c7d6e5f4g3";

        let reference = Reference::of_id(id).unwrap();

        assert_eq!(reference.as_str(), "po-01jd5gq3hrf0a9b8c7d6e5f4g3");
        assert_eq!(reference.to_id(), id);
        let shouted: Reference = reference.as_str().to_uppercase().parse().unwrap();
        assert_eq!(shouted.to_id(), id);
    }

    #[test]
    fn each_refused_reference_says_what_is_wrong() {
        let refused = |text: &str| text.parse::<Reference>().unwrap_err();
        assert_eq!(refused(""), ReferenceError::Length { found: 0 });
        assert_eq!(refused(&"x".repeat(36)), ReferenceError::Length { found: 36 });
        assert_eq!(refused("po_1"), ReferenceError::Character { place: 3 });
        assert_eq!(refused("a b"), ReferenceError::Character { place: 2 });
        assert_eq!(refused("a//b"), ReferenceError::Slash);
        assert_eq!(refused("/a"), ReferenceError::Slash);
        assert_eq!(Reference::of_id("a-b"), Err(ReferenceError::Character { place: 2 }));
    }
}
