//! One payment on the dashboard, with everything that may still happen to it.

use axum::{
    Form,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use uuid::Uuid;

use super::page::rows;
use crate::{
    answer::ApiError,
    app::App,
    clock,
    control::act::{self, Act},
    dashboard::refused,
    ids,
    money::format_amount,
    pages::{
        hosted::broken,
        html::{self, BRAND, Page, Text},
    },
    payments::{
        payment::{DisputeStatus, Payment, RefundStatus, Status},
        store,
    },
};

/// `GET /payments/{id}`.
pub(crate) async fn show(State(app): State<App>, Path(id): Path<String>) -> Response {
    let Some(payment_id) = ids::read("sp_", &id) else { return html::not_found() };
    let found = async {
        let payment = store::find_any(&app.pool, payment_id).await?;
        store::attach(&app.pool, payment.into_iter().collect()).await
    };
    match found.await {
        Ok(mut found) => found.pop().map_or_else(html::not_found, |payment| page(&payment)),
        Err(error) => broken(&error.into()),
    }
}

/// Which button was pressed.
#[derive(Deserialize)]
pub(crate) struct Pressed {
    act: String,
    #[serde(default)]
    amount: String,
    /// The refund or dispute that is meant.
    #[serde(default)]
    subject: String,
}

/// `POST /payments/{id}`: something is done to the payment.
pub(crate) async fn press(
    State(app): State<App>,
    Path(id): Path<String>,
    Form(pressed): Form<Pressed>,
) -> Response {
    let Some(payment_id) = ids::read("sp_", &id) else { return html::not_found() };
    match perform(&app, payment_id, &pressed).await {
        Ok(_) => html::see_other(&format!("/payments/{id}")),
        Err(error) if error.status() == StatusCode::NOT_FOUND => html::not_found(),
        Err(error) => refused("Nothing was changed", &error),
    }
}

async fn perform(app: &App, payment_id: Uuid, pressed: &Pressed) -> Result<Payment, ApiError> {
    let amount = Some(pressed.amount.trim()).filter(|text| !text.is_empty()).map(str::to_owned);
    let subject = |prefix| ids::read(prefix, &pressed.subject).ok_or_else(ApiError::not_found);
    let act = match pressed.act.as_str() {
        "release" => Act::Review { released: true },
        "decline" => Act::Review { released: false },
        "complete" => Act::Challenge { passed: true },
        "fail" => Act::Challenge { passed: false },
        "abandon" => Act::LeaveChallenge,
        "expire" => Act::Expire,
        "arrive" => Act::Funds { arrived: true },
        "never" => Act::Funds { arrived: false },
        "refund" => Act::Refund { amount, reference: None },
        "dispute" => Act::Dispute { amount, reason: None },
        "refund_succeeded" => return act::end_refund(app, subject("sr_")?, true).await,
        "refund_failed" => return act::end_refund(app, subject("sr_")?, false).await,
        "dispute_won" => return act::end_dispute(app, subject("sd_")?, true).await,
        "dispute_lost" => return act::end_dispute(app, subject("sd_")?, false).await,
        _ => return Err(ApiError::not_found()),
    };
    act::perform(app, payment_id, act).await
}

fn page(payment: &Payment) -> Response {
    let amount =
        |minor| format!("{} {}", format_amount(minor, &payment.currency), Text(&payment.currency));
    let mut facts = vec![
        ("Status", status(payment.status)),
        ("Amount", amount(payment.amount_minor)),
        ("Authorised", amount(payment.authorized_minor)),
        ("Captured", amount(payment.captured_minor)),
        ("Refunded", amount(payment.refunded_minor)),
        ("Being refunded", amount(payment.refunding_minor)),
        ("Charged back", amount(payment.charged_back_minor)),
        ("Method", format!("{} {}", Text(&payment.brand), Text(&payment.last4))),
        ("Practice outcome", Text(payment.card().outcome).to_string()),
        ("Made", time(payment.created_at)),
        ("Changed", time(payment.updated_at)),
    ];
    if let Some(code) = &payment.decline_code {
        facts.push(("Declined because", format!(r#"<span class="code">{}</span>"#, Text(code))));
    }
    if let Some(expires_at) = payment.hold_expires_at {
        facts.push(("The hold lapses", time(expires_at)));
    }
    let facts =
        rows(&facts, |(name, value)| format!("<div><dt>{name}</dt><dd>{value}</dd></div>\n"));
    let main = format!(
        r#"<p><a href="/">Dashboard</a></p>
<h1>Payment <span class="code">{reference}</span></h1>
<div class="columns">
<section class="card" aria-labelledby="facts-title"><h2 id="facts-title">What is known</h2><dl class="facts">{facts}</dl></section>
<div class="stack">
{acts}
{refunds}
{disputes}
</div>
</div>"#,
        reference = Text(&payment.reference),
        acts = acts(payment),
        refunds = refunds(payment),
        disputes = disputes(payment),
    );
    let title = format!("Payment {}", payment.reference);
    Page { status: StatusCode::OK, title: &title, brand: BRAND, is_wide: true, main }
        .into_response()
}

fn status(status: Status) -> String {
    let name = status.name();
    format!(r#"<span class="status {name}">{}</span>"#, name.replace('_', " "))
}

fn time(at: ::time::OffsetDateTime) -> String {
    let at = clock::rfc3339_seconds(at);
    format!(r#"<time datetime="{at}">{at}</time>"#)
}

/// The buttons that the payment's state allows.
fn acts(payment: &Payment) -> String {
    let path = format!("/payments/{}", payment.shown_id());
    let buttons = |pairs: &[(&str, &str)]| {
        let buttons = rows(pairs, |(act, label)| {
            format!(
                r#"<button class="button quiet small" type="submit" name="act" value="{act}">{label}</button>"#
            )
        });
        format!(r#"<form class="row" method="post" action="{path}">{buttons}</form>"#)
    };
    let money_back = || {
        let left = format_amount(payment.left_minor(), &payment.currency);
        format!(
            r#"<form method="post" action="{path}">
<div class="field"><label for="amount">Amount in {currency}</label><p class="hint" id="amount-hint">All of {left} if nothing is entered</p>
<input id="amount" name="amount" inputmode="decimal" aria-describedby="amount-hint" autocomplete="off"></div>
<div class="row"><button class="button quiet small" type="submit" name="act" value="refund">Refund as staff</button>
<button class="button quiet small" type="submit" name="act" value="dispute">Charge back as the bank</button></div></form>"#,
            currency = Text(&payment.currency),
        )
    };
    let body = match payment.status {
        Status::InReview => buttons(&[("release", "Release"), ("decline", "Decline")]),
        Status::RequiresAction => buttons(&[
            ("complete", "Pass the challenge"),
            ("fail", "Fail the challenge"),
            ("abandon", "Let it be abandoned"),
        ]),
        Status::AwaitingFunds => {
            buttons(&[("arrive", "Let the money arrive"), ("never", "Let it never come")])
        }
        Status::Authorized => buttons(&[("expire", "Let the hold lapse")]),
        Status::Captured | Status::PartiallyRefunded if payment.left_minor() > 0 => money_back(),
        _ => "<p>Nothing more can happen to it.</p>".to_owned(),
    };
    format!(
        r#"<section class="card" aria-labelledby="acts-title"><h2 id="acts-title">What may happen</h2>{body}</section>"#
    )
}

fn refunds(payment: &Payment) -> String {
    let items = payment.refunds.iter().map(|refund| {
        let acts: &[(&str, &str)] = match refund.status {
            RefundStatus::Pending => &[("refund_succeeded", "Succeed"), ("refund_failed", "Fail")],
            RefundStatus::Succeeded => &[("refund_failed", "Bring it back")],
            RefundStatus::Failed => &[],
        };
        let words = match refund.status {
            RefundStatus::Pending => "pending",
            RefundStatus::Succeeded => "succeeded",
            RefundStatus::Failed => "failed",
        };
        let id = ids::show("sr_", refund.refund_id);
        item(payment, refund.amount_minor, &refund.reference, words, &id, acts)
    });
    list("Refunds", items)
}

fn disputes(payment: &Payment) -> String {
    let items = payment.disputes.iter().map(|dispute| {
        let acts: &[(&str, &str)] = match dispute.status {
            DisputeStatus::Opened => &[("dispute_won", "Win"), ("dispute_lost", "Lose")],
            DisputeStatus::Won | DisputeStatus::Lost => &[],
        };
        let words = match dispute.status {
            DisputeStatus::Opened => "opened",
            DisputeStatus::Won => "won",
            DisputeStatus::Lost => "lost",
        };
        let id = ids::show("sd_", dispute.dispute_id);
        item(payment, dispute.amount_minor, &dispute.reason, words, &id, acts)
    });
    list("Chargebacks", items)
}

fn item(
    payment: &Payment,
    amount_minor: i64,
    name: &str,
    status: &str,
    id: &str,
    acts: &[(&str, &str)],
) -> String {
    let buttons = rows(acts, |(act, label)| {
        format!(
            r#"<button class="button quiet small" name="act" value="{act}" type="submit" aria-label="{label}: {}">{label}</button>"#,
            Text(name)
        )
    });
    let form = if acts.is_empty() {
        String::new()
    } else {
        format!(
            r#"<form method="post" action="/payments/{}"><input type="hidden" name="subject" value="{id}">{buttons}</form>"#,
            payment.shown_id()
        )
    };
    format!(
        r#"<li><p><strong>{amount} {currency}</strong> <span class="status {status}">{status}</span> <span class="code">{name}</span></p>{form}</li>
"#,
        amount = format_amount(amount_minor, &payment.currency),
        currency = Text(&payment.currency),
        name = Text(name),
    )
}

fn list(title: &str, items: impl Iterator<Item = String>) -> String {
    let items: String = items.collect();
    if items.is_empty() {
        return String::new();
    }
    let id = title.to_lowercase();
    format!(
        r#"<section class="card" aria-labelledby="{id}-title"><h2 id="{id}-title">{title}</h2><ul class="reviews">{items}</ul></section>"#
    )
}
