//! Mismatches as the rows of a table, for the queue and for the report on a file.

use leptos::prelude::*;

use crate::components::amount::AmountCell;
use crate::components::badge::Badge;
use crate::components::data_table::DataTable;
use crate::components::instant::Instant;
use crate::view::mismatches::MismatchRow;
use crate::words::mismatch;

/// A table of mismatches.
#[component]
pub fn MismatchTable(
    /// What the table shows.
    #[prop(into)]
    caption: String,
    /// The rows.
    rows: Vec<MismatchRow>,
) -> impl IntoView {
    view! {
        <DataTable caption quiet=true class="stacked">
            <thead>
                <tr>
                    <th scope="col">"What differs"</th>
                    <th scope="col">"About"</th>
                    <th scope="col" class="number">"At stake"</th>
                    <th scope="col">"State"</th>
                    <th scope="col">"Class"</th>
                    <th scope="col">"Claimed by"</th>
                    <th scope="col">"Found"</th>
                </tr>
            </thead>
            <tbody>{rows.into_iter().map(|row| view! { <Row row /> }).collect_view()}</tbody>
        </DataTable>
    }
    .into_any()
}

#[component]
fn Row(row: MismatchRow) -> impl IntoView {
    view! {
        <tr>
            <th scope="row">
                <a href=format!("/console/mismatches/{}", row.id)>{mismatch::kind(row.kind)}</a>
            </th>
            <td>{row.subject}</td>
            <AmountCell of=Some(row.at_stake) />
            <td><Badge of=mismatch::state(row.state) /></td>
            <td>{mismatch::class(row.class)}</td>
            <td>{row.claimed_by}</td>
            <td><Instant at=row.opened_at /></td>
        </tr>
    }
    .into_any()
}
