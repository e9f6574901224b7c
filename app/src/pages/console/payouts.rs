//! The queue of pay-outs. Its filter is its address.

use domain::id::SellerId;
use leptos::either::Either;
use leptos::prelude::*;
use time::OffsetDateTime;

use crate::components::amount::AmountCell;
use crate::components::badge::Badge;
use crate::components::data_table::DataTable;
use crate::components::empty_state::EmptyState;
use crate::components::instant::{AsOf, Instant};
use crate::format;
use crate::pages::console::{Heading, Section, page};
use crate::pages::query::{address, query_parameter};
use crate::view::payouts::{PayoutFilter, PayoutListView, PayoutRow, PayoutState};
use crate::words::payouts;

/// Shows the pay-outs that fit what the address says, the newest first.
#[component]
pub fn PayoutsPage() -> impl IntoView {
    let filter = PayoutFilter {
        state: query_parameter("state").and_then(|word| PayoutState::from_word(&word)),
        seller: query_parameter("seller").and_then(|id| id.parse().ok()),
        currency: query_parameter("currency").and_then(|code| code.parse().ok()),
        after: query_parameter("after").and_then(|id| id.parse().ok()),
    };
    let asked = filter.clone();
    page(
        Section::Payouts,
        |ports, operator| async move { ports.payouts.list(&operator, asked).await },
        move |view| view! { <Payouts view filter /> },
    )
}

#[component]
fn Payouts(view: PayoutListView, filter: PayoutFilter) -> impl IntoView {
    let next = view.next.map(|after| next_page(&filter, &after.to_string()));
    let is_filtered = filter != PayoutFilter::default();
    let (as_of, rows) = (view.as_of, view.rows);
    let body = if rows.is_empty() {
        Either::Left(view! { <Nothing is_filtered /> })
    } else {
        Either::Right(view! { <PayoutTable rows as_of /> })
    };
    view! {
        <Heading text="Pay-outs"><AsOf at=as_of /></Heading>
        <Filter filter sellers=view.sellers currencies=view.currencies.iter().map(|one| one.code()).collect() />
        {body}
        <nav class="pages" aria-label="Pages">
            {next.map(|address| view! {
                <a class="button button-quiet" rel="next" href=address>"Older pay-outs"</a>
            })}
            <a class="button button-quiet" href="/console/bank-files">"Bank files"</a>
        </nav>
    }
    .into_any()
}

/// The filter: a form that makes the address.
#[component]
fn Filter(
    filter: PayoutFilter,
    sellers: Vec<(SellerId, String)>,
    currencies: Vec<&'static str>,
) -> impl IntoView {
    let currency = filter.currency.map(domain::currency::Currency::code);
    view! {
        <form class="filter-bar" method="get" action="/console/payouts" role="search" aria-label="Filter pay-outs">
            <label for="state">"State"</label>
            <select id="state" name="state">
                <option value="">"Any"</option>
                {PayoutState::all().map(|one| view! {
                    <option value=one.as_str() selected=filter.state == Some(one)>{payouts::filter(one)}</option>
                }).collect_view()}
            </select>
            <label for="seller">"Seller"</label>
            <select id="seller" name="seller">
                <option value="">"Any"</option>
                {sellers.into_iter().map(|(id, name)| view! {
                    <option value=id.to_string() selected=filter.seller == Some(id)>{name}</option>
                }).collect_view()}
            </select>
            <label for="currency">"Currency"</label>
            <select id="currency" name="currency">
                <option value="">"Any"</option>
                {currencies.into_iter().map(|code| view! {
                    <option value=code selected=currency == Some(code)>{code}</option>
                }).collect_view()}
            </select>
            <button class="button button-small" type="submit">"Show"</button>
            <a class="filter-reset" href="/console/payouts">"Reset"</a>
        </form>
    }
    .into_any()
}

/// Pay-outs, one a row.
#[component]
pub fn PayoutTable(
    /// The pay-outs.
    rows: Vec<PayoutRow>,
    /// The moment that ages are counted up to.
    as_of: OffsetDateTime,
) -> impl IntoView {
    view! {
        <DataTable caption="Pay-outs" quiet=true class="stacked">
            <thead>
                <tr>
                    <th scope="col">"Seller"</th>
                    <th scope="col" class="number">"Amount"</th>
                    <th scope="col">"State"</th>
                    <th scope="col">"Second person"</th>
                    <th scope="col">"Not submitted"</th>
                    <th scope="col">"Age"</th>
                    <th scope="col">"Made"</th>
                </tr>
            </thead>
            <tbody>{rows.into_iter().map(|row| view! { <Row row as_of /> }).collect_view()}</tbody>
        </DataTable>
    }
    .into_any()
}

#[component]
fn Row(row: PayoutRow, as_of: OffsetDateTime) -> impl IntoView {
    // Sellers have many: the name alone does not say which pay-out the link leads to.
    let label = format!("{}: pay-out of {}", row.seller_name, format::amount(row.amount));
    let address = format!("/console/payouts/{}", row.id);
    view! {
        <tr>
            <th scope="row"><a href=address aria-label=label>{row.seller_name}</a></th>
            <AmountCell of=Some(row.amount) />
            <td><Badge of=payouts::state(row.phase, row.is_in_doubt) /></td>
            <td>{payouts::reasons(&row.reasons)}</td>
            <td>{row.refusal.as_deref().map(payouts::refusal)}</td>
            <td>{format::age(as_of - row.created_at)}</td>
            <td><Instant at=row.created_at /></td>
        </tr>
    }
    .into_any()
}

#[component]
fn Nothing(is_filtered: bool) -> impl IntoView {
    if is_filtered {
        Either::Left(view! {
            <EmptyState title="No pay-out fits this filter">
                <a href="/console/payouts">"Show all pay-outs"</a>
            </EmptyState>
        })
    } else {
        Either::Right(view! {
            <EmptyState title="No pay-outs yet">
                "One is made by a seller\u{2019}s schedule, by the shop through the API, or on the page of a "
                <a href="/console/sellers">"seller"</a> "."
            </EmptyState>
        })
    }
}

/// The address of the next page: the same filter, further on.
fn next_page(filter: &PayoutFilter, after: &str) -> String {
    let seller = filter.seller.map(|id| id.to_string()).unwrap_or_default();
    let currency = filter.currency.map(domain::currency::Currency::code).unwrap_or_default();
    let state = filter.state.map(PayoutState::as_str).unwrap_or_default();
    let parameters =
        [("state", state), ("seller", &*seller), ("currency", currency), ("after", after)];
    address("/console/payouts", &parameters)
}
