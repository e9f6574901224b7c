//! A posting in debit and credit.

use leptos::prelude::*;

use crate::components::amount::AmountCell;
use crate::components::data_table::DataTable;
use crate::view::payments::EntryView;

/// The entries of one posting.
#[component]
pub fn Entries(
    /// What the posting is, for the caption.
    #[prop(into)]
    caption: String,
    /// The entries, debits first.
    of: Vec<EntryView>,
) -> impl IntoView {
    view! {
        <DataTable caption quiet=true class="entries">
            <thead>
                <tr>
                    <th scope="col">"Account"</th>
                    <th scope="col" class="number">"Debit"</th>
                    <th scope="col" class="number">"Credit"</th>
                </tr>
            </thead>
            <tbody>
                {of.into_iter().map(|entry| view! {
                    <tr>
                        <th scope="row">{entry.account}</th>
                        <AmountCell of=entry.debit />
                        <AmountCell of=entry.credit />
                    </tr>
                }).collect_view()}
            </tbody>
        </DataTable>
    }
    .into_any()
}
