//! Sample answers of the page "Why?". What is asked chooses the sample.

use app::view::payments::PaymentFilter;
use app::view::why::{DeliveryRow, Explanation, Found, JobRow, RouteRow, WhyView};
use domain::why::{Reason, Turn};

use crate::samples::{at, id, payments};

/// One payment for an id, several for `several`, else nothing.
pub(crate) fn answer(query: &str) -> WhyView {
    let found = match query {
        "" => Found::NotAsked,
        "several" => Found::Several { payments: payments::list(&PaymentFilter::default()).rows },
        "waits" => Found::One(Box::new(waiting())),
        _ => Found::Nothing,
    };
    WhyView { query: query.to_owned(), found, as_of: at(4_000) }
}

fn waiting() -> Explanation {
    let error = "503 Service Unavailable <b>".to_owned();
    Explanation {
        payment: payments::one(id(0)).expect("the sample exists"),
        reason: Reason::Retrying { tries: 4, error: error.clone() },
        turn: Turn::Paydesk,
        since: at(60),
        support_code: "7GK2-M9QX-4TB".to_owned(),
        processor_message: Some("The card was declined.".to_owned()),
        jobs: vec![JobRow {
            kind: "execute_payment".to_owned(),
            tries: 4,
            due_at: Some(at(4_010)),
            error: Some(error),
        }],
        routes: vec![RouteRow {
            operation: "authorize".to_owned(),
            account: "north-main".to_owned(),
            reason: Some("It is the cheapest account that takes cards in EUR.".to_owned()),
            at: at(30),
        }],
        deliveries: vec![DeliveryRow {
            event: "payment.action_required".to_owned(),
            endpoint: Some("analytics".to_owned()),
            tries: 2,
            answer: Some("500".to_owned()),
            at: at(40),
        }],
    }
}
