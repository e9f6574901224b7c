//! What the pages of the books ask.

use std::collections::BTreeMap;

use app::error::AppError;
use app::ports::ledger::LedgerPort;
use app::view::ledger::{
    AccountBalance, CurrencyBalance, StatementFilter, StatementLine, StatementView,
    TrialBalanceView,
};
use app::view::revenue::{RevenueFilter, RevenueView};
use app::view::staff::Operator;
use async_trait::async_trait;
use domain::account::{Account, AccountKind};
use domain::currency::Currency;
use domain::id::ShopId;
use domain::money::Money;
use engine::db::Fault;
use engine::ledger::BalanceRow;
use engine::ledger::statement::{self, Line, Wanted};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::{revenue, unavailable, words};
use crate::wiring::Services;

/// Answers the pages of the books.
pub struct Ledger(pub Services);

#[async_trait]
impl LedgerPort for Ledger {
    async fn trial_balance(
        &self,
        operator: &Operator,
        day: Option<Date>,
    ) -> Result<TrialBalanceView, AppError> {
        let as_of = OffsetDateTime::now_utc();
        let (pool, shop) = (self.0.pool(), operator.shop);
        let rows = match day {
            None => engine::ledger::trial_balance(pool, shop).await,
            Some(day) => engine::ledger::trial_balance_of(pool, shop, day).await,
        };
        let rows = rows.map_err(unavailable)?;
        let mut by_currency = BTreeMap::<Currency, Vec<BalanceRow>>::new();
        for row in rows {
            by_currency.entry(row.balance.currency()).or_default().push(row);
        }
        let currencies = by_currency
            .into_iter()
            .map(|(currency, rows)| balance(currency, rows))
            .collect::<Result<_, _>>()?;
        Ok(TrialBalanceView { currencies, day, as_of })
    }

    async fn statement(
        &self,
        operator: &Operator,
        filter: StatementFilter,
    ) -> Result<StatementView, AppError> {
        let after = filter.after.as_deref().map(str::parse).transpose();
        let after = after.map_err(|_| AppError::NotFound)?;
        let (wanted, is_backwards) = match wanted(operator.shop, &filter) {
            Ok(wanted) => (wanted, false),
            Err(Unwanted::Backwards(wanted)) => (wanted, true),
            Err(Unwanted::NoAccount) => return Err(AppError::NotFound),
        };
        let pool = self.0.pool();
        let rows = engine::ledger::trial_balance(pool, operator.shop).await.map_err(unavailable)?;
        let is_it = |row: &BalanceRow| {
            row.kind == filter.account
                && row.owner_id == wanted.account.owner()
                && row.balance.currency() == wanted.currency
        };
        let found = rows.into_iter().find(is_it).ok_or(AppError::NotFound)?;
        let nothing = Money::zero(wanted.currency);
        let mut view = StatementView {
            account: words::account(found.kind).to_owned(),
            owner: found.owner,
            from: wanted.from,
            to: wanted.to,
            is_backwards,
            opening: nothing,
            debits: nothing,
            credits: nothing,
            closing: nothing,
            lines: Vec::new(),
            next: None,
            as_of: OffsetDateTime::now_utc(),
        };
        if is_backwards {
            return Ok(view);
        }
        let statement = statement::statement(pool, &wanted, after).await.map_err(unavailable)?;
        (view.opening, view.closing) = (statement.opening, statement.closing);
        (view.debits, view.credits) = (statement.debits, statement.credits);
        view.lines = statement.lines.into_iter().map(line).collect();
        view.next = statement.next.map(|place| place.to_string());
        Ok(view)
    }

    async fn revenue(
        &self,
        operator: &Operator,
        filter: RevenueFilter,
    ) -> Result<RevenueView, AppError> {
        revenue::view(&self.0, operator, filter).await
    }
}

/// The statement that an address asks for: by default that of this month.
///
/// # Errors
/// [`Unwanted`].
pub fn wanted(shop: ShopId, filter: &StatementFilter) -> Result<Wanted, Unwanted> {
    let owner = filter.owner.as_deref().map(Uuid::parse_str).transpose();
    let account = owner.ok().and_then(|owner| Account::of(filter.account, owner));
    let to = filter.to.unwrap_or_else(|| OffsetDateTime::now_utc().date());
    let from = filter.from.unwrap_or_else(|| to.replace_day(1).unwrap_or(to));
    let account = account.ok_or(Unwanted::NoAccount)?;
    let wanted = Wanted { shop, account, currency: filter.currency, from, to };
    if from <= to { Ok(wanted) } else { Err(Unwanted::Backwards(wanted)) }
}

/// Why there is no such statement.
#[derive(Debug, Clone, Copy)]
pub enum Unwanted {
    /// There can be no such account.
    NoAccount,
    /// The first day is after the last.
    Backwards(Wanted),
}

/// The address of the statement of an account of this kind and owner.
pub fn address(kind: AccountKind, owner: Option<Uuid>, currency: Currency) -> String {
    let owner = owner.map(|owner| format!("&owner={owner}")).unwrap_or_default();
    format!("/console/ledger/{}?currency={currency}{owner}", kind.as_str())
}

fn line(line: Line) -> StatementLine {
    let (debit, credit) = words::columns(line.amount);
    StatementLine {
        at: line.place.recorded_at,
        cause: line.cause,
        payment: line.payment,
        debit,
        credit,
        balance: line.balance,
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
            let statement = address(row.kind, row.owner_id, row.balance.currency());
            AccountBalance {
                account,
                owner: row.owner,
                statement,
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
