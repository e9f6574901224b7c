//! An amount with its currency, made to stand in a column.

use domain::money::Money;
use leptos::prelude::*;

use crate::format::{self, Figure};

/// An amount whose decimal point lines up with those above and below it.
#[component]
pub fn Amount(
    /// The amount.
    of: Money,
) -> impl IntoView {
    let Figure { whole, fraction } = format::figure(of);
    let is_empty = fraction.is_empty();
    view! {
        <data class="amount" value=of.to_decimal_string()>
            {whole}
            <span class="amount-fraction" class:is-empty=is_empty>{fraction}</span>
            " "
            <span class="amount-currency">{of.currency().code()}</span>
        </data>
    }
}

/// A cell for an amount, or an empty one.
#[component]
pub fn AmountCell(
    /// The amount, if there is one.
    of: Option<Money>,
) -> impl IntoView {
    view! { <td class="number">{of.map(|of| view! { <Amount of /> })}</td> }
}
