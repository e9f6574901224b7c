//! A form field with its label, its hint, and what is wrong with it.

use leptos::prelude::*;

use crate::components::icon::Icon;
use crate::pages::query::FormProblem;
use crate::words::Tone;

/// The label, hint and error around an input. The input itself comes from `children`; it has to
/// carry the id `name` and what [`described_by`] answers.
#[component]
pub fn Field(
    /// The input's name and id.
    name: &'static str,
    /// What the person reads.
    label: &'static str,
    /// What helps to fill it in.
    #[prop(optional)]
    hint: Option<String>,
    /// What is wrong with it, where the page itself has found that out.
    #[prop(optional_no_strip)]
    error: Option<&'static str>,
    /// The input.
    children: Children,
) -> impl IntoView {
    let error = error.or_else(|| FormProblem::from_query().of_field(name));
    view! {
        <div class="field" class:field-refused=error.is_some()>
            <label for=name>{label}</label>
            {hint.map(|hint| view! { <p class="field-hint" id=format!("{name}-hint")>{hint}</p> })}
            {error.map(|error| view! { <FieldError name error /> })}
            {children()}
        </div>
    }
    .into_any()
}

/// What is wrong with the field `name`.
#[component]
pub fn FieldError(
    /// The input's name.
    name: &'static str,
    /// What is wrong.
    error: &'static str,
) -> impl IntoView {
    view! {
        <p class="field-error" id=format!("{name}-error") role="alert">
            <Icon tone=Tone::Bad />
            {error}
        </p>
    }
    .into_any()
}

/// The ids of the hint and the error of the field `name`, as `aria-describedby` wants them.
pub(crate) fn described_by(name: &str, has_hint: bool) -> Option<String> {
    described_with(name, has_hint, FormProblem::from_query().of_field(name).is_some())
}

/// The same where the page knows whether there is an error.
pub(crate) fn described_with(name: &str, has_hint: bool, has_error: bool) -> Option<String> {
    let hint = has_hint.then(|| format!("{name}-hint"));
    let error = has_error.then(|| format!("{name}-error"));
    match (hint, error) {
        (Some(hint), Some(error)) => Some(format!("{hint} {error}")),
        (hint, error) => hint.or(error),
    }
}

/// The value of `aria-invalid` for the field `name`.
pub(crate) fn invalid(name: &str) -> Option<&'static str> {
    FormProblem::from_query().of_field(name).map(|_| "true")
}
