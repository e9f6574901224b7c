//! What stands after the question mark of an address, read field by field.

use std::collections::BTreeMap;

use axum::extract::{FromRequestParts, Query as Pairs};
use axum::http::request::Parts;
use domain::currency::Currency;
use time::Date;
use time::format_description::well_known::Iso8601;

use super::problem::{Code, Problem};

/// The parameters of a query, each of which may be given once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query(BTreeMap<String, String>);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let pairs = Pairs::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let Pairs(pairs) = pairs.map_err(|_| {
            Problem::new(Code::FieldInvalid, "What stands after the question mark cannot be read.")
        })?;
        let mut fields = BTreeMap::new();
        for (name, value) in pairs {
            if fields.insert(name.clone(), value).is_some() {
                let detail = "This parameter is given twice.";
                return Err(Problem::of_field(Code::FieldInvalid, name, detail));
            }
        }
        Ok(Self(fields))
    }
}

impl Query {
    /// Refuses all parameters but those that are `known`, since nobody reads them.
    ///
    /// # Errors
    /// [`Problem`] that names the first of them.
    pub fn takes(&self, known: &[&str]) -> Result<(), Problem> {
        match self.0.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => {
                let detail = format!("There is no such parameter here: {}.", known.join(", "));
                Err(Problem::of_field(Code::FieldUnknown, name.clone(), detail))
            }
        }
    }

    /// The text of a parameter.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The text of a parameter that must be there.
    ///
    /// # Errors
    /// [`Problem`].
    pub fn required(&self, name: &'static str) -> Result<&str, Problem> {
        self.text(name).ok_or_else(|| {
            Problem::of_field(Code::FieldMissing, name, "This parameter must be given.")
        })
    }

    /// The day of a parameter, if it is there.
    ///
    /// # Errors
    /// [`Problem`] if it is no day.
    pub fn day(&self, name: &'static str) -> Result<Option<Date>, Problem> {
        self.text(name).map(|text| day(name, text)).transpose()
    }

    /// The day of a parameter that must be there.
    ///
    /// # Errors
    /// [`Problem`].
    pub fn required_day(&self, name: &'static str) -> Result<Date, Problem> {
        day(name, self.required(name)?)
    }

    /// The currency of a parameter, if it is there.
    ///
    /// # Errors
    /// [`Problem`] if it is no currency.
    pub fn currency(&self, name: &'static str) -> Result<Option<Currency>, Problem> {
        self.text(name).map(|code| currency(name, code)).transpose()
    }

    /// The currency of a parameter that must be there.
    ///
    /// # Errors
    /// [`Problem`].
    pub fn required_currency(&self, name: &'static str) -> Result<Currency, Problem> {
        currency(name, self.required(name)?)
    }
}

fn currency(name: &str, code: &str) -> Result<Currency, Problem> {
    code.parse().map_err(|_| {
        let detail = "This is not a currency of ISO 4217 that one can pay in, such as EUR.";
        Problem::of_field(Code::CurrencyUnknown, name, detail)
    })
}

/// The day that `text` says.
///
/// # Errors
/// [`Problem`] about the field `name`.
pub fn day(name: &str, text: &str) -> Result<Date, Problem> {
    let is_plain = text.len() == 10 && !text.starts_with(['+', '-']);
    let day = is_plain.then(|| Date::parse(text, &Iso8601::DATE).ok()).flatten();
    day.filter(|day| (1970..=9000).contains(&day.year())).ok_or_else(|| {
        let detail = "Write the day as year, month and day, such as 2026-11-20.";
        Problem::of_field(Code::FieldInvalid, name, detail)
    })
}
