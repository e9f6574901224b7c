//! What the page "Why?" asks.

use app::error::AppError;
use app::ports::why::WhyPort;
use app::view::payments::PaymentRow;
use app::view::staff::Operator;
use app::view::why::{self, DeliveryRow, Found, JobRow, RouteRow, WhyView};
use async_trait::async_trait;
use domain::id::{PaymentId, ShopId};
use engine::why::Explanation;
use time::OffsetDateTime;

use super::{payments, unavailable};
use crate::wiring::Services;

/// Answers the page.
pub struct Why(pub Services);

#[async_trait]
impl WhyPort for Why {
    async fn why(&self, operator: &Operator, query: &str) -> Result<WhyView, AppError> {
        let query = query.trim();
        let found = if query.is_empty() {
            Found::NotAsked
        } else {
            let ids = engine::why::find(self.0.pool(), operator.shop, query).await;
            match ids.map_err(unavailable)?.as_slice() {
                [] => Found::Nothing,
                [id] => self.one(operator.shop, *id).await?,
                ids => Found::Several { payments: self.rows(operator.shop, ids).await? },
            }
        };
        Ok(WhyView { query: query.to_owned(), found, as_of: OffsetDateTime::now_utc() })
    }
}

impl Why {
    async fn one(&self, shop: ShopId, id: PaymentId) -> Result<Found, AppError> {
        let pool = self.0.pool();
        let explained = engine::why::explain(pool, shop, id).await.map_err(unavailable)?;
        let story = engine::timeline::story(pool, shop, id).await.map_err(unavailable)?;
        let (explained, story) = explained.zip(story).ok_or(AppError::NotFound)?;
        let payment = payments::view(explained.payment.clone(), &story);
        Ok(Found::One(Box::new(explanation(explained, payment))))
    }

    async fn rows(&self, shop: ShopId, ids: &[PaymentId]) -> Result<Vec<PaymentRow>, AppError> {
        let listed = engine::timeline::some(self.0.pool(), shop, ids).await.map_err(unavailable)?;
        Ok(listed.into_iter().map(payments::row).collect())
    }
}

fn explanation(of: Explanation, payment: app::view::payments::PaymentView) -> why::Explanation {
    why::Explanation {
        processor_message: of.payment.failure.map(|(_, said)| said),
        payment,
        reason: of.reason,
        turn: of.turn,
        since: of.since,
        support_code: of.support_code.to_string(),
        jobs: of
            .jobs
            .into_iter()
            .map(|job| JobRow {
                kind: job.kind,
                tries: job.tries,
                due_at: job.due_at,
                error: job.error,
            })
            .collect(),
        routes: of
            .routes
            .into_iter()
            .map(|route| RouteRow {
                operation: route.operation,
                account: route.account,
                reason: route.reason,
                at: route.at,
            })
            .collect(),
        deliveries: of
            .deliveries
            .into_iter()
            .map(|delivery| DeliveryRow {
                event: delivery.event,
                endpoint: delivery.endpoint,
                tries: delivery.tries,
                answer: delivery.answer,
                at: delivery.at,
            })
            .collect(),
    }
}
