//! Sample sellers.

use app::view::sellers::{SellerListView, SellerRow, SellerView, WalletView};
use domain::currency::Currency;
use domain::id::SellerId;
use domain::money::Money;

use crate::samples::{at, id};

/// One seller with two wallets, one of which owes, and one who has sold nothing.
pub(crate) fn list() -> SellerListView {
    let wallets = vec![wallet(Currency::EUR, -1_200, 500), wallet(Currency::JPY, 114_000, 0)];
    let row = |number, name: &str, wallets| SellerRow {
        id: id(number),
        reference: format!("seller-{number}"),
        name: name.to_owned(),
        wallets,
    };
    let rows = vec![row(0, "Ada\u{2019}s Books", wallets), row(1, "Nordlys Keramik", Vec::new())];
    SellerListView { rows, as_of: at(4_000) }
}

/// A seller and the rules that hold for them.
pub(crate) fn one(id: SellerId) -> Option<SellerView> {
    let row = list().rows.into_iter().find(|row| row.id == id)?;
    let rules = vec![("Shares are released".to_owned(), "on delivery".to_owned())];
    Some(SellerView { row, fee: "5 %".to_owned(), rules, as_of: at(4_000) })
}

fn wallet(currency: Currency, available: i64, owed: i64) -> WalletView {
    let money = |minor| Money::from_minor(minor, currency);
    WalletView {
        pending: money(5_216),
        available: money(available),
        reserved: money(900),
        owed: money(owed),
        statement: format!("/console/ledger/seller_available?currency={currency}"),
    }
}
