//! Metadata: what a shop wants to find again on its objects. Kept and returned, never read.

use serde_json::{Map, Value};

use super::fields::Object;
use super::problem::{Code, Problem};

/// How many entries an object may carry.
pub const ENTRIES_MAX: usize = 20;
/// How many characters a name may have.
pub const NAME_LENGTH_MAX: usize = 40;
/// How many characters a value may have.
pub const VALUE_LENGTH_MAX: usize = 500;

/// The field `metadata` of `object`: an object of texts, empty if it is not there.
///
/// # Errors
/// [`Problem`] about the first entry that is beyond the limits.
pub fn read(object: &Object<'_>) -> Result<Value, Problem> {
    let path = object.path("metadata");
    let Some(entries) = object.entries("metadata")? else { return Ok(Value::Object(Map::new())) };
    if entries.len() > ENTRIES_MAX {
        let detail = format!("Metadata may have {ENTRIES_MAX} entries at most.");
        return Err(Problem::of_field(Code::FieldTooLong, path, detail));
    }
    for (name, value) in entries {
        check_name(name, &path)?;
        let path = format!("{path}.{name}");
        let text = value.as_str().ok_or_else(|| {
            let detail = "Every value of metadata must be a string.";
            Problem::of_field(Code::FieldInvalid, &path, detail)
        })?;
        if text.chars().count() > VALUE_LENGTH_MAX {
            let detail = format!("A value may have {VALUE_LENGTH_MAX} characters at most.");
            return Err(Problem::of_field(Code::FieldTooLong, path, detail));
        }
        if text.chars().any(char::is_control) {
            let detail = "A value must be a text without control characters.";
            return Err(Problem::of_field(Code::FieldInvalid, path, detail));
        }
    }
    Ok(Value::Object(entries.clone()))
}

/// A name that does not fit is not repeated in the answer.
fn check_name(name: &str, path: &str) -> Result<(), Problem> {
    if name.chars().count() > NAME_LENGTH_MAX {
        let detail = format!("A name may have {NAME_LENGTH_MAX} characters at most.");
        return Err(Problem::of_field(Code::FieldTooLong, path, detail));
    }
    if name.is_empty() || name.chars().any(char::is_control) {
        let detail = "A name must be a text that is not empty, without control characters.";
        return Err(Problem::of_field(Code::FieldInvalid, path, detail));
    }
    Ok(())
}
