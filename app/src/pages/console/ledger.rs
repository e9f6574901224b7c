//! The trial balance.

use domain::account::AccountType;
use leptos::either::Either;
use leptos::prelude::*;
use time::Date;
use time::format_description::well_known::Iso8601;

use crate::components::amount::AmountCell;
use crate::components::badge::Badge;
use crate::components::data_table::DataTable;
use crate::components::empty_state::EmptyState;
use crate::components::instant::AsOf;
use crate::format;
use crate::pages::console::{Heading, Section, page};
use crate::pages::query::query_parameter;
use crate::view::ledger::{AccountBalance, CurrencyBalance, TrialBalanceView};
use crate::words::Tone;

/// Shows all balances, per currency.
#[component]
pub fn LedgerPage() -> impl IntoView {
    let day = query_parameter("day").and_then(|text| Date::parse(&text, &Iso8601::DATE).ok());
    page(
        Section::Ledger,
        move |ports, operator| async move { ports.ledger.trial_balance(&operator, day).await },
        |view| view! { <TrialBalance view /> },
    )
}

#[component]
fn TrialBalance(view: TrialBalanceView) -> impl IntoView {
    let day = view.day;
    let title = match day {
        None => "Trial balance".to_owned(),
        Some(day) => format!("Trial balance at the end of {}", format::day(day)),
    };
    let body = if view.currencies.is_empty() {
        Either::Left(view! {
            <EmptyState title="Nothing is posted yet">
                "The first capture posts to the ledger, and its accounts appear here."
            </EmptyState>
        })
    } else {
        Either::Right(
            view.currencies
                .into_iter()
                .map(|balance| view! { <Currency balance /> })
                .collect_view(),
        )
    };
    view! {
        <Heading text=title><AsOf at=view.as_of /></Heading>
        <p><a href="/console/ledger/revenue">"What was earned, by month and by day"</a></p>
        <form class="filter-bar" method="get" action="/console/ledger" aria-label="Day">
            <label for="day">"At the end of"</label>
            <input id="day" name="day" type="date" required value=day.map(|day| day.to_string()) />
            <button class="button button-small" type="submit">"Show"</button>
            <a class="filter-reset" href="/console/ledger">"Now"</a>
        </form>
        {body}
    }
    .into_any()
}

#[component]
fn Currency(balance: CurrencyBalance) -> impl IntoView {
    let CurrencyBalance { currency, rows, debit_total, credit_total } = balance;
    let verdict = if debit_total == credit_total {
        ("Debits equal credits", Tone::Good)
    } else {
        ("Debits and credits differ", Tone::Bad)
    };
    let title_id = format!("currency-{currency}");
    let label = title_id.clone();
    view! {
        <section class="panel" aria-labelledby=label>
            <header class="panel-head">
                <h2 id=title_id>{currency.code()}</h2>
                <Badge of=verdict />
            </header>
            <DataTable caption=format!("Trial balance in {currency}") quiet=true>
                <thead>
                    <tr>
                        <th scope="col">"Account"</th>
                        <th scope="col">"Owner"</th>
                        <th scope="col">"Type"</th>
                        <th scope="col" class="number">"Debit"</th>
                        <th scope="col" class="number">"Credit"</th>
                    </tr>
                </thead>
                <tbody>{rows.into_iter().map(|row| view! { <Row row /> }).collect_view()}</tbody>
                <tfoot>
                    <tr>
                        <th scope="row" colspan="3">"Total"</th>
                        <AmountCell of=Some(debit_total) />
                        <AmountCell of=Some(credit_total) />
                    </tr>
                </tfoot>
            </DataTable>
        </section>
    }
    .into_any()
}

#[component]
fn Row(row: AccountBalance) -> impl IntoView {
    view! {
        <tr>
            <th scope="row"><a href=row.statement>{row.account}</a></th>
            <td>{row.owner.unwrap_or_else(|| "\u{2013}".to_owned())}</td>
            <td>{account_type(row.account_type)}</td>
            <AmountCell of=row.debit />
            <AmountCell of=row.credit />
        </tr>
    }
    .into_any()
}

fn account_type(account_type: AccountType) -> &'static str {
    match account_type {
        AccountType::Asset => "Asset",
        AccountType::Liability => "Liability",
        AccountType::Equity => "Equity",
        AccountType::Revenue => "Revenue",
        AccountType::Expense => "Expense",
    }
}
