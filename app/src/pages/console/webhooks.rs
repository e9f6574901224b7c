//! The list of webhooks in. Its filter is its address.

use leptos::either::Either;
use leptos::prelude::*;

use crate::components::badge::Badge;
use crate::components::data_table::DataTable;
use crate::components::empty_state::EmptyState;
use crate::components::instant::{AsOf, Instant};
use crate::pages::console::{Heading, Section, page};
use crate::pages::query::{address, query_parameter};
use crate::view::webhooks::{
    WebhookFilter, WebhookListView, WebhookRow, WebhookSender, WebhookState,
};
use crate::words::webhooks;

/// Shows what processors and pay-out providers sent, newest first.
#[component]
pub fn WebhooksPage() -> impl IntoView {
    let filter = WebhookFilter {
        query: query_parameter("q").unwrap_or_default(),
        state: query_parameter("state").and_then(|word| WebhookState::from_word(&word)),
        account: query_parameter("account").and_then(|id| id.parse().ok()),
        after: query_parameter("after").and_then(|id| id.parse().ok()),
    };
    let asked = filter.clone();
    page(
        Section::Webhooks,
        |ports, operator| async move { ports.webhooks.list(&operator, asked).await },
        move |view| view! { <Webhooks view filter /> },
    )
}

#[component]
fn Webhooks(view: WebhookListView, filter: WebhookFilter) -> impl IntoView {
    let next = view.next.map(|after| next_page(&filter, &after.to_string()));
    let is_filtered = filter != WebhookFilter::default();
    let body = if view.rows.is_empty() {
        Either::Left(view! { <Nothing is_filtered /> })
    } else {
        Either::Right(view! { <WebhookTable rows=view.rows /> })
    };
    view! {
        <Heading text="Webhooks in"><AsOf at=view.as_of /></Heading>
        <Search filter accounts=view.accounts />
        {body}
        {next.map(|address| view! {
            <nav class="pages" aria-label="Pages">
                <a class="button button-quiet" rel="next" href=address>"Older webhooks"</a>
            </nav>
        })}
    }
    .into_any()
}

/// The search: a form that makes the address.
#[component]
fn Search(filter: WebhookFilter, accounts: Vec<(WebhookSender, String)>) -> impl IntoView {
    let WebhookFilter { query, state, account, .. } = filter;
    view! {
        <form class="filter-bar" method="get" action="/console/webhooks" role="search" aria-label="Search webhooks">
            <label for="q">"Search"</label>
            <input id="q" name="q" type="search" value=query placeholder="Payment, pay-out or message id"
                autocomplete="off" spellcheck="false" />
            <label for="state">"State"</label>
            <select id="state" name="state">
                <option value="">"Any"</option>
                {WebhookState::ALL.iter().map(|&one| view! {
                    <option value=one.as_str() selected=state == Some(one)>{webhooks::state(one).0}</option>
                }).collect_view()}
            </select>
            <label for="account">"Account"</label>
            <select id="account" name="account">
                <option value="">"Any"</option>
                {accounts.into_iter().map(|(id, name)| view! {
                    <option value=id.to_string() selected=account == Some(id)>{name}</option>
                }).collect_view()}
            </select>
            <button class="button button-small" type="submit">"Search"</button>
            <a class="filter-reset" href="/console/webhooks">"Reset"</a>
        </form>
    }
    .into_any()
}

#[component]
fn WebhookTable(rows: Vec<WebhookRow>) -> impl IntoView {
    view! {
        <DataTable caption="Webhooks in" quiet=true class="stacked">
            <thead>
                <tr>
                    <th scope="col">"News"</th>
                    <th scope="col">"State"</th>
                    <th scope="col">"About"</th>
                    <th scope="col">"Account"</th>
                    <th scope="col">"Message"</th>
                    <th scope="col">"Arrived"</th>
                </tr>
            </thead>
            <tbody>{rows.into_iter().map(|row| view! { <Row row /> }).collect_view()}</tbody>
        </DataTable>
    }
    .into_any()
}

#[component]
fn Row(row: WebhookRow) -> impl IntoView {
    let address = format!("/console/webhooks/{}", row.id);
    view! {
        <tr>
            <th scope="row">
                <a href=address>{row.kind.unwrap_or_else(|| "Not read".to_owned())}</a>
            </th>
            <td><Badge of=webhooks::state(row.state) /></td>
            <td>
                {row.payment.map(|(id, reference)| view! {
                    <a href=format!("/console/payments/{id}")>{reference}</a>
                })}
                {row.checkout.map(|id| view! { <code class="id">{id.to_string()}</code> })}
                {row.payout.map(|id| view! {
                    <a href=format!("/console/payouts/{id}")><code class="id">{id.to_string()}</code></a>
                })}
                {row.problem}
                {row.problem_code.map(|code| view! { " " <code class="id">{code}</code> })}
            </td>
            <td>{row.account}</td>
            <td><code class="id">{row.message_id}</code></td>
            <td><Instant at=row.received_at /></td>
        </tr>
    }
    .into_any()
}

#[component]
fn Nothing(is_filtered: bool) -> impl IntoView {
    if is_filtered {
        Either::Left(view! {
            <EmptyState title="No webhook fits">
                "The search looks at ids of payments, checkouts, pay-outs and messages. "
                <a href="/console/webhooks">"Show all webhooks"</a>
            </EmptyState>
        })
    } else {
        Either::Right(view! {
            <EmptyState title="No processor has sent anything yet">
                "Until one does, payments that wait are asked about."
            </EmptyState>
        })
    }
}

/// The address of the next page: the same filter, further on.
fn next_page(filter: &WebhookFilter, after: &str) -> String {
    let account = filter.account.map(|id| id.to_string()).unwrap_or_default();
    let state = filter.state.map(WebhookState::as_str).unwrap_or_default();
    let q = filter.query.as_str();
    let parameters = [("q", q), ("state", state), ("account", &account), ("after", after)];
    address("/console/webhooks", &parameters)
}
