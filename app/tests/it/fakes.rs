//! Ports that answer with the samples. The id that is asked for chooses the sample.

use std::sync::Arc;

use app::error::AppError;
use app::ports::Ports;
use app::ports::checkouts::CheckoutsPort;
use app::ports::files::FilesPort;
use app::ports::ledger::LedgerPort;
use app::ports::mismatches::MismatchesPort;
use app::ports::payments::PaymentsPort;
use app::ports::staff::StaffPort;
use app::view::checkouts::{CheckoutView, StatusView};
use app::view::files::{FileListView, FileReportView};
use app::view::ledger::TrialBalanceView;
use app::view::mismatches::{MismatchFilter, MismatchQueueView, MismatchView, OverviewView};
use app::view::payments::{PaymentFilter, PaymentListView, PaymentView};
use app::view::staff::{Operator, SignInView};
use async_trait::async_trait;
use domain::id::{CheckoutId, MismatchId, PaymentId, SettlementFileId};

use crate::samples;

/// The samples behind all ports.
pub(crate) fn ports() -> Ports {
    Ports {
        checkouts: Arc::new(Samples),
        payments: Arc::new(Samples),
        mismatches: Arc::new(Samples),
        ledger: Arc::new(Samples),
        files: Arc::new(Samples),
        staff: Arc::new(Samples),
        processor_origins: Arc::new(["https://pay.example".to_owned()]),
    }
}

struct Samples;

#[async_trait]
impl CheckoutsPort for Samples {
    async fn checkout(&self, id: CheckoutId, key: &str) -> Result<CheckoutView, AppError> {
        samples::checkout(id, key).ok_or(AppError::NotFound)
    }

    async fn status(&self, id: CheckoutId, key: &str) -> Result<StatusView, AppError> {
        samples::status(id, key).ok_or(AppError::NotFound)
    }
}

#[async_trait]
impl PaymentsPort for Samples {
    async fn list(&self, _: &Operator, filter: PaymentFilter) -> Result<PaymentListView, AppError> {
        Ok(samples::payments::list(&filter))
    }

    async fn payment(&self, _: &Operator, id: PaymentId) -> Result<PaymentView, AppError> {
        samples::payments::one(id).ok_or(AppError::NotFound)
    }
}

#[async_trait]
impl MismatchesPort for Samples {
    async fn overview(&self, _: &Operator) -> Result<OverviewView, AppError> {
        Ok(samples::mismatches::overview())
    }

    async fn queue(
        &self,
        _: &Operator,
        filter: MismatchFilter,
    ) -> Result<MismatchQueueView, AppError> {
        Ok(samples::mismatches::queue(&filter))
    }

    async fn mismatch(
        &self,
        _: &Operator,
        id: MismatchId,
        preview: Option<&str>,
    ) -> Result<MismatchView, AppError> {
        samples::mismatches::one(id, preview).ok_or(AppError::NotFound)
    }
}

#[async_trait]
impl LedgerPort for Samples {
    async fn trial_balance(&self, _: &Operator) -> Result<TrialBalanceView, AppError> {
        Ok(samples::ledger::trial_balance())
    }
}

#[async_trait]
impl FilesPort for Samples {
    async fn list(&self, _: &Operator) -> Result<FileListView, AppError> {
        Ok(samples::files::list())
    }

    async fn file(&self, _: &Operator, id: SettlementFileId) -> Result<FileReportView, AppError> {
        samples::files::one(id).ok_or(AppError::NotFound)
    }
}

#[async_trait]
impl StaffPort for Samples {
    async fn sign_in(&self) -> Result<SignInView, AppError> {
        Ok(SignInView { is_demo: true })
    }
}
