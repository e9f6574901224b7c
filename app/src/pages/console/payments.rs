//! The list of payments, with its search.

use domain::payment::Status;
use leptos::either::Either;
use leptos::prelude::*;

use crate::components::amount::AmountCell;
use crate::components::badge::Badge;
use crate::components::data_table::DataTable;
use crate::components::empty_state::EmptyState;
use crate::components::instant::{AsOf, Instant};
use crate::pages::console::{Heading, Section, page};
use crate::pages::query::{address, query_parameter};
use crate::view::payments::{PaymentFilter, PaymentListView, PaymentRow};
use crate::words::payment::status;

/// Shows the payments that fit what the address says, newest first.
#[component]
pub fn PaymentsPage() -> impl IntoView {
    let filter = PaymentFilter {
        query: query_parameter("q").unwrap_or_default(),
        status: query_parameter("status").and_then(|word| Status::from_word(&word)),
        after: query_parameter("after"),
    };
    let asked = filter.clone();
    page(
        Section::Payments,
        |ports, operator| async move { ports.payments.list(&operator, asked).await },
        move |view| view! { <Payments view filter /> },
    )
}

#[component]
fn Payments(view: PaymentListView, filter: PaymentFilter) -> impl IntoView {
    let next = view.next.map(|after| next_page(&filter, &after));
    let is_filtered = filter != PaymentFilter::default();
    let body = if view.rows.is_empty() {
        Either::Left(view! { <Nothing is_filtered /> })
    } else {
        Either::Right(view! { <PaymentTable rows=view.rows base="/console/payments/" /> })
    };
    view! {
        <Heading text="Payments"><AsOf at=view.as_of /></Heading>
        <Search filter />
        {body}
        {next.map(|address| view! {
            <nav class="pages" aria-label="Pages">
                <a class="button button-quiet" rel="next" href=address>"Older payments"</a>
            </nav>
        })}
    }
    .into_any()
}

/// The search: a form that makes the address.
#[component]
fn Search(filter: PaymentFilter) -> impl IntoView {
    view! {
        <form class="filter-bar" method="get" action="/console/payments" role="search" aria-label="Search payments">
            <label for="q">"Search"</label>
            <input
                id="q"
                name="q"
                type="search"
                value=filter.query
                placeholder="Id, order or seller"
                autocomplete="off"
                spellcheck="false"
            />
            <label for="status">"Status"</label>
            <select id="status" name="status">
                <option value="">"Any"</option>
                {Status::ALL.iter().map(|&one| view! {
                    <option value=one.as_str() selected=filter.status == Some(one)>{status(one).0}</option>
                }).collect_view()}
            </select>
            <button class="button button-small" type="submit">"Search"</button>
            <a class="filter-reset" href="/console/payments">"Reset"</a>
        </form>
    }
    .into_any()
}

/// Payments, one a row.
#[component]
pub(crate) fn PaymentTable(
    /// The payments.
    rows: Vec<PaymentRow>,
    /// What their ids are appended to, for the link of each.
    base: &'static str,
) -> impl IntoView {
    view! {
        <DataTable caption="Payments" quiet=true class="stacked">
            <thead>
                <tr>
                    <th scope="col">"Order"</th>
                    <th scope="col">"Seller"</th>
                    <th scope="col" class="number">"Amount"</th>
                    <th scope="col">"Status"</th>
                    <th scope="col">"Made"</th>
                    <th scope="col">"Payment"</th>
                </tr>
            </thead>
            <tbody>
                {rows.into_iter().map(|row| {
                    let address = format!("{base}{}", row.id);
                    view! {
                        <tr>
                            <th scope="row"><a href=address>{row.reference}</a></th>
                            <td>{row.seller}</td>
                            <AmountCell of=Some(row.amount) />
                            <td><Badge of=status(row.status) /></td>
                            <td><Instant at=row.created_at /></td>
                            <td><code class="id">{row.id.to_string()}</code></td>
                        </tr>
                    }
                }).collect_view()}
            </tbody>
        </DataTable>
    }
    .into_any()
}

/// What stands where no payment is.
#[component]
fn Nothing(is_filtered: bool) -> impl IntoView {
    if is_filtered {
        Either::Left(view! {
            <EmptyState title="No payment fits">
                "The search looks at our ids, the shop\u{2019}s and the processor\u{2019}s, and at sellers\u{2019} names. "
                <a href="/console/payments">"Show all payments"</a>
            </EmptyState>
        })
    } else {
        Either::Right(view! {
            <EmptyState title="No payments yet">
                "The first one appears here when a shop sends it to the API."
            </EmptyState>
        })
    }
}

/// The address of the next page: the same filter, further on.
fn next_page(filter: &PaymentFilter, after: &str) -> String {
    let status = filter.status.map(Status::as_str).unwrap_or_default();
    let parameters = [("q", filter.query.as_str()), ("status", status), ("after", after)];
    address("/console/payments", &parameters)
}
