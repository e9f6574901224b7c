//! Sample books.

use app::view::ledger::{
    AccountBalance, CurrencyBalance, StatementFilter, StatementLine, StatementView,
    TrialBalanceView,
};
use domain::account::AccountType::{self, Asset, Expense, Liability, Revenue};
use domain::currency::Currency;
use domain::money::Money;
use time::Date;

use crate::samples::at;

/// The books after a few sales in two currencies.
pub(crate) fn trial_balance(day: Option<Date>) -> TrialBalanceView {
    let sandbox = Some("Sandbox");
    let euros = vec![
        ("Processor receivable", sandbox, Asset, 5_490),
        ("Processor balance", sandbox, Asset, 1_160_340),
        ("Seller pending", Some("Ada\u{2019}s Books"), Liability, -5_216),
        ("Seller pending", Some("Nordlys Keramik"), Liability, -1_135_241),
        ("Platform fees", None, Revenue, -60_032),
        ("Processor fees", sandbox, Expense, 34_659),
    ];
    let yen = vec![
        ("Processor receivable", sandbox, Asset, 120_000),
        ("Seller pending", Some("Ada\u{2019}s Books"), Liability, -114_000),
        ("Platform fees", None, Revenue, -6_000),
    ];
    TrialBalanceView {
        currencies: vec![currency(Currency::EUR, euros), currency(Currency::JPY, yen)],
        day,
        as_of: at(4_000),
    }
}

/// An account's name, owner, type and balance in minor units, debit positive.
type Balance = (&'static str, Option<&'static str>, AccountType, i64);

fn currency(currency: Currency, balances: Vec<Balance>) -> CurrencyBalance {
    let money = |minor: i64| Money::from_minor(minor, currency);
    let total = |sign: i64| money(balances.iter().map(|balance| (balance.3 * sign).max(0)).sum());
    let (debit_total, credit_total) = (total(1), total(-1));
    let rows = balances
        .into_iter()
        .map(|(account, owner, account_type, minor)| AccountBalance {
            account: account.to_owned(),
            owner: owner.map(str::to_owned),
            statement: format!("/console/ledger/platform_fees?currency={currency}"),
            account_type,
            debit: (minor > 0).then(|| money(minor)),
            credit: (minor < 0).then(|| money(-minor)),
        })
        .collect();
    CurrencyBalance { currency, rows, debit_total, credit_total }
}

/// The statement of an account in euro: one sale, and part of it refunded.
pub(crate) fn statement(filter: &StatementFilter) -> Option<StatementView> {
    if filter.currency != Currency::EUR {
        return None;
    }
    let money = |minor| Money::from_minor(minor, Currency::EUR);
    let line = |cause: &str, minor: i64, balance| StatementLine {
        at: at(3_000),
        cause: cause.to_owned(),
        payment: Some((crate::samples::id(0), "order-1001-a".to_owned())),
        debit: (minor > 0).then(|| money(minor)),
        credit: (minor < 0).then(|| money(-minor)),
        balance: money(balance),
    };
    Some(StatementView {
        account: "Seller pending".to_owned(),
        owner: Some("Ada\u{2019}s Books".to_owned()),
        from: filter.from.unwrap_or(at(0).date()),
        to: filter.to.unwrap_or(at(4_000).date()),
        is_backwards: filter.from.zip(filter.to).is_some_and(|(from, to)| from > to),
        opening: money(-1_200),
        debits: money(950),
        credits: money(-4_749),
        closing: money(-4_999),
        lines: vec![line("captured/4999", -4_749, -5_949), line("refunded/1000", 950, -4_999)],
        next: filter.after.is_none().then(|| "later".to_owned()),
        as_of: at(4_000),
    })
}
