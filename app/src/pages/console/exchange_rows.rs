//! The last exchanges of a seller.

use leptos::prelude::*;

use crate::components::amount::AmountCell;
use crate::components::data_table::DataTable;
use crate::components::instant::Instant;
use crate::view::exchanges::ExchangeRow;
use crate::words::exchanges;

/// What was exchanged, one a row.
#[component]
pub fn Rows(
    /// The exchanges.
    rows: Vec<ExchangeRow>,
) -> impl IntoView {
    let body = if rows.is_empty() {
        view! { <p class="calm">"Nothing was exchanged yet."</p> }.into_any()
    } else {
        view! {
            <DataTable caption="Exchanges" quiet=true class="lines">
                <thead>
                    <tr>
                        <th scope="col">"Made"</th>
                        <th scope="col" class="number">"Sold"</th>
                        <th scope="col" class="number">"Bought"</th>
                        <th scope="col">"Rate"</th>
                        <th scope="col">"Accepted by"</th>
                        <th scope="col">"Of that day"</th>
                    </tr>
                </thead>
                <tbody>{rows.into_iter().map(|row| view! { <Row row /> }).collect_view()}</tbody>
            </DataTable>
        }
        .into_any()
    };
    view! {
        <section aria-labelledby="exchanges-title">
            <h2 id="exchanges-title">"Exchanges"</h2>
            {body}
        </section>
    }
    .into_any()
}

#[component]
fn Row(row: ExchangeRow) -> impl IntoView {
    let source =
        format!("{}, {}", exchanges::source(&row.rate.source), exchanges::day(row.rate.day));
    let [(sold, of_sold), (bought, of_bought)] = row.statements;
    let name = |code| format!("{code} statement");
    view! {
        <tr>
            <th scope="row"><Instant at=row.at /></th>
            <AmountCell of=Some(row.sold) />
            <AmountCell of=Some(row.bought) />
            <td class="prose">{row.rate.text} <br /> <span class="calm">{source}</span></td>
            <td>{row.by}</td>
            <td>
                <a href=of_sold>{name(sold.code())}</a> ", "
                <a href=of_bought>{name(bought.code())}</a>
            </td>
        </tr>
    }
    .into_any()
}
