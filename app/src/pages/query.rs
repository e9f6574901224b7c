//! What a page reads from its address: ids, filters, and the codes that a form left there.

use std::str::FromStr;

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::error::AppError;
use crate::session::percent_encoded;

/// The parameter `name` of the page's path, read as a `T`.
///
/// # Errors
/// [`AppError::NotFound`] if it is not a `T`: there can be no such page.
pub(crate) fn path_parameter<T: FromStr>(name: &str) -> Result<T, AppError> {
    use_params_map()
        .read_untracked()
        .get(name)
        .and_then(|text| text.parse().ok())
        .ok_or(AppError::NotFound)
}

/// The parameter `name` of the page's query, if it is there and not empty.
pub(crate) fn query_parameter(name: &str) -> Option<String> {
    use_query_map().read_untracked().get(name).filter(|text| !text.is_empty())
}

/// The address of `path` narrowed by `parameters`; those that are empty are left out.
pub(crate) fn address(path: &str, parameters: &[(&str, &str)]) -> String {
    let query = parameters
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", percent_encoded(value)))
        .collect::<Vec<_>>()
        .join("&");
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// Why a form was refused: a code of [`crate::words::notice::problem`], and the field to blame.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FormProblem {
    /// The code, if a form was refused.
    pub(crate) code: Option<String>,
    /// The field to blame, if it is one.
    pub(crate) field: Option<String>,
}

impl FormProblem {
    /// What the page's address says.
    pub(crate) fn from_query() -> Self {
        Self { code: query_parameter("problem"), field: query_parameter("field") }
    }

    /// The sentence beside the field `name`, if that is to blame.
    pub(crate) fn of_field(&self, name: &str) -> Option<&'static str> {
        let code = self.code.as_deref()?;
        (self.field.as_deref() == Some(name)).then(|| crate::words::notice::problem(code))
    }

    /// The sentence for the top of the page, if no field is to blame.
    pub(crate) fn of_page(&self) -> Option<&'static str> {
        let code = self.code.as_deref()?;
        self.field.is_none().then(|| crate::words::notice::problem(code))
    }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn an_address_says_what_is_not_empty_and_nothing_of_it_is_taken_for_another_parameter() {
        let narrowed =
            address("/console/payments", &[("q", "a&b=c d"), ("status", ""), ("p", "1")]);
        assert_eq!(narrowed, "/console/payments?q=a%26b%3Dc%20d&p=1");
        assert_eq!(address("/console/payments", &[("q", "")]), "/console/payments");
    }
}
