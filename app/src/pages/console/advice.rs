//! The remittance advice of a pay-out: opening + lines = paid + what stays.

use domain::id::PayoutId;
use domain::money::Money;
use leptos::prelude::*;

use crate::components::amount::{Amount, AmountCell};
use crate::components::data_table::DataTable;
use crate::format;
use crate::view::payouts::{AdviceParts, AdviceRow, AdviceView};

/// What the pay-out pays for.
#[component]
pub fn Advice(
    /// Which pay-out.
    id: PayoutId,
    /// Its advice.
    advice: AdviceView,
) -> impl IntoView {
    let shown = advice.rows.len() as u64;
    let more = (shown < advice.total).then(|| {
        format!(
            "The first {shown} of {}; the file has them all.",
            format::count(advice.total, "line", "lines")
        )
    });
    let lead = if advice.is_final {
        "What moved on what the seller can be paid since their pay-out before, and what it comes to."
    } else {
        "What it would pay for if it were submitted now. It is settled once it is."
    };
    view! {
        <section aria-labelledby="advice-title">
            <h2 id="advice-title">"What it pays for"</h2>
            <p>{lead}</p>
            <dl class="facts facts-wide">
                <div><dt>"Left by the pay-out before"</dt><dd><Amount of=advice.opening /></dd></div>
                <div><dt>"Moved since"</dt><dd><Amount of=advice.moved.sum /></dd></div>
                <div><dt>"Paid"</dt><dd><Amount of=advice.paid /></dd></div>
                <div><dt>"Stays"</dt><dd><Amount of=advice.stays /></dd></div>
            </dl>
            {advice.rows.is_empty().then(|| view! {
                <p class="calm">"Nothing has moved since the pay-out before."</p>
            })}
            {(!advice.rows.is_empty()).then(|| view! { <Lines rows=advice.rows sum=advice.moved /> })}
            {more.map(|text| view! { <p class="table-count">{text}</p> })}
            <nav class="pages" aria-label="Remittance advice">
                <a class="button button-quiet" href=format!("/console/payouts/{id}/remittance.csv") download="">
                    "Download as CSV"
                </a>
            </nav>
        </section>
    }
    .into_any()
}

#[component]
fn Lines(rows: Vec<AdviceRow>, sum: AdviceParts) -> impl IntoView {
    view! {
        <DataTable caption="Lines of the remittance advice" quiet=true>
            <thead>
                <tr>
                    <th scope="col">"About"</th>
                    <th scope="col" class="number">"Released"</th>
                    <th scope="col" class="number">"Reserve"</th>
                    <th scope="col" class="number">"Taken back"</th>
                    <th scope="col" class="number">"Exchanged"</th>
                    <th scope="col" class="number">"Came again"</th>
                    <th scope="col" class="number">"Other"</th>
                    <th scope="col" class="number">"Together"</th>
                </tr>
            </thead>
            <tbody>
                {rows.into_iter().map(|row| view! {
                    <tr>
                        <th scope="row">
                            {match row.address {
                                Some(address) => view! { <a href=address>{row.about}</a> }.into_any(),
                                None => view! { <code class="id">{row.about}</code> }.into_any(),
                            }}
                        </th>
                        <Parts of=row.parts />
                    </tr>
                }).collect_view()}
            </tbody>
            <tfoot>
                <tr><th scope="row">"All lines"</th><Parts of=sum /></tr>
            </tfoot>
        </DataTable>
    }
    .into_any()
}

/// The cells of one line; what is nothing stays empty.
#[component]
fn Parts(of: AdviceParts) -> impl IntoView {
    let cell = |money: Money| (!money.is_zero()).then_some(money);
    view! {
        <AmountCell of=cell(of.released) />
        <AmountCell of=cell(of.reserve) />
        <AmountCell of=cell(of.clawed_back) />
        <AmountCell of=cell(of.exchanged) />
        <AmountCell of=cell(of.came_again) />
        <AmountCell of=cell(of.other) />
        <AmountCell of=Some(of.sum) />
    }
    .into_any()
}
