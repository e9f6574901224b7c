//! Sample sellers.

use app::view::seller_history::{MonthRow, SellerHistoryView, WalletHistory};
use app::view::sellers::{SellerListView, SellerRow, SellerView, WalletView};
use domain::currency::Currency;
use domain::id::SellerId;
use domain::money::Money;
use domain::period::Period;
use time::macros::date;

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

/// Two months of a seller: one in which they sold, one in which more went than came.
pub(crate) fn history(id: SellerId) -> Option<SellerHistoryView> {
    let row = list().rows.into_iter().find(|row| row.id == id)?;
    let eur = crate::samples::eur;
    let month = |from, to, [sold, given_back, paid_out, closing]: [i64; 4]| MonthRow {
        period: Period { from, to },
        sold: eur(sold),
        given_back: eur(given_back),
        paid_out: eur(paid_out),
        exchanged: eur(0),
        other: eur(0),
        closing: eur(closing),
    };
    let (first, last) = (date!(2026 - 10 - 01), date!(2026 - 11 - 01));
    let october = month(first, date!(2026 - 10 - 31), [12_000, -500, 0, 12_700]);
    let november = month(last, date!(2026 - 11 - 21), [0, -1_000, -12_900, -1_200]);
    let wallet = WalletHistory { opening: eur(1_200), months: vec![october, november] };
    Some(SellerHistoryView {
        seller: id,
        seller_name: row.name,
        wallets: if row.wallets.is_empty() { Vec::new() } else { vec![wallet] },
        as_of: at(4_000),
    })
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
