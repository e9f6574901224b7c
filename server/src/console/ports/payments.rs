//! What the payments pages ask.

use app::error::AppError;
use app::ports::payments::PaymentsPort;
use app::view::mismatches::{MismatchKind, MismatchState};
use app::view::payments::{
    PaymentFilter, PaymentListView, PaymentMismatch, PaymentRow, PaymentView,
};
use app::view::staff::Operator;
use async_trait::async_trait;
use domain::id::PaymentId;
use engine::payments::PaymentRecord;
use engine::timeline::{Filter, Listed, Mismatch, Story, list, story};
use time::OffsetDateTime;

use super::{story as told, unavailable, words};
use crate::wiring::Services;

/// How many payments one page shows.
const PAGE: usize = 50;
/// Longer searches find nothing.
const QUERY_LENGTH_MAX: usize = 200;

/// Answers the payments pages.
pub struct Payments(pub Services);

#[async_trait]
impl PaymentsPort for Payments {
    async fn list(
        &self,
        operator: &Operator,
        filter: PaymentFilter,
    ) -> Result<PaymentListView, AppError> {
        let as_of = OffsetDateTime::now_utc();
        let empty = PaymentListView { rows: Vec::new(), next: None, as_of };
        if filter.query.len() > QUERY_LENGTH_MAX || filter.query.contains('\0') {
            return Ok(empty);
        }
        let filter = Filter {
            query: filter.query,
            status: filter.status,
            after: filter.after.and_then(|after| after.parse().ok()),
        };
        let page = list(self.0.pool(), operator.shop, &filter, PAGE).await.map_err(unavailable)?;
        Ok(PaymentListView {
            rows: page.payments.into_iter().map(row).collect(),
            next: page.next.map(|id| id.to_string()),
            as_of,
        })
    }

    async fn payment(&self, operator: &Operator, id: PaymentId) -> Result<PaymentView, AppError> {
        let pool = self.0.pool();
        let found = engine::payments::find(pool, operator.shop, id).await.map_err(unavailable)?;
        let payment = found.ok_or(AppError::NotFound)?;
        let story = story(pool, operator.shop, id).await.map_err(unavailable)?;
        Ok(view(payment, &story.ok_or(AppError::NotFound)?))
    }
}

pub(super) fn row(listed: Listed) -> PaymentRow {
    PaymentRow {
        id: listed.id,
        reference: listed.reference,
        seller: listed.seller,
        status: listed.status,
        amount: listed.amount,
        created_at: listed.created_at,
    }
}

pub(super) fn view(payment: PaymentRecord, story: &Story) -> PaymentView {
    let state = &payment.state;
    PaymentView {
        id: payment.id,
        checkout: payment.checkout,
        checkout_reference: story.checkout_reference.clone(),
        status: state.status(),
        amount: state.amount,
        authorized: state.authorized,
        captured: state.captured,
        refunded: state.refunded,
        settled: state.settled,
        fee: state.fee,
        processor: story.attempts.last().map(|attempt| words::processor(&attempt.processor)),
        timeline: told::timeline(story, state.amount.currency()),
        mismatches: story.mismatches.iter().filter_map(mismatch).collect(),
        created_at: story.created_at,
        as_of: OffsetDateTime::now_utc(),
        reference: payment.reference,
        seller: payment.seller_name,
        processor_reference: payment.processor_reference,
    }
}

fn mismatch(mismatch: &Mismatch) -> Option<PaymentMismatch> {
    Some(PaymentMismatch {
        id: mismatch.id,
        kind: MismatchKind::from_word(&mismatch.kind)?,
        state: MismatchState::from_word(&mismatch.state)?,
    })
}
