//! What the ledger page asks.

use std::collections::BTreeMap;

use app::error::AppError;
use app::ports::ledger::LedgerPort;
use app::view::ledger::{AccountBalance, CurrencyBalance, TrialBalanceView};
use app::view::staff::Operator;
use async_trait::async_trait;
use domain::account::AccountKind;
use domain::currency::Currency;
use domain::money::Money;
use engine::db::Fault;
use engine::ledger::BalanceRow;
use time::OffsetDateTime;

use super::{unavailable, words};
use crate::wiring::Services;

/// Answers the ledger page.
pub struct Ledger(pub Services);

#[async_trait]
impl LedgerPort for Ledger {
    async fn trial_balance(&self, operator: &Operator) -> Result<TrialBalanceView, AppError> {
        let as_of = OffsetDateTime::now_utc();
        let rows = engine::ledger::trial_balance(self.0.pool(), operator.shop)
            .await
            .map_err(unavailable)?;
        let mut by_currency = BTreeMap::<Currency, Vec<BalanceRow>>::new();
        for row in rows {
            by_currency.entry(row.balance.currency()).or_default().push(row);
        }
        let currencies = by_currency
            .into_iter()
            .map(|(currency, rows)| balance(currency, rows))
            .collect::<Result<_, _>>()?;
        Ok(TrialBalanceView { currencies, as_of })
    }
}

fn balance(currency: Currency, mut rows: Vec<BalanceRow>) -> Result<CurrencyBalance, AppError> {
    let place = |kind| AccountKind::ALL.iter().position(|one| *one == kind);
    rows.sort_by(|one, other| {
        (place(one.kind), &one.owner).cmp(&(place(other.kind), &other.owner))
    });
    let rows: Vec<AccountBalance> = rows
        .into_iter()
        .map(|row| {
            let (debit, credit) = words::columns(row.balance);
            let account = words::account(row.kind).to_owned();
            AccountBalance {
                account,
                owner: row.owner,
                account_type: row.account_type,
                debit,
                credit,
            }
        })
        .collect();
    let sum = |side: fn(&AccountBalance) -> Option<Money>| {
        Money::sum(currency, rows.iter().filter_map(side))
            .map_err(|error| unavailable(Fault::Broken(error.to_string())))
    };
    let (debit_total, credit_total) = (sum(|row| row.debit)?, sum(|row| row.credit)?);
    Ok(CurrencyBalance { currency, rows, debit_total, credit_total })
}
