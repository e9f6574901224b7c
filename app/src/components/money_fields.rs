//! The fields in which staff type an amount and choose its currency.

use leptos::prelude::*;

use crate::components::field::{Field, described_by, invalid};

/// An amount of money, typed in major units; its field is named `amount`.
#[component]
pub fn AmountField(
    /// What the person reads.
    label: &'static str,
    /// How much there is.
    hint: String,
    /// What the field begins with.
    value: String,
) -> impl IntoView {
    view! {
        <Field name="amount" label=label hint=hint>
            <input
                id="amount"
                name="amount"
                inputmode="decimal"
                autocomplete="off"
                maxlength="32"
                required
                value=value
                aria-invalid=invalid("amount")
                aria-describedby=described_by("amount", true)
            />
        </Field>
    }
    .into_any()
}

/// A choice of a currency.
#[component]
pub fn CurrencyField(
    /// The select's name and id.
    name: &'static str,
    /// What the person reads.
    label: &'static str,
    /// The ISO 4217 codes to choose from.
    codes: Vec<&'static str>,
    /// The code that is chosen at first; by default the first.
    chosen: Option<String>,
) -> impl IntoView {
    view! {
        <Field name=name label=label>
            <select
                id=name
                name=name
                aria-invalid=invalid(name)
                aria-describedby=described_by(name, false)
            >
                {codes.into_iter().map(|code| {
                    let is_chosen = chosen.as_deref() == Some(code);
                    view! { <option value=code selected=is_chosen>{code}</option> }
                }).collect_view()}
            </select>
        </Field>
    }
    .into_any()
}
