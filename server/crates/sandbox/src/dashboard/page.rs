//! The HTML of the dashboard.

use std::fmt::Write;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use time::Date;

use crate::{
    app::App,
    clock,
    dashboard::{panels, store::AccountLine, transfer},
    money::format_amount,
    pages::{
        html::{BRAND, Page, Text},
        scenarios::token_table,
    },
    payments::payment::Payment,
    processors::Processor,
    settlement::faults::FAULTS,
    transfers::{store::Sent, transfer::Transfer},
};

/// Everything that the dashboard shows.
pub(super) struct Shown {
    pub(super) accounts: Vec<AccountLine>,
    pub(super) in_review: Vec<Payment>,
    pub(super) latest: Vec<Payment>,
    pub(super) processors: Vec<Processor>,
    /// How much will happen by itself.
    pub(super) alarms_waiting: i64,
    pub(super) transfers: Vec<Transfer>,
    /// What every account has sent.
    pub(super) sent: Vec<Sent>,
}

/// Draws the dashboard.
pub(super) fn page(app: &App, shown: &Shown) -> Response {
    let main = format!(
        r#"<h1>Practice dashboard</h1>
{review}
{latest}
{transfers}
<div class="columns even">
{clock}
{faults}
{processors}
{accounts}
</div>
{day}
{cards}
{scenarios}"#,
        review = review(&shown.in_review),
        latest = payment_table(&shown.latest),
        transfers = transfer::table(&shown.transfers),
        clock = panels::clock(app, shown.alarms_waiting),
        faults = panels::faults(app),
        processors = panels::processors(app, &shown.processors),
        accounts = account_list(&shown.accounts, &shown.sent),
        day = day_form(&shown.accounts, app.clock.now().date()),
        cards = card_table(),
        scenarios = transfer::scenario_table(),
    );
    Page { status: StatusCode::OK, title: "Practice dashboard", brand: BRAND, is_wide: true, main }
        .into_response()
}

pub(super) fn rows<T>(items: &[T], row: impl Fn(&T) -> String) -> String {
    items.iter().map(row).collect()
}

fn review(payments: &[Payment]) -> String {
    if payments.is_empty() {
        return String::new();
    }
    let items = rows(payments, |payment| {
        let id = payment.shown_id();
        format!(
            r#"<li><p><strong>{amount} {currency}</strong> <span class="code">{reference}</span></p>
<form method="post" action="/review/{id}">
<button class="button small" name="decision" value="release" type="submit" aria-label="Release {label}">Release</button>
<button class="button quiet small" name="decision" value="decline" type="submit" aria-label="Decline {label}">Decline</button>
</form></li>
"#,
            amount = format_amount(payment.amount_minor, &payment.currency),
            currency = Text(&payment.currency),
            reference = Text(&payment.reference),
            label = Text(&payment.reference),
        )
    });
    format!(
        r#"<section class="card" aria-labelledby="review-title">
<h2 id="review-title">Waiting for review</h2><ul class="reviews">{items}</ul></section>"#
    )
}

fn day_form(accounts: &[AccountLine], today: Date) -> String {
    let head =
        r#"<section class="card" aria-labelledby="day-title"><h2 id="day-title">Close a day</h2>"#;
    if accounts.is_empty() {
        return format!(
            "{head}<p>There is no account yet, so there is nothing to settle.</p></section>"
        );
    }
    let options = rows(accounts, |account| {
        format!(r#"<option value="{}">{}</option>"#, account.account_id, Text(&account.name))
    });
    let mut faults = String::new();
    for (_, name, sentence) in FAULTS {
        writeln!(
            faults,
            r#"<div class="tick"><input type="checkbox" id="{name}" name="{name}" value="on"><label for="{name}">{sentence}</label></div>"#
        )
        .expect("a string takes everything");
    }
    format!(
        r#"{head}
<p>Downloads the settlement file. A closed day never changes: what comes later is settled on the next day.</p>
<form method="post" action="/settlement">
<div class="pair">
<div class="field"><label for="account">Account</label><select id="account" name="account">{options}</select></div>
<div class="field"><label for="day">Day (UTC)</label><input id="day" name="day" type="date" value="{today}" max="{today}" required></div>
</div>
<fieldset><legend>Faults in the file</legend>
{faults}</fieldset>
<button class="button" type="submit">Close and download</button>
</form></section>"#
    )
}

fn account_list(accounts: &[AccountLine], sent: &[Sent]) -> String {
    let head = r#"<section class="card" aria-labelledby="accounts-title"><h2 id="accounts-title">Accounts</h2>"#;
    if accounts.is_empty() {
        return format!(
            r#"{head}<p>None yet. <span class="code">PUT /v1/accounts/name</span> opens one.</p></section>"#
        );
    }
    let items = rows(accounts, |account| {
        let closed = account.closed_through.map_or("no day yet".to_owned(), |day| day.to_string());
        format!(
            "<div><dt>{name} at {processor}</dt><dd>Webhooks: {url}{waiting}<br>Closed through: {closed}{sent}</dd></div>\n",
            name = Text(&account.name),
            processor = Text(&account.processor),
            url = account.webhook_url.as_deref().map_or("nowhere".to_owned(), |url| format!(
                r#"<span class="code">{}</span>"#,
                Text(url)
            )),
            waiting = match account.webhooks_waiting {
                0 => String::new(),
                count => format!(" ({count} waiting)"),
            },
            sent = sent_by(account.account_id, sent),
        )
    });
    format!(r#"{head}<dl class="accounts">{items}</dl></section>"#)
}

/// What an account has sent to sellers, less what was returned.
fn sent_by(account_id: i64, sent: &[Sent]) -> String {
    let amounts: Vec<String> = sent
        .iter()
        .filter(|one| one.account_id == account_id)
        .map(|one| {
            format!("{} {}", format_amount(one.amount_minor, &one.currency), Text(&one.currency))
        })
        .collect();
    if amounts.is_empty() {
        return String::new();
    }
    format!("<br>Sent to sellers: {}", amounts.join(", "))
}

fn payment_table(payments: &[Payment]) -> String {
    let head = r#"<section class="card" aria-labelledby="latest-title"><h2 id="latest-title">Latest payments</h2>"#;
    if payments.is_empty() {
        return format!("{head}<p>Nobody has paid yet.</p></section>");
    }
    let body = rows(payments, |payment| {
        format!(
            r#"<tr><td class="amount">{amount} {currency}</td><td><span class="status {status}">{words}</span></td><td>{brand} {last4}</td><td><a class="code" href="/payments/{id}">{reference}</a></td><td><time datetime="{at}">{at}</time></td></tr>
"#,
            id = payment.shown_id(),
            at = clock::rfc3339_seconds(payment.created_at),
            reference = Text(&payment.reference),
            brand = Text(&payment.brand),
            last4 = Text(&payment.last4),
            status = payment.status.name(),
            words = payment.status.name().replace('_', " "),
            amount = format_amount(payment.amount_minor, &payment.currency),
            currency = Text(&payment.currency),
        )
    });
    format!(
        r#"{head}<div class="scroll" tabindex="0" role="region" aria-label="Table of the latest payments"><table>
<thead><tr><th scope="col" class="amount">Amount</th><th scope="col">Status</th><th scope="col">Method</th><th scope="col">Reference</th><th scope="col">Time (UTC)</th></tr></thead>
<tbody>{body}</tbody></table></div></section>"#
    )
}

fn card_table() -> String {
    format!(
        r#"<section class="card" aria-labelledby="cards-title"><h2 id="cards-title">Practice cards and other methods</h2>
<p>Any expiry in the future and any security code will do. A test token is charged without a page.</p>
{}</section>"#,
        token_table()
    )
}
