//! One seller: what they have, and by which rules they get it.

use domain::id::SellerId;
use leptos::prelude::*;

use crate::components::data_table::DataTable;
use crate::components::instant::AsOf;
use crate::pages::console::sellers::{WalletCells, WalletHeads};
use crate::pages::console::{Heading, Section, page};
use crate::pages::query::path_parameter;
use crate::view::sellers::SellerView;

/// Shows one seller.
#[component]
pub fn SellerPage() -> impl IntoView {
    let id = path_parameter::<SellerId>("id");
    page(
        Section::Sellers,
        |ports, operator| async move { ports.sellers.seller(&operator, id?).await },
        |view| view! { <Seller view /> },
    )
}

#[component]
fn Seller(view: SellerView) -> impl IntoView {
    let row = view.row;
    let has_wallets = !row.wallets.is_empty();
    view! {
        <nav class="trail" aria-label="Up"><a href="/console/sellers">"Sellers"</a></nav>
        <Heading text=row.name><AsOf at=view.as_of /></Heading>
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
            {(!has_wallets).then(|| view! { <p class="calm">"Nothing was sold yet."</p> })}
        </section>
    }
    .into_any()
}
