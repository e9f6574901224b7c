//! The processor accounts of a shop: which are called, and where payments go.

use leptos::prelude::*;

use crate::components::badge::Badge;
use crate::components::data_table::DataTable;
use crate::components::instant::{AsOf, Instant};
use crate::pages::console::{Heading, Section, page};
use crate::view::processors::{ProcessorRow, ProcessorsView, RouteRow};
use crate::words::processors;

/// Shows all accounts and the rules between them.
#[component]
pub fn ProcessorsPage() -> impl IntoView {
    page(
        Section::Processors,
        |ports, operator| async move { ports.processors.list(&operator).await },
        |view| view! { <Processors view /> },
    )
}

#[component]
fn Processors(view: ProcessorsView) -> impl IntoView {
    view! {
        <Heading text="Processors"><AsOf at=view.as_of /></Heading>
        <ProcessorTable rows=view.rows />
        <Routes rows=view.routes />
    }
    .into_any()
}

#[component]
fn ProcessorTable(rows: Vec<ProcessorRow>) -> impl IntoView {
    view! {
        <DataTable caption="Processor accounts" quiet=true class="stacked">
            <thead>
                <tr>
                    <th scope="col">"Account"</th>
                    <th scope="col">"State"</th>
                    <th scope="col">"Why"</th>
                    <th scope="col">"Since"</th>
                    <th scope="col">"Calls that succeeded"</th>
                    <th scope="col">"Latency"</th>
                    <th scope="col" class="number">"Jobs waiting"</th>
                </tr>
            </thead>
            <tbody>
                {rows.into_iter().map(|row| view! { <Row row /> }).collect_view()}
            </tbody>
        </DataTable>
    }
    .into_any()
}

#[component]
fn Row(row: ProcessorRow) -> impl IntoView {
    let (success, latency) = (processors::success(&row), processors::latency(&row));
    view! {
        <tr>
            <th scope="row"><a href=format!("/console/processors/{}", row.id)>{row.name}</a></th>
            <td>
                <Badge of=processors::state(row.state) />
                {row.is_forced.then_some(" by a person")}
            </td>
            <td>{row.why}</td>
            <td>{row.since.map(|at| view! { <Instant at /> })}</td>
            <td>{success}</td>
            <td>{latency}</td>
            <td class="number">{row.waiting}</td>
        </tr>
    }
    .into_any()
}

#[component]
fn Routes(rows: Vec<RouteRow>) -> impl IntoView {
    let is_empty = rows.is_empty();
    view! {
        <section aria-labelledby="routes-title">
            <h2 id="routes-title">"Where payments go"</h2>
            <p>
                "The first rule that fits a payment and names an account that can take it decides. Then \
                 priority, cost and weight do. Rules are set by "
                <code>"paydesk routes"</code> "."
            </p>
            {(!is_empty).then(|| view! {
                <DataTable caption="Rules">
                    <thead>
                        <tr>
                            <th scope="col" class="number">"Rule"</th>
                            <th scope="col">"Payments"</th>
                            <th scope="col">"Go to"</th>
                            <th scope="col" class="number">"Weight"</th>
                        </tr>
                    </thead>
                    <tbody>
                        {rows.into_iter().map(|row| view! {
                            <tr>
                                <td class="number">{row.priority}</td>
                                <td>{row.conditions}</td>
                                <td>{row.target}</td>
                                <td class="number">{row.weight}</td>
                            </tr>
                        }).collect_view()}
                    </tbody>
                </DataTable>
            })}
            {is_empty.then(|| view! { <p class="calm">"There are no rules: cost decides."</p> })}
        </section>
    }
    .into_any()
}
