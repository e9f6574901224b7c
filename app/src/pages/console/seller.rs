//! One seller: what they have, by which rules they get it, and how they are paid.

use domain::id::SellerId;
use leptos::prelude::*;

use crate::components::data_table::DataTable;
use crate::components::instant::AsOf;
use crate::pages::console::seller_payouts::SellerPayouts;
use crate::pages::console::sellers::{WalletCells, WalletHeads};
use crate::pages::console::{Heading, Section, page};
use crate::pages::query::{path_parameter, query_parameter};
use crate::view::payouts::{SellerPayoutsView, Wish};
use crate::view::sellers::SellerView;

/// Shows one seller.
#[component]
pub fn SellerPage() -> impl IntoView {
    let id = path_parameter::<SellerId>("id");
    let wish = query_parameter("amount")
        .zip(query_parameter("currency"))
        .map(|(amount, currency)| Wish { amount, currency });
    page(
        Section::Sellers,
        |ports, operator| async move {
            let id = id?;
            let view = ports.sellers.seller(&operator, id).await?;
            Ok((view, ports.payouts.of_seller(&operator, id, wish).await?))
        },
        |(view, payouts)| view! { <Seller view payouts /> },
    )
}

#[component]
fn Seller(view: SellerView, payouts: SellerPayoutsView) -> impl IntoView {
    let (row, as_of) = (view.row, view.as_of);
    let seller = row.id;
    let has_wallets = !row.wallets.is_empty();
    view! {
        <nav class="trail" aria-label="Up"><a href="/console/sellers">"Sellers"</a></nav>
        <Heading text=row.name><AsOf at=as_of /></Heading>
        <dl class="facts facts-wide">
            <div><dt>"Called by the shop"</dt><dd><code class="id">{row.reference}</code></dd></div>
            <div><dt>"Our fee"</dt><dd>{view.fee}</dd></div>
            {view.rules.into_iter().map(|(about, rule)| view! {
                <div><dt>{about}</dt><dd>{rule}</dd></div>
            }).collect_view()}
        </dl>
        <section aria-labelledby="wallet-title">
            <h2 id="wallet-title">"Wallet"</h2>
            {has_wallets.then(|| view! {
                <DataTable caption="Wallet" quiet=true>
                    <thead><tr><WalletHeads /></tr></thead>
                    <tbody>
                        {row.wallets.into_iter().map(|wallet| view! {
                            <tr><WalletCells wallet /></tr>
                        }).collect_view()}
                    </tbody>
                </DataTable>
            })}
            {has_wallets.then(|| view! {
                <nav class="pages" aria-label="Wallet">
                    <a class="button button-quiet" href=format!("/console/sellers/{seller}/exchange")>
                        "Exchange between currencies"
                    </a>
                    <a class="button button-quiet" href=format!("/console/sellers/{seller}/history")>
                        "History by month"
                    </a>
                </nav>
            })}
            {(!has_wallets).then(|| view! { <p class="calm">"Nothing was sold yet."</p> })}
        </section>
        <SellerPayouts seller view=payouts as_of />
    }
    .into_any()
}
