//! What the pages about bank files ask.

use app::error::AppError;
use app::ports::bank_files::BankFilesPort;
use app::view::bank_files::{
    BankAccountRow, BankFileRow, BankFilesView, BankReportRow, BankReportView, BankSaid, FilePlace,
};
use app::view::staff::Operator;
use async_trait::async_trait;
use domain::id::{BankReportId, PayoutFileId};
use domain::permission::Action;
use engine::payouts::bank_files::{self, Pending, Progress, Report, Said, Spot};
use time::OffsetDateTime;

use super::unavailable;
use crate::console::actions::FILE_BYTES_MAX;
use crate::console::session::role;
use crate::wiring::Services;

/// How many files one page shows.
const PAGE: u16 = 50;

/// Answers the pages about bank files.
pub struct BankFiles(pub Services);

#[async_trait]
impl BankFilesPort for BankFiles {
    async fn list(
        &self,
        operator: &Operator,
        after: Option<PayoutFileId>,
    ) -> Result<BankFilesView, AppError> {
        let as_of = OffsetDateTime::now_utc();
        let (pool, shop) = (self.0.pool(), operator.shop);
        let pending = bank_files::pending(pool, shop).await.map_err(unavailable)?;
        let page = bank_files::progress(pool, shop, after, PAGE).await.map_err(unavailable)?;
        let reports = bank_files::reports(pool, shop).await.map_err(unavailable)?;
        let role = role(operator);
        Ok(BankFilesView {
            accounts: pending.into_iter().map(account).collect(),
            files: page.rows.into_iter().map(file).collect(),
            next: page.next,
            reports: reports.into_iter().map(report).collect(),
            max_bytes: FILE_BYTES_MAX as u64,
            may_make: role.may(Action::MakeBankFile),
            may_read: role.may(Action::ReadBankReport),
            as_of,
        })
    }

    async fn report(
        &self,
        operator: &Operator,
        id: BankReportId,
    ) -> Result<BankReportView, AppError> {
        let as_of = OffsetDateTime::now_utc();
        let found = bank_files::report(self.0.pool(), operator.shop, id).await;
        let (row, said) = found.map_err(unavailable)?.ok_or(AppError::NotFound)?;
        Ok(BankReportView { row: report(row), said: said.map(self::said), as_of })
    }
}

fn account(pending: Pending) -> BankAccountRow {
    let Pending { account, payouts, total } = pending;
    BankAccountRow { name: account.name, iban: account.debtor.iban.masked(), payouts, total }
}

fn file(progress: Progress) -> BankFileRow {
    let Progress { file, account_name, made_by, answered, accepted, rejected, booked } = progress;
    BankFileRow {
        id: file.id,
        account: account_name,
        made_by,
        payouts: file.payouts.into(),
        total: file.total,
        execution_on: file.execution_on,
        answered,
        accepted,
        rejected,
        booked,
        created_at: file.created_at,
    }
}

fn report(report: Report) -> BankReportRow {
    BankReportRow {
        id: report.id,
        name: report.name,
        format: report.format,
        read_by: report.read_by,
        changed: report.changed.into(),
        finished_at: report.finished_at,
        created_at: report.created_at,
    }
}

fn said(said: Said) -> BankSaid {
    let place = |spot: Spot| FilePlace { line: spot.line, column: spot.column };
    let odd = said.odd.into_iter();
    let unknown = said.unknown.into_iter();
    let warnings = said.warnings.into_iter();
    BankSaid {
        changed: said.changed,
        changed_total: said.changed_total as u64,
        known: said.known as u64,
        undecided: said.undecided as u64,
        odd: odd.map(|(spot, payout, why)| (spot.map(place), payout, why)).collect(),
        odd_total: said.odd_total as u64,
        unknown: unknown.map(|(spot, why)| (spot.map(place), why)).collect(),
        unknown_total: said.unknown_total as u64,
        unrelated: said.unrelated as u64,
        warnings: warnings.map(|(spot, why)| (place(spot), why)).collect(),
        warnings_total: said.warnings_total as u64,
    }
}
