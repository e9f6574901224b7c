//! Sample payments.

use app::view::mismatches::{MismatchKind, MismatchState};
use app::view::payments::{
    EntryView, PaymentFilter, PaymentListView, PaymentMismatch, PaymentRow, PaymentView,
    TimelineEntry, TimelineFact,
};
use domain::id::PaymentId;
use domain::payment::Status;

use crate::samples::{at, eur, id, number};

/// A list with one payment of each status, or none for a search that fits nothing.
pub(crate) fn list(filter: &PaymentFilter) -> PaymentListView {
    let fits = |status: Status| filter.status.is_none_or(|wanted| wanted == status);
    let rows = if filter.query == "nothing" {
        Vec::new()
    } else {
        Status::ALL
            .iter()
            .copied()
            .filter(|&status| fits(status))
            .zip(0_u32..)
            .map(|(status, index)| row(status, index))
            .collect()
    };
    let next = (filter.after.is_none() && !rows.is_empty()).then(|| "2026-11-20".to_owned());
    PaymentListView { rows, next, as_of: at(4_000) }
}

fn row(status: Status, index: u32) -> PaymentRow {
    let sellers = ["Ada\u{2019}s Books", "Nordlys Keramik", "Teehaus am See"];
    PaymentRow {
        id: id(u128::from(index)),
        reference: format!("FF-2026-{}", 1_187 - index),
        seller: sellers[index as usize % 3].to_owned(),
        status,
        amount: eur(i64::from(index) * 37_411 + 990),
        created_at: at(-i64::from(index) * 1_234),
    }
}

/// The payment number 0.
pub(crate) fn one(payment: PaymentId) -> Option<PaymentView> {
    (number(payment) == 0).then(|| PaymentView {
        id: payment,
        reference: "FF-2026-1187-B".to_owned(),
        checkout: id(0),
        checkout_reference: "FF-2026-1187".to_owned(),
        seller: "Nordlys Keramik".to_owned(),
        status: Status::Captured,
        amount: eur(119_499),
        authorized: eur(119_499),
        captured: eur(119_499),
        refunded: eur(0),
        settled: eur(118_999),
        fee: eur(5_975),
        processor: Some("Sandbox".to_owned()),
        processor_reference: Some("psp_8fK2mQ".to_owned()),
        timeline: timeline(),
        mismatches: vec![PaymentMismatch {
            id: id(0),
            kind: MismatchKind::Amount,
            state: MismatchState::Open,
        }],
        created_at: at(0),
        as_of: at(4_000),
    })
}

fn timeline() -> Vec<TimelineEntry> {
    let transition = |seconds, event: &str, from, to, actor: &str| TimelineEntry {
        at: at(seconds),
        fact: TimelineFact::Transition {
            event: event.to_owned(),
            from,
            to,
            actor: actor.to_owned(),
            amount: None,
            irregular: None,
        },
    };
    vec![
        transition(0, "created", None, Status::Pending, "api"),
        TimelineEntry {
            at: at(41),
            fact: TimelineFact::Attempt {
                operation: "authorize".to_owned(),
                processor: "Sandbox".to_owned(),
                state: "done".to_owned(),
                nonce: "att_01je6nx8dje7x8wkzadrpwhm01".to_owned(),
                reference: Some("psp_8fK2mQ".to_owned()),
                answer: Some("authorised, 3-D Secure by challenge".to_owned()),
                reason: Some("north because it is the only account".to_owned()),
                amount: eur(119_499),
            },
        },
        transition(41, "authorized", Some(Status::Pending), Status::Authorized, "processor"),
        TimelineEntry {
            at: at(42),
            fact: TimelineFact::Webhook {
                processor: "Sandbox".to_owned(),
                event: "payment.captured".to_owned(),
                reference: "msg_2b7Qx".to_owned(),
                state: "applied".to_owned(),
            },
        },
        transition(42, "captured", Some(Status::Authorized), Status::Captured, "webhook"),
        TimelineEntry {
            at: at(42),
            fact: TimelineFact::Posting {
                id: id(7),
                cause: "pay_01je6nx8dje7x8wkzadrpwhm00/captured/119499".to_owned(),
                effective_on: at(42).date(),
                entries: entries(),
            },
        },
        TimelineEntry {
            at: at(3_900),
            fact: TimelineFact::Settlement {
                file: id(0),
                file_name: "settlement-2026-11-20.csv".to_owned(),
                line: 2,
                gross: eur(118_999),
                fee: eur(3_451),
            },
        },
    ]
}

/// The entries of the capture.
pub(crate) fn entries() -> Vec<EntryView> {
    let entry =
        |account: &str, debit, credit| EntryView { account: account.to_owned(), debit, credit };
    vec![
        entry("Processor receivable, Sandbox", Some(eur(119_499)), None),
        entry("Seller pending, Nordlys Keramik", None, Some(eur(113_524))),
        entry("Platform fees", None, Some(eur(5_975))),
    ]
}
