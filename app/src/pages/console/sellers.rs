//! The list of sellers and what they have.

use leptos::either::Either;
use leptos::prelude::*;

use crate::components::amount::{Amount, AmountCell};
use crate::components::data_table::DataTable;
use crate::components::empty_state::EmptyState;
use crate::components::instant::AsOf;
use crate::pages::console::{Heading, Section, page};
use crate::view::sellers::{SellerListView, SellerRow, WalletView};

/// Shows every seller of the shop.
#[component]
pub fn SellersPage() -> impl IntoView {
    page(
        Section::Sellers,
        |ports, operator| async move { ports.sellers.list(&operator).await },
        |view| view! { <Sellers view /> },
    )
}

#[component]
fn Sellers(view: SellerListView) -> impl IntoView {
    let body = if view.rows.is_empty() {
        Either::Left(view! {
            <EmptyState title="The shop has no sellers yet">
                "A seller is made with the shop, and appears here with the first sale."
            </EmptyState>
        })
    } else {
        Either::Right(view! {
            <DataTable caption="Sellers" quiet=true>
                <thead>
                    <tr>
                        <th scope="col">"Seller"</th>
                        <WalletHeads />
                    </tr>
                </thead>
                <tbody>{view.rows.into_iter().map(|row| view! { <Rows row /> }).collect_view()}</tbody>
            </DataTable>
        })
    };
    view! {
        <Heading text="Sellers"><AsOf at=view.as_of /></Heading>
        {body}
    }
    .into_any()
}

#[component]
fn Rows(row: SellerRow) -> impl IntoView {
    let address = format!("/console/sellers/{}", row.id);
    let name = row.name;
    if row.wallets.is_empty() {
        return view! {
            <tr>
                <th scope="row"><a href=address>{name}</a></th>
                <td colspan="4">"Nothing sold yet"</td>
            </tr>
        }
        .into_any();
    }
    row.wallets
        .into_iter()
        .map(|wallet| {
            let (address, name) = (address.clone(), name.clone());
            view! {
                <tr>
                    <th scope="row"><a href=address>{name}</a></th>
                    <WalletCells wallet />
                </tr>
            }
        })
        .collect_view()
        .into_any()
}

/// The heads of the columns of a wallet.
#[component]
pub fn WalletHeads() -> impl IntoView {
    view! {
        <th scope="col" class="number">"Pending"</th>
        <th scope="col" class="number">"Available"</th>
        <th scope="col" class="number">"Reserved"</th>
        <th scope="col" class="number">"Owed"</th>
    }
    .into_any()
}

/// The cells of a wallet.
#[component]
pub fn WalletCells(
    /// What is in it.
    wallet: WalletView,
) -> impl IntoView {
    view! {
        <AmountCell of=Some(wallet.pending) />
        <td class="number"><a href=wallet.statement><Amount of=wallet.available /></a></td>
        <AmountCell of=Some(wallet.reserved) />
        <AmountCell of=(!wallet.owed.is_zero()).then_some(wallet.owed) />
    }
    .into_any()
}
