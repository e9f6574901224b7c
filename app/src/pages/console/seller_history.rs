//! How a seller's wallets became what they are: twelve months, as a chart and as figures.

use domain::id::SellerId;
use domain::money::Money;
use leptos::prelude::*;

use crate::components::amount::{Amount, AmountCell};
use crate::components::bar_chart::{Bar, BarChart};
use crate::components::data_table::DataTable;
use crate::components::instant::AsOf;
use crate::format;
use crate::pages::console::{Heading, Section, page};
use crate::pages::query::path_parameter;
use crate::view::seller_history::{MonthRow, SellerHistoryView, WalletHistory};

/// Shows the history of a seller's wallets.
#[component]
pub fn SellerHistoryPage() -> impl IntoView {
    let seller = path_parameter::<SellerId>("id");
    page(
        Section::Sellers,
        move |ports, operator| async move { ports.sellers.history(&operator, seller?).await },
        |view| view! { <History view /> },
    )
}

#[component]
fn History(view: SellerHistoryView) -> impl IntoView {
    let SellerHistoryView { seller, seller_name, wallets, as_of } = view;
    let title = format!("History of {seller_name}");
    let is_empty = wallets.is_empty();
    view! {
        <nav class="trail" aria-label="Up">
            <a href=format!("/console/sellers/{seller}")>{seller_name}</a>
        </nav>
        <Heading text=title><AsOf at=as_of /></Heading>
        {is_empty.then(|| view! { <p class="calm">"Nothing was sold yet."</p> })}
        {wallets.into_iter().map(|wallet| view! { <Wallet wallet /> }).collect_view()}
    }
    .into_any()
}

#[component]
fn Wallet(wallet: WalletHistory) -> impl IntoView {
    let WalletHistory { opening, months } = wallet;
    let currency = opening.currency();
    let title_id = format!("currency-{currency}");
    let label = title_id.clone();
    let bar = |month: &MonthRow| Bar {
        label: format::month_of(month.period.from),
        amount: month.closing,
    };
    let bars: Vec<Bar> = months.iter().map(bar).collect();
    view! {
        <section class="panel" aria-labelledby=label>
            <header class="panel-head">
                <h2 id=title_id>{currency.code()}</h2>
            </header>
            <p>"What the seller had at the end of each month, available or not."</p>
            <BarChart title=format!("What the seller had in {currency}") bars />
            <DataTable caption=format!("Movements in {currency} by month") quiet=true>
                <thead>
                    <tr>
                        <th scope="col">"Month"</th>
                        <th scope="col" class="number">"Sold"</th>
                        <th scope="col" class="number">"Given back"</th>
                        <th scope="col" class="number">"Paid out"</th>
                        <th scope="col" class="number">"Exchanged"</th>
                        <th scope="col" class="number">"Other"</th>
                        <th scope="col" class="number">"At the end"</th>
                    </tr>
                </thead>
                <tbody>
                    <tr>
                        <th scope="row">"Before"</th>
                        <td colspan="5"></td>
                        <td class="number"><Amount of=opening /></td>
                    </tr>
                    {months.into_iter().map(|month| view! { <Row month /> }).collect_view()}
                </tbody>
            </DataTable>
        </section>
    }
    .into_any()
}

#[component]
fn Row(month: MonthRow) -> impl IntoView {
    let cell = |money: Money| (!money.is_zero()).then_some(money);
    view! {
        <tr>
            <th scope="row">{format::month_of(month.period.from)}</th>
            <AmountCell of=cell(month.sold) />
            <AmountCell of=cell(month.given_back) />
            <AmountCell of=cell(month.paid_out) />
            <AmountCell of=cell(month.exchanged) />
            <AmountCell of=cell(month.other) />
            <AmountCell of=Some(month.closing) />
        </tr>
    }
    .into_any()
}
