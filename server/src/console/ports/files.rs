//! What the files pages ask.

use app::error::AppError;
use app::ports::files::FilesPort;
use app::view::files::{
    FileCounts, FileLine, FileListView, FileReportView, FileRow, FileState, FileTotal, LineOutcome,
    ProcessorAccountChoice, RefusedRow,
};
use app::view::staff::Operator;
use async_trait::async_trait;
use domain::id::SettlementFileId;
use domain::permission::Action;
use engine::reconciliation::reports::{self, FileHead, FileReport, LineRecord};
use engine::reconciliation::take_in::Counts;
use time::OffsetDateTime;

use super::mismatches::row as mismatch_row;
use super::{unavailable, words};
use crate::console::actions::FILE_BYTES_MAX;
use crate::console::session::role;
use crate::wiring::Services;

/// How many files the list shows.
const FILES: u32 = 100;
/// How many lines a report shows.
const LINES: u32 = 500;

/// Answers the files pages.
pub struct Files(pub Services);

#[async_trait]
impl FilesPort for Files {
    async fn list(&self, operator: &Operator) -> Result<FileListView, AppError> {
        let (pool, shop) = (self.0.pool(), operator.shop);
        let as_of = OffsetDateTime::now_utc();
        let heads = reports::files(pool, shop, FILES).await.map_err(unavailable)?;
        let accounts = engine::shops::processor_accounts(pool, shop).await.map_err(unavailable)?;
        Ok(FileListView {
            files: heads.into_iter().map(file_row).collect(),
            processor_accounts: accounts
                .into_iter()
                .map(|account| ProcessorAccountChoice {
                    id: account.id,
                    name: format!("{} ({})", words::processor(&account.processor), account.name),
                })
                .collect(),
            max_bytes: FILE_BYTES_MAX as u64,
            may_upload: role(operator).may(Action::TakeInFile),
            as_of,
        })
    }

    async fn file(
        &self,
        operator: &Operator,
        id: SettlementFileId,
    ) -> Result<FileReportView, AppError> {
        let found = reports::report(self.0.pool(), operator.shop, id, LINES).await;
        report(found.map_err(unavailable)?.ok_or(AppError::NotFound)?)
    }
}

fn state(head: &FileHead) -> FileState {
    if head.refusal.is_some() { FileState::Refused } else { FileState::Matched }
}

fn counts(counts: Counts) -> FileCounts {
    FileCounts {
        matched: counts.matched.into(),
        mismatched: counts.mismatched.into(),
        missing: counts.missing.into(),
        refused: counts.refused.into(),
    }
}

fn file_row(head: FileHead) -> FileRow {
    FileRow {
        id: head.id,
        state: state(&head),
        processor_account: head.account.1,
        counts: counts(head.counts),
        received_at: head.created_at,
        name: head.name,
    }
}

fn report(report: FileReport) -> Result<FileReportView, AppError> {
    let head = report.head;
    let mismatches =
        report.mismatches.iter().map(mismatch_row).collect::<Result<Vec<_>, AppError>>()?;
    Ok(FileReportView {
        id: head.id,
        state: state(&head),
        refusal: head.refusal.map(|(line, reason)| format!("{}:{line}: {reason}", head.name)),
        counts: counts(head.counts),
        totals: report
            .totals
            .iter()
            .map(|total| FileTotal { gross: total.gross, fee: total.fee, net: total.net })
            .collect(),
        lines: report.lines.into_iter().map(line).collect(),
        lines_total: report.lines_total,
        mismatches,
        refused: report
            .refused
            .into_iter()
            .map(|row| RefusedRow { number: row.number, reason: row.reason, content: row.raw })
            .collect(),
        received_at: head.created_at,
        as_of: OffsetDateTime::now_utc(),
        name: head.name,
        processor_account: head.account.1,
        sha256: head.sha256,
        received_from: head.taken_in_by,
    })
}

fn line(line: LineRecord) -> FileLine {
    FileLine {
        number: line.number,
        operation: line.kind,
        reference: line.processor_reference,
        payment: line.payment,
        gross: line.gross,
        fee: line.fee,
        net: line.net,
        outcome: if line.agrees { LineOutcome::Matched } else { LineOutcome::Mismatched },
    }
}
