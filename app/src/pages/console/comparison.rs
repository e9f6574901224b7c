//! Ours and theirs, side by side.

use leptos::prelude::*;

use crate::components::amount::Amount;
use crate::components::data_table::DataTable;
use crate::components::icon::Icon;
use crate::components::instant::Instant;
use crate::view::mismatches::{ComparisonRow, Figure};
use crate::words::Tone;

/// Both sides' figures. Rows that differ say so in a word.
#[component]
pub fn Comparison(
    /// The processor's name, which heads its column.
    processor: String,
    /// The figures.
    rows: Vec<ComparisonRow>,
) -> impl IntoView {
    view! {
        <DataTable caption="Ours and theirs" quiet=true class="comparison">
            <thead>
                <tr>
                    <th scope="col">"Figure"</th>
                    <th scope="col" class="side">"Our books"</th>
                    <th scope="col" class="side">"Theirs, " {processor}</th>
                </tr>
            </thead>
            <tbody>{rows.into_iter().map(|row| view! { <Row row /> }).collect_view()}</tbody>
        </DataTable>
    }
    .into_any()
}

#[component]
fn Row(row: ComparisonRow) -> impl IntoView {
    let ComparisonRow { label, ours, theirs, differs } = row;
    view! {
        <tr class:row-differs=differs>
            <th scope="row">
                {label}
                {differs.then(|| view! { <span class="differs"><Icon tone=Tone::Bad /> "differs"</span> })}
            </th>
            <td class="side"><Side figure=ours /></td>
            <td class="side"><Side figure=theirs /></td>
        </tr>
    }
    .into_any()
}

/// One side's figure, or that it has none.
#[component]
fn Side(figure: Option<Figure>) -> impl IntoView {
    match figure {
        Some(Figure::Amount(of)) => view! { <Amount of /> }.into_any(),
        Some(Figure::Instant(at)) => view! { <Instant at /> }.into_any(),
        Some(Figure::Text(text)) => view! { <span class="figure-text">{text}</span> }.into_any(),
        None => view! { <span class="absent">"none"</span> }.into_any(),
    }
}
