//! Ports that answer with the samples. The id that is asked for chooses the sample.

use std::sync::Arc;

use app::error::AppError;
use app::ports::Ports;
use app::ports::alerts::AlertsPort;
use app::ports::bank_files::BankFilesPort;
use app::ports::checkouts::CheckoutsPort;
use app::ports::dead_letters::DeadLettersPort;
use app::ports::exchanges::ExchangesPort;
use app::ports::files::FilesPort;
use app::ports::ledger::LedgerPort;
use app::ports::mismatches::MismatchesPort;
use app::ports::payments::PaymentsPort;
use app::ports::payouts::PayoutsPort;
use app::ports::processors::ProcessorsPort;
use app::ports::proof::ProofPort;
use app::ports::sellers::SellersPort;
use app::ports::staff::StaffPort;
use app::ports::webhooks::WebhooksPort;
use app::ports::why::WhyPort;
use app::view::alerts::{AlertFilter, AlertListView, AlertView};
use app::view::bank_files::{BankFilesView, BankReportView};
use app::view::checkouts::{CheckoutView, StatusView};
use app::view::dead_letters::{DeadLetterFilter, DeadLetterListView, DeadLetterView};
use app::view::exchanges::ExchangeView;
use app::view::files::{FileListView, FileReportView};
use app::view::ledger::{StatementFilter, StatementView, TrialBalanceView};
use app::view::mismatches::{MismatchFilter, MismatchQueueView, MismatchView, OverviewView};
use app::view::payments::{PaymentFilter, PaymentListView, PaymentView};
use app::view::payouts::{PayoutFilter, PayoutListView, PayoutView, SellerPayoutsView, Wish};
use app::view::processors::{ProcessorView, ProcessorsView};
use app::view::proof::ProofView;
use app::view::revenue::{RevenueFilter, RevenueView};
use app::view::seller_history::SellerHistoryView;
use app::view::sellers::{SellerListView, SellerView};
use app::view::staff::{Operator, SignInView};
use app::view::webhooks::{WebhookFilter, WebhookListView, WebhookView};
use app::view::why::WhyView;
use async_trait::async_trait;
use domain::id::{
    AlertId, BankReportId, CheckoutId, InboundWebhookId, JobId, MismatchId, PaymentId,
    PayoutFileId, PayoutId, ProcessorAccountId, QuoteId, SellerId, SettlementFileId,
};

use time::Date;

use crate::samples;

/// The samples behind all ports.
pub(crate) fn ports() -> Ports {
    Ports {
        checkouts: Arc::new(Samples),
        payments: Arc::new(Samples),
        mismatches: Arc::new(Samples),
        ledger: Arc::new(Samples),
        sellers: Arc::new(Samples),
        exchanges: Arc::new(Samples),
        payouts: Arc::new(Samples),
        bank_files: Arc::new(Samples),
        proof: Arc::new(Samples),
        files: Arc::new(Samples),
        webhooks: Arc::new(Samples),
        alerts: Arc::new(Samples),
        processors: Arc::new(Samples),
        dead_letters: Arc::new(Samples),
        staff: Arc::new(Samples),
        why: Arc::new(Samples),
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
impl WhyPort for Samples {
    async fn why(&self, _: &Operator, query: &str) -> Result<WhyView, AppError> {
        Ok(samples::why::answer(query))
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
impl DeadLettersPort for Samples {
    async fn list(
        &self,
        _: &Operator,
        filter: DeadLetterFilter,
    ) -> Result<DeadLetterListView, AppError> {
        Ok(samples::dead_letters::list(&filter))
    }

    async fn dead_letter(&self, _: &Operator, id: JobId) -> Result<DeadLetterView, AppError> {
        samples::dead_letters::one(id).ok_or(AppError::NotFound)
    }
}

#[async_trait]
impl LedgerPort for Samples {
    async fn trial_balance(
        &self,
        _: &Operator,
        day: Option<Date>,
    ) -> Result<TrialBalanceView, AppError> {
        Ok(samples::ledger::trial_balance(day))
    }

    async fn statement(
        &self,
        _: &Operator,
        filter: StatementFilter,
    ) -> Result<StatementView, AppError> {
        samples::ledger::statement(&filter).ok_or(AppError::NotFound)
    }

    async fn revenue(&self, _: &Operator, filter: RevenueFilter) -> Result<RevenueView, AppError> {
        Ok(samples::revenue::revenue(filter))
    }
}

#[async_trait]
impl SellersPort for Samples {
    async fn list(&self, _: &Operator) -> Result<SellerListView, AppError> {
        Ok(samples::sellers::list())
    }

    async fn seller(&self, _: &Operator, id: SellerId) -> Result<SellerView, AppError> {
        samples::sellers::one(id).ok_or(AppError::NotFound)
    }

    async fn history(&self, _: &Operator, id: SellerId) -> Result<SellerHistoryView, AppError> {
        samples::sellers::history(id).ok_or(AppError::NotFound)
    }
}

#[async_trait]
impl ExchangesPort for Samples {
    async fn of_seller(
        &self,
        _: &Operator,
        seller: SellerId,
        quote: Option<QuoteId>,
    ) -> Result<ExchangeView, AppError> {
        samples::exchanges::of_seller(seller, quote).ok_or(AppError::NotFound)
    }
}

#[async_trait]
impl PayoutsPort for Samples {
    async fn list(&self, _: &Operator, filter: PayoutFilter) -> Result<PayoutListView, AppError> {
        Ok(samples::payouts::list(&filter))
    }

    async fn payout(&self, _: &Operator, id: PayoutId) -> Result<PayoutView, AppError> {
        samples::payouts::one(id).ok_or(AppError::NotFound)
    }

    async fn of_seller(
        &self,
        _: &Operator,
        seller: SellerId,
        wish: Option<Wish>,
    ) -> Result<SellerPayoutsView, AppError> {
        Ok(samples::payouts::of_seller(seller, wish))
    }
}

#[async_trait]
impl BankFilesPort for Samples {
    async fn list(
        &self,
        _: &Operator,
        after: Option<PayoutFileId>,
    ) -> Result<BankFilesView, AppError> {
        Ok(samples::bank_files::list(after))
    }

    async fn report(&self, _: &Operator, id: BankReportId) -> Result<BankReportView, AppError> {
        samples::bank_files::report(id).ok_or(AppError::NotFound)
    }
}

#[async_trait]
impl ProofPort for Samples {
    async fn proof(&self, _: &Operator) -> Result<ProofView, AppError> {
        Ok(samples::proof::proof())
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

#[async_trait]
impl WebhooksPort for Samples {
    async fn list(&self, _: &Operator, filter: WebhookFilter) -> Result<WebhookListView, AppError> {
        Ok(samples::webhooks::list(&filter))
    }

    async fn webhook(&self, _: &Operator, id: InboundWebhookId) -> Result<WebhookView, AppError> {
        samples::webhooks::one(id).ok_or(AppError::NotFound)
    }
}

#[async_trait]
impl ProcessorsPort for Samples {
    async fn list(&self, _: &Operator) -> Result<ProcessorsView, AppError> {
        Ok(samples::processors::list())
    }

    async fn processor(
        &self,
        _: &Operator,
        id: ProcessorAccountId,
    ) -> Result<ProcessorView, AppError> {
        samples::processors::one(id).ok_or(AppError::NotFound)
    }
}

#[async_trait]
impl AlertsPort for Samples {
    async fn list(&self, _: &Operator, filter: AlertFilter) -> Result<AlertListView, AppError> {
        Ok(samples::alerts::list(&filter))
    }

    async fn alert(&self, _: &Operator, id: AlertId) -> Result<AlertView, AppError> {
        samples::alerts::one(id).ok_or(AppError::NotFound)
    }
}
