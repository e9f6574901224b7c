//! Transfers on the dashboard: the latest, one with everything that may still happen to it, and the
//! test accounts.

use axum::{
    Form,
    extract::{Path, State as Shared},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use time::OffsetDateTime;

use super::page::rows;
use crate::{
    app::App,
    clock, control,
    dashboard::refused,
    ids,
    money::format_amount,
    pages::{
        hosted::broken,
        html::{self, BRAND, Page, Text},
    },
    transfers::{
        change,
        scenarios::{REASONS, SCENARIOS, reason_message},
        store,
        transfer::{State, Transfer},
    },
};

/// `GET /transfers/{id}`.
pub(crate) async fn show(Shared(app): Shared<App>, Path(id): Path<String>) -> Response {
    let Some(transfer_id) = ids::read("trf_", &id) else { return html::not_found() };
    match store::find_any(&app.pool, transfer_id).await {
        Ok(found) => found.map_or_else(html::not_found, |transfer| page(&transfer)),
        Err(error) => broken(&error.into()),
    }
}

/// Which button was pressed: the state to which the transfer is to go.
#[derive(Deserialize)]
pub(crate) struct Pressed {
    state: String,
    reason: Option<String>,
}

/// `POST /transfers/{id}`: the bank decides, before the clock does.
pub(crate) async fn press(
    Shared(app): Shared<App>,
    Path(id): Path<String>,
    Form(pressed): Form<Pressed>,
) -> Response {
    let Some(transfer_id) = ids::read("trf_", &id) else { return html::not_found() };
    let moved = async {
        let step = control::read_step(&pressed.state, pressed.reason.as_deref())?;
        change::step(&app, transfer_id, step).await
    };
    match moved.await {
        Ok(_) => html::see_other(&format!("/transfers/{id}")),
        Err(error) if error.status() == StatusCode::NOT_FOUND => html::not_found(),
        Err(error) => refused("Nothing was changed", &error),
    }
}

fn page(transfer: &Transfer) -> Response {
    let amount = format_amount(transfer.amount_minor, &transfer.currency);
    let mut facts = vec![
        ("State", state(transfer.state)),
        ("Amount", format!("{amount} {}", Text(&transfer.currency))),
        ("Payee", Text(&transfer.name).to_string()),
        ("Account", format!(r#"<span class="code">{}</span>"#, Text(&transfer.iban))),
        ("Remittance", Text(&transfer.remittance).to_string()),
        ("Practice outcome", Text(transfer.scenario().outcome).to_string()),
        ("Accepted", time(transfer.accepted_at)),
    ];
    for (name, at) in [
        ("In transit", transfer.in_transit_at),
        ("Paid", transfer.paid_at),
        ("Failed", transfer.failed_at),
        ("Returned", transfer.returned_at),
    ] {
        facts.extend(at.map(|at| (name, time(at))));
    }
    if let Some(code) = &transfer.reason {
        let message = reason_message(code);
        facts.push(("Because", format!(r#"<span class="code">{}</span> {message}"#, Text(code))));
    }
    let facts =
        rows(&facts, |(name, value)| format!("<div><dt>{name}</dt><dd>{value}</dd></div>\n"));
    let main = format!(
        r#"<p><a href="/">Dashboard</a></p>
<h1>Transfer <span class="code">{reference}</span></h1>
<div class="columns">
<section class="card" aria-labelledby="facts-title"><h2 id="facts-title">What is known</h2><dl class="facts">{facts}</dl></section>
{acts}
</div>"#,
        reference = Text(&transfer.reference),
        acts = acts(transfer),
    );
    let title = format!("Transfer {}", transfer.reference);
    Page { status: StatusCode::OK, title: &title, brand: BRAND, is_wide: true, main }
        .into_response()
}

/// The buttons that the transfer's state allows.
fn acts(transfer: &Transfer) -> String {
    let allowed: &[(&str, &str)] = match transfer.state {
        State::Accepted => &[("in_transit", "Send it on its way"), ("failed", "Fail")],
        State::InTransit => &[("paid", "Pay"), ("failed", "Fail")],
        State::Paid => &[("returned", "Return")],
        State::Failed | State::Returned => &[],
    };
    let buttons = rows(allowed, |(state, label)| {
        format!(
            r#"<button class="button quiet small" type="submit" name="state" value="{state}">{label}</button>"#
        )
    });
    let body = if allowed.is_empty() {
        "<p>Nothing more can happen to it.</p>".to_owned()
    } else {
        let reasons = rows(REASONS, |(code, message)| {
            format!(r#"<option value="{code}">{code}: {}</option>"#, Text(message))
        });
        format!(
            r#"<form method="post" action="/transfers/{id}">
<div class="field"><label for="reason">Reason, if it fails or is returned</label><select id="reason" name="reason">{reasons}</select></div>
<div class="row">{buttons}</div></form>"#,
            id = transfer.shown_id(),
        )
    };
    format!(
        r#"<section class="card" aria-labelledby="acts-title"><h2 id="acts-title">What may happen</h2>{body}</section>"#
    )
}

/// The latest transfers of everybody.
pub(super) fn table(transfers: &[Transfer]) -> String {
    let head = r#"<section class="card" aria-labelledby="transfers-title"><h2 id="transfers-title">Latest transfers to sellers</h2>"#;
    if transfers.is_empty() {
        return format!("{head}<p>Nobody has been sent money yet.</p></section>");
    }
    let body = rows(transfers, |transfer| {
        format!(
            r#"<tr><td class="amount">{amount} {currency}</td><td>{state}</td><td>{name}</td><td><a class="code" href="/transfers/{id}">{reference}</a></td><td>{at}</td></tr>
"#,
            amount = format_amount(transfer.amount_minor, &transfer.currency),
            currency = Text(&transfer.currency),
            state = state(transfer.state),
            name = Text(&transfer.name),
            id = transfer.shown_id(),
            reference = Text(&transfer.reference),
            at = time(transfer.accepted_at),
        )
    });
    format!(
        r#"{head}<div class="scroll" tabindex="0" role="region" aria-label="Table of the latest transfers"><table>
<thead><tr><th scope="col" class="amount">Amount</th><th scope="col">State</th><th scope="col">Payee</th><th scope="col">Reference</th><th scope="col">Time (UTC)</th></tr></thead>
<tbody>{body}</tbody></table></div></section>"#
    )
}

/// The accounts and amounts that choose what becomes of a transfer.
pub(super) fn scenario_table() -> String {
    let body = rows(SCENARIOS, |one| {
        format!(
            r#"<tr><td class="number">{iban}</td><td class="number">{digits}</td><td class="prose">{outcome}</td></tr>
"#,
            iban = one.grouped(),
            digits = one.amount_end(),
            outcome = Text(one.outcome),
        )
    });
    format!(
        r#"<section class="card" aria-labelledby="scenarios-title"><h2 id="scenarios-title">Practice accounts for transfers</h2>
<p>The account decides, or else the last four digits of the amount. Every other transfer is paid.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Table of practice accounts"><table>
<thead><tr><th scope="col">Account</th><th scope="col">Amount ends in</th><th scope="col">What happens</th></tr></thead>
<tbody>{body}</tbody></table></div></section>"#
    )
}

fn state(state: State) -> String {
    let name = state.name();
    format!(r#"<span class="status {name}">{}</span>"#, name.replace('_', " "))
}

fn time(at: OffsetDateTime) -> String {
    let at = clock::rfc3339_seconds(at);
    format!(r#"<time datetime="{at}">{at}</time>"#)
}
