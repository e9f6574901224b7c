//! A quote on the page of a seller's exchanges: its figures, and the button that accepts it.

use leptos::prelude::*;

use crate::components::amount::Amount;
use crate::components::badge::Badge;
use crate::components::field::FieldError;
use crate::format;
use crate::pages::query::FormProblem;
use crate::view::exchanges::{QuoteState, QuoteView};
use crate::words::exchanges;

/// A quote with everything that is to be known before it is accepted.
#[component]
pub fn Quote(
    /// The quote.
    quote: QuoteView,
    /// Whether this person may accept it.
    may: bool,
) -> impl IntoView {
    let error = FormProblem::from_query().of_field("quote");
    let until = match quote.state {
        QuoteState::Open => Some("Good until"),
        QuoteState::Expired => Some("Was good until"),
        QuoteState::Accepted => None,
    };
    let (machine, read) = (
        format::machine_instant(quote.expires_at),
        format::instant_to_the_second(quote.expires_at),
    );
    view! {
        <section class="panel panel-accent" aria-labelledby="quote-title">
            <header class="panel-head">
                <h2 id="quote-title">"Quote"</h2>
                <Badge of=exchanges::quote(quote.state) />
            </header>
            {error.map(|error| view! { <FieldError name="quote" error /> })}
            <dl class="sums">
                <div><dt>"Sold"</dt><dd><Amount of=quote.sold /></dd></div>
                <div><dt>"Worth at the rate"</dt><dd><Amount of=quote.worth /></dd></div>
                <div>
                    <dt>{format!("Spread that we keep, {}", quote.spread_share)}</dt>
                    <dd><Amount of=quote.spread /></dd>
                </div>
                {(!quote.rounding.is_zero()).then(|| view! {
                    <div><dt>"Left by rounding"</dt><dd><Amount of=quote.rounding /></dd></div>
                })}
                <div><dt><strong>"Bought"</strong></dt><dd><strong><Amount of=quote.bought /></strong></dd></div>
            </dl>
            <dl class="facts facts-wide">
                <div><dt>"Rate"</dt><dd>{quote.rate.text.clone()}</dd></div>
                <div><dt>"Source"</dt><dd>{exchanges::source(&quote.rate.source)}</dd></div>
                <div><dt>"Day of the rate"</dt><dd>{exchanges::day(quote.rate.day)}</dd></div>
                {until.map(|until| view! {
                    <div><dt>{until}</dt><dd><time datetime=machine>{read}</time></dd></div>
                })}
            </dl>
            <Next quote may />
        </section>
    }
    .into_any()
}

/// What can be done with it now.
#[component]
fn Next(quote: QuoteView, may: bool) -> impl IntoView {
    match quote.state {
        QuoteState::Open => {
            let action = format!("/console/actions/exchange-quotes/{}/accept", quote.id);
            let label = format!(
                "Exchange {} for {}",
                format::amount(quote.sold),
                format::amount(quote.bought)
            );
            may.then(|| {
                view! {
                    <form method="post" action=action>
                        <button class="button" type="submit">{label}</button>
                    </form>
                }
            })
            .into_any()
        }
        QuoteState::Accepted => {
            view! { <p class="calm">"It was accepted. What was bought is available now."</p> }
                .into_any()
        }
        QuoteState::Expired => view! {
            <p class="calm">"It was not accepted in time, and nothing was exchanged. Ask for another."</p>
        }
        .into_any(),
    }
}
