//! Reads JSON field by field, so that every refusal can name the field it is about.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::problem::{Code, Problem};

/// Reads a body as JSON.
///
/// # Errors
/// [`Problem`]; its text says where the JSON breaks, and nothing of what it holds.
pub fn parse(body: &[u8]) -> Result<Value, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        Problem::new(Code::JsonInvalid, format!("The body stops being JSON at {place}."))
    })
}

/// Refuses a body that holds what looks like a card number, in any text, name or number.
///
/// # Errors
/// [`Problem`] that names the field and does not repeat what it holds.
pub fn refuse_card_numbers(value: &Value) -> Result<(), Problem> {
    match find_card_number(value, String::new()) {
        None => Ok(()),
        Some(path) => Err(Problem::of_field(
            Code::CardNumberRefused,
            path,
            "This field holds what looks like a card number. Send a token of the processor \
             instead; nothing was stored.",
        )),
    }
}

fn find_card_number(value: &Value, path: String) -> Option<String> {
    let is_card_number = match value {
        Value::String(text) => domain::card_number::is_in(text),
        Value::Number(number) => domain::card_number::is_in(&number.to_string()),
        Value::Array(items) => {
            return items
                .iter()
                .enumerate()
                .find_map(|(index, item)| find_card_number(item, format!("{path}[{index}]")));
        }
        Value::Object(fields) => {
            return fields.iter().find_map(|(name, field)| {
                // A name that holds a card number must not be repeated either.
                if domain::card_number::is_in(name) {
                    return Some(path.clone());
                }
                find_card_number(field, join(&path, name))
            });
        }
        Value::Null | Value::Bool(_) => false,
    };
    is_card_number.then_some(path)
}

/// One object of a body, and where it stands. Fields that are `null` count as missing.
#[derive(Debug)]
pub struct Object<'a> {
    path: String,
    fields: &'a Map<String, Value>,
    read: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Object<'a> {
    /// The whole body.
    ///
    /// # Errors
    /// [`Problem`] if it is not an object.
    pub fn of_body(body: &'a Value) -> Result<Self, Problem> {
        let fields = body.as_object().ok_or_else(|| {
            Problem::new(Code::FieldInvalid, "The body must be a JSON object, in curly brackets.")
        })?;
        Ok(Self::new(String::new(), fields))
    }

    fn new(path: String, fields: &'a Map<String, Value>) -> Self {
        Self { path, fields, read: RefCell::default() }
    }

    /// Where a field stands, such as `payment_orders[1].amount`.
    pub fn path(&self, name: &str) -> String {
        join(&self.path, name)
    }

    fn value(&self, name: &'static str) -> Option<&'a Value> {
        self.read.borrow_mut().insert(name);
        self.fields.get(name).filter(|value| !value.is_null())
    }

    fn missing(&self, name: &str) -> Problem {
        Problem::of_field(Code::FieldMissing, self.path(name), "This field must be given.")
    }

    fn wrong(&self, name: &str, wanted: &str) -> Problem {
        let detail = format!("This field must be {wanted}.");
        Problem::of_field(Code::FieldInvalid, self.path(name), detail)
    }

    /// A text that need not be there.
    ///
    /// # Errors
    /// [`Problem`] if it is not a text, or too long, or holds control characters.
    pub fn text(&self, name: &'static str, longest: usize) -> Result<Option<&'a str>, Problem> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let text = value.as_str().ok_or_else(|| self.wrong(name, "a string"))?;
        if text.chars().count() > longest {
            let detail = format!("This field may have {longest} characters at most.");
            return Err(Problem::of_field(Code::FieldTooLong, self.path(name), detail));
        }
        if text.is_empty() || text.chars().any(char::is_control) {
            return Err(self.wrong(name, "a text that is not empty, without control characters"));
        }
        Ok(Some(text))
    }

    /// A text that must be there.
    ///
    /// # Errors
    /// [`Problem`].
    pub fn required_text(&self, name: &'static str, longest: usize) -> Result<&'a str, Problem> {
        self.text(name, longest)?.ok_or_else(|| self.missing(name))
    }

    /// A text that must be there and that `fits` what is `wanted`.
    ///
    /// # Errors
    /// [`Problem`].
    pub fn required_word(
        &self,
        name: &'static str,
        longest: usize,
        fits: fn(&str) -> bool,
        wanted: &str,
    ) -> Result<&'a str, Problem> {
        let text = self.required_text(name, longest)?;
        if fits(text) { Ok(text) } else { Err(self.wrong(name, wanted)) }
    }

    /// A text that need not be there, and that `fits` what is `wanted` if it is.
    ///
    /// # Errors
    /// [`Problem`].
    pub fn word(
        &self,
        name: &'static str,
        longest: usize,
        fits: fn(&str) -> bool,
        wanted: &str,
    ) -> Result<Option<&'a str>, Problem> {
        match self.text(name, longest)? {
            Some(text) if !fits(text) => Err(self.wrong(name, wanted)),
            text => Ok(text),
        }
    }

    /// A truth value that need not be there.
    ///
    /// # Errors
    /// [`Problem`].
    pub fn boolean(&self, name: &'static str) -> Result<Option<bool>, Problem> {
        self.value(name)
            .map(|value| value.as_bool().ok_or_else(|| self.wrong(name, "true or false")))
            .transpose()
    }

    /// A whole number within `range` that need not be there.
    ///
    /// # Errors
    /// [`Problem`].
    pub fn integer(
        &self,
        name: &'static str,
        range: std::ops::RangeInclusive<u64>,
    ) -> Result<Option<u64>, Problem> {
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        self.value(name)
            .map(|value| {
                whole(value)
                    .filter(|number| range.contains(number))
                    .ok_or_else(|| self.wrong(name, &wanted))
            })
            .transpose()
    }

    /// An object that need not be there.
    ///
    /// # Errors
    /// [`Problem`].
    pub fn object(&self, name: &'static str) -> Result<Option<Self>, Problem> {
        self.value(name)
            .map(|value| {
                let fields = value.as_object().ok_or_else(|| self.wrong(name, "an object"))?;
                Ok(Self::new(self.path(name), fields))
            })
            .transpose()
    }

    /// The names and values of an object that need not be there, whatever they are called.
    ///
    /// # Errors
    /// [`Problem`] if it is not an object.
    pub fn entries(&self, name: &'static str) -> Result<Option<&'a Map<String, Value>>, Problem> {
        self.value(name)
            .map(|value| value.as_object().ok_or_else(|| self.wrong(name, "an object")))
            .transpose()
    }

    /// A list of objects that must be there and hold between one and `longest` of them.
    ///
    /// # Errors
    /// [`Problem`].
    pub fn required_objects(
        &self,
        name: &'static str,
        longest: usize,
    ) -> Result<Vec<Self>, Problem> {
        let value = self.value(name).ok_or_else(|| self.missing(name))?;
        let items = value.as_array().ok_or_else(|| self.wrong(name, "a list"))?;
        if items.is_empty() {
            return Err(self.wrong(name, "a list of at least one"));
        }
        if items.len() > longest {
            let detail = format!("This list may have {longest} items at most.");
            return Err(Problem::of_field(Code::FieldTooLong, self.path(name), detail));
        }
        items
            .iter()
            .enumerate()
            .map(|(index, item)| {
                let path = format!("{}[{index}]", self.path(name));
                let fields = item.as_object().ok_or_else(|| {
                    Problem::of_field(Code::FieldInvalid, &path, "This must be an object.")
                })?;
                Ok(Self::new(path, fields))
            })
            .collect()
    }

    /// A list of words that need not be there and may be empty, each of which `read` knows.
    ///
    /// # Errors
    /// [`Problem`] that names the first that is not one of what is `wanted`.
    pub fn words<T>(
        &self,
        name: &'static str,
        longest: usize,
        read: fn(&str) -> Option<T>,
        wanted: &str,
    ) -> Result<Option<Vec<T>>, Problem> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let items = value.as_array().ok_or_else(|| self.wrong(name, "a list"))?;
        if items.len() > longest {
            let detail = format!("This list may have {longest} items at most.");
            return Err(Problem::of_field(Code::FieldTooLong, self.path(name), detail));
        }
        let words = items.iter().enumerate().map(|(index, item)| {
            item.as_str()
                .and_then(read)
                .ok_or_else(|| self.wrong(&format!("{name}[{index}]"), wanted))
        });
        words.collect::<Result<_, _>>().map(Some)
    }

    /// Refuses fields that nobody has read: a misspelt name must not be ignored where money moves.
    ///
    /// # Errors
    /// [`Problem`].
    pub fn finish(self) -> Result<(), Problem> {
        let read = self.read.borrow();
        match self.fields.keys().find(|name| !read.contains(name.as_str())) {
            None => Ok(()),
            Some(name) => {
                let known: Vec<&str> = read.iter().copied().collect();
                let detail = format!("The fields that are read here: {}.", known.join(", "));
                // The name comes from the caller: a long one is cut.
                let name: String = name.chars().take(64).collect();
                Err(Problem::of_field(Code::FieldUnknown, join(&self.path, &name), detail))
            }
        }
    }
}

/// The whole number that `value` is; `60.0` is one too, as JSON Schema has it.
fn whole(value: &Value) -> Option<u64> {
    let Value::Number(number) = value else { return None };
    let text = number.to_string();
    text.strip_suffix(".0").unwrap_or(&text).parse().ok()
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
