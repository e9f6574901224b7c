//! A seller's exchanges between currencies: asking for a quote, accepting it, and those there are.

use domain::id::{QuoteId, SellerId};
use leptos::prelude::*;

use crate::components::instant::AsOf;
use crate::components::money_fields::{AmountField, CurrencyField};
use crate::format;
use crate::pages::console::exchange_quote::Quote;
use crate::pages::console::exchange_rows::Rows;
use crate::pages::console::{Heading, Section, page};
use crate::pages::query::{path_parameter, query_parameter};
use crate::view::exchanges::{ExchangeView, QuoteState};

/// Shows what a seller can exchange and has exchanged, and the quote that the address names.
#[component]
pub fn ExchangePage() -> impl IntoView {
    let seller = path_parameter::<SellerId>("id");
    let quote = query_parameter("quote").and_then(|id| id.parse::<QuoteId>().ok());
    page(
        Section::Sellers,
        move |ports, operator| async move { ports.exchanges.of_seller(&operator, seller?, quote).await },
        |view| view! { <Exchange view /> },
    )
}

#[component]
fn Exchange(view: ExchangeView) -> impl IntoView {
    let title = format!("Exchange for {}", view.seller_name);
    let (seller, may) = (view.seller, view.may_exchange);
    let quote = view.quote.clone().map(|quote| view! { <Quote quote may /> });
    view! {
        <nav class="trail" aria-label="Up">
            <a href=format!("/console/sellers/{seller}")>{view.seller_name.clone()}</a>
        </nav>
        <Heading text=title><AsOf at=view.as_of /></Heading>
        {quote}
        {may.then(|| view! { <Ask view=view.clone() /> })}
        <Rows rows=view.rows />
    }
    .into_any()
}

/// What the fields of the form begin with: what was typed, or what the quote is about.
struct Typed {
    amount: String,
    sell: Option<String>,
    buy: Option<String>,
}

impl Typed {
    fn of(view: &ExchangeView) -> Self {
        // What was exchanged is not offered again.
        let quote = view.quote.as_ref().filter(|quote| quote.state != QuoteState::Accepted);
        let amount = quote.map(|quote| quote.sold.to_decimal_string());
        let sell = quote.map(|quote| quote.sold.currency().code().to_owned());
        let buy = quote.map(|quote| quote.bought.currency().code().to_owned());
        let other = || {
            let sold = view.available.first().map(|money| money.currency());
            view.currencies.iter().find(|&&one| Some(one) != sold).map(|one| one.code().to_owned())
        };
        Self {
            amount: query_parameter("amount").or(amount).unwrap_or_default(),
            sell: query_parameter("sell").or(sell),
            buy: query_parameter("buy").or(buy).or_else(other),
        }
    }
}

/// The form that asks for a quote.
#[component]
fn Ask(view: ExchangeView) -> impl IntoView {
    if view.available.is_empty() {
        return view! { <p class="calm">"Nothing was sold yet, so there is nothing to exchange."</p> }
            .into_any();
    }
    let Typed { amount, sell, buy } = Typed::of(&view);
    let hint = format!("Available: {}", format::amounts(&view.available));
    let action = format!("/console/actions/sellers/{}/exchange-quotes", view.seller);
    let sells = view.available.iter().map(|money| money.currency().code()).collect();
    let buys = view.currencies.iter().map(|currency| currency.code()).collect();
    view! {
        <section class="panel" aria-labelledby="ask-title">
            <h2 id="ask-title">"Ask for a quote"</h2>
            <form method="post" action=action>
                <AmountField label="Amount to sell" hint=hint value=amount />
                <CurrencyField name="sell" label="Sell" codes=sells chosen=sell />
                <CurrencyField name="buy" label="Buy" codes=buys chosen=buy />
                <button class="button button-quiet" type="submit">"Ask for a quote"</button>
            </form>
        </section>
    }
    .into_any()
}
