//! What the shop earned: revenue less expenses, by month or by day.

use domain::money::Money;
use domain::period::{Grain, Period};
use leptos::prelude::*;
use time::Date;
use time::format_description::well_known::Iso8601;

use crate::components::amount::{Amount, AmountCell};
use crate::components::bar_chart::{Bar, BarChart};
use crate::components::data_table::DataTable;
use crate::components::field::FieldError;
use crate::components::instant::AsOf;
use crate::format;
use crate::pages::console::{Heading, Section, page};
use crate::pages::query::query_parameter;
use crate::view::revenue::{CurrencyRevenue, EarnedRow, RevenueFilter, RevenueView};
use crate::words::notice;

/// Shows what the shop earned.
#[component]
pub fn RevenuePage() -> impl IntoView {
    let day = |name| query_parameter(name).and_then(|text| Date::parse(&text, &Iso8601::DATE).ok());
    let by = query_parameter("by").and_then(|word| Grain::from_word(&word));
    let filter = RevenueFilter { from: day("from"), to: day("to"), by: by.unwrap_or(Grain::Month) };
    page(
        Section::Ledger,
        move |ports, operator| async move { ports.ledger.revenue(&operator, filter).await },
        |view| view! { <Revenue view /> },
    )
}

#[component]
fn Revenue(view: RevenueView) -> impl IntoView {
    let RevenueView { from, to, by, problem, accounts, currencies, as_of } = view;
    let file = format!("/console/ledger/revenue.csv?from={from}&to={to}&by={}", by.as_str());
    let is_empty = problem.is_none() && currencies.is_empty();
    view! {
        <nav class="trail" aria-label="Up"><a href="/console/ledger">"Trial balance"</a></nav>
        <Heading text="Revenue"><AsOf at=as_of /></Heading>
        <Days from to by problem />
        {is_empty.then(|| view! {
            <p class="calm">{format!("Nothing was earned from {} to {}.", format::day(from), format::day(to))}</p>
        })}
        {(!currencies.is_empty()).then(|| view! {
            <p>
                "Fees and gains are above zero, costs below. Each figure is the sum of entries recorded on these days, in UTC."
            </p>
            <nav class="pages" aria-label="Report">
                <a class="button button-quiet" href=file download="">"Download as CSV"</a>
            </nav>
        })}
        {currencies.into_iter().map(|one| view! { <Currency one accounts=accounts.clone() by /> }).collect_view()}
    }
    .into_any()
}

/// The choice of days: a form that makes the address.
#[component]
fn Days(from: Date, to: Date, by: Grain, problem: Option<String>) -> impl IntoView {
    let invalid = problem.as_ref().map(|_| "true");
    let described_by = problem.as_ref().map(|_| "to-error");
    view! {
        <form class="filter-bar" method="get" action="/console/ledger/revenue" aria-label="Days">
            <label for="from">"From"</label>
            <input id="from" name="from" type="date" value=from.to_string() required />
            <label for="to">"To"</label>
            <input
                id="to"
                name="to"
                type="date"
                value=to.to_string()
                required
                aria-invalid=invalid
                aria-describedby=described_by
            />
            <label for="by">"By"</label>
            <select id="by" name="by">
                {Grain::ALL.iter().map(|&one| {
                    let is_chosen = one == by;
                    view! { <option value=one.as_str() selected=is_chosen>{one.as_str()}</option> }
                }).collect_view()}
            </select>
            <button class="button button-small" type="submit">"Show"</button>
        </form>
        {problem.map(|code| view! { <FieldError name="to" error=notice::problem(&code) /> })}
    }
    .into_any()
}

#[component]
fn Currency(one: CurrencyRevenue, accounts: Vec<String>, by: Grain) -> impl IntoView {
    let (one, accounts) = without_what_is_nothing(one, accounts);
    let currency = one.total.result.currency();
    let title_id = format!("currency-{currency}");
    let label = title_id.clone();
    let bars =
        one.periods.iter().map(|row| Bar { label: name(row.period, by), amount: row.result });
    let bars: Vec<Bar> = bars.collect();
    view! {
        <section class="panel" aria-labelledby=label>
            <header class="panel-head">
                <h2 id=title_id>{currency.code()}</h2>
                <Amount of=one.total.result />
            </header>
            <BarChart title=format!("Result in {currency} by {}", by.as_str()) bars />
            <DataTable caption=format!("Revenue in {currency}") quiet=true>
                <thead>
                    <tr>
                        <th scope="col">"Period"</th>
                        <th scope="col" class="number">"Result"</th>
                        {accounts.into_iter().map(|account| view! {
                            <th scope="col" class="number">{account}</th>
                        }).collect_view()}
                    </tr>
                </thead>
                <tbody>
                    {one.periods.into_iter().map(|row| {
                        let name = name(row.period, by);
                        view! { <tr><th scope="row">{name}</th><Parts row /></tr> }
                    }).collect_view()}
                </tbody>
                <tfoot>
                    <tr><th scope="row">"Together"</th><Parts row=one.total /></tr>
                </tfoot>
            </DataTable>
        </section>
    }
    .into_any()
}

/// Without the accounts on which nothing was posted in any of the periods: there are many.
fn without_what_is_nothing(
    mut one: CurrencyRevenue,
    accounts: Vec<String>,
) -> (CurrencyRevenue, Vec<String>) {
    let rows = || one.periods.iter().chain([&one.total]);
    let is_used = |index: usize| {
        rows().any(|row| row.parts.get(index).is_some_and(|(amount, _)| !amount.is_zero()))
    };
    let used: Vec<bool> = (0..accounts.len()).map(is_used).collect();
    for row in one.periods.iter_mut().chain([&mut one.total]) {
        row.parts = only(&used, std::mem::take(&mut row.parts));
    }
    (one, only(&used, accounts))
}

fn only<T>(used: &[bool], all: Vec<T>) -> Vec<T> {
    all.into_iter().zip(used).filter(|(_, is_used)| **is_used).map(|(one, _)| one).collect()
}

/// The cells of one period; what is nothing stays empty.
#[component]
fn Parts(row: EarnedRow) -> impl IntoView {
    let cell = |(amount, address): (Money, Option<String>)| match address {
        Some(address) if !amount.is_zero() => view! {
            <td class="number"><a href=address><Amount of=amount /></a></td>
        }
        .into_any(),
        _ => view! { <AmountCell of=(!amount.is_zero()).then_some(amount) /> }.into_any(),
    };
    view! {
        <AmountCell of=Some(row.result) />
        {row.parts.into_iter().map(cell).collect_view()}
    }
    .into_any()
}

/// A day, a whole month by its name, or the days of one that is cut.
fn name(Period { from, to }: Period, by: Grain) -> String {
    let is_whole = from.day() == 1 && to.day() == to.month().length(to.year());
    match by {
        Grain::Day => format::day(from),
        Grain::Month if is_whole => format::month_of(from),
        Grain::Month => format!("{} to {}", from.day(), format::day(to)),
    }
}
