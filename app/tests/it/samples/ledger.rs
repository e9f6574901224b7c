//! Sample books.

use app::view::ledger::{AccountBalance, CurrencyBalance, TrialBalanceView};
use domain::account::AccountType::{self, Asset, Expense, Liability, Revenue};
use domain::currency::Currency;
use domain::money::Money;

use crate::samples::at;

/// The books after a few sales in two currencies.
pub(crate) fn trial_balance() -> TrialBalanceView {
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
            account_type,
            debit: (minor > 0).then(|| money(minor)),
            credit: (minor < 0).then(|| money(-minor)),
        })
        .collect();
    CurrencyBalance { currency, rows, debit_total, credit_total }
}
