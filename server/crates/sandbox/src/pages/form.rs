//! The HTML of the hosted payment page.

use std::fmt::Write;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

use crate::{
    cards::TestCard,
    money::format_amount,
    pages::{
        entry::{Entry, EntryErrors},
        hosted::form_status,
        html::{BRAND, Page, Text},
        scenarios,
    },
    processors::Processor,
    registrations::store::{Named, Registration},
};

/// Everything that the page shows.
pub(crate) struct Shown<'a> {
    pub(crate) registration: &'a Registration,
    pub(crate) named: &'a [Named],
    pub(crate) merchant: &'a str,
    pub(crate) processor: &'a Processor,
    pub(crate) entry: &'a Entry,
    pub(crate) errors: &'a EntryErrors,
    /// The practice card with which the form was just filled.
    pub(crate) picked: Option<&'static TestCard>,
}

/// Draws the page.
pub(crate) fn page(shown: &Shown<'_>) -> Response {
    let total = amount(shown.registration.amount_minor, &shown.registration.currency);
    let has_errors = !shown.errors.is_empty();
    let title = format!("{}Pay {total}", if has_errors { "Error: " } else { "" });
    let path = format!("/pay/{}", shown.registration.token);
    let main = format!(
        r#"<div class="columns">
<div class="stack">
<section class="card order" aria-labelledby="order-title">
<h1>Pay {total}</h1>
<h2 id="order-title">{order}</h2>
{lines}
</section>
{picker}
</div>
<section class="card" aria-labelledby="card-title">
<h2 id="card-title">Pay by card</h2>
{notice}
{form}
</section>
</div>
{cards}"#,
        order = order_title(shown),
        lines = order_lines(shown),
        notice = notice(shown),
        form = card_form(shown, &total),
        picker = scenarios::picker(&path, shown.processor),
        cards = scenarios::fillable_table(&path),
    );
    let status = form_status(shown.errors);
    let brand = &shown.processor.label;
    Page { status, title: &title, brand, is_wide: false, main }.into_response()
}

/// Says that the time is over, and shows the way back.
pub(crate) fn expired(way_back: &str) -> Response {
    let main = format!(
        r#"<section class="card"><h1>This page has expired</h1>
<p>Nothing was charged. Go back to the shop to start again.</p>
<p><a class="button" href="{}">Back to the shop</a></p></section>"#,
        Text(way_back)
    );
    Page {
        status: StatusCode::GONE,
        title: "This page has expired",
        brand: BRAND,
        is_wide: false,
        main,
    }
    .into_response()
}

fn amount(minor: i64, currency: &str) -> String {
    format!("{} {currency}", format_amount(minor, currency))
}

fn order_title(shown: &Shown<'_>) -> String {
    let merchant = Text(shown.merchant);
    match shown.registration.description.trim() {
        "" => format!("Your order at {merchant}"),
        description => format!("{} at {merchant}", Text(description)),
    }
}

fn order_lines(shown: &Shown<'_>) -> String {
    let currency = &shown.registration.currency;
    let mut html = String::from(r#"<dl class="lines">"#);
    for named in shown.named {
        let name = match named.description.trim() {
            "" => &named.reference,
            description => description,
        };
        let price = amount(named.amount_minor, currency);
        push(&mut html, format_args!("<div><dt>{}</dt><dd>{price}</dd></div>\n", Text(name)));
    }
    let total = amount(shown.registration.amount_minor, currency);
    push(
        &mut html,
        format_args!(r#"<div class="total"><dt>Total</dt><dd>{total}</dd></div></dl>"#),
    );
    html
}

fn notice(shown: &Shown<'_>) -> String {
    if !shown.errors.is_empty() {
        return r#"<p class="notice bad" role="alert">Nothing was charged. Please mend the fields marked below.</p>"#
            .to_owned();
    }
    shown.picked.map_or_else(String::new, |card| {
        format!(
            r#"<p class="notice" role="status">Practice card {} is filled in. Outcome: {}.</p>"#,
            card.grouped(),
            Text(card.outcome)
        )
    })
}

fn card_form(shown: &Shown<'_>, total: &str) -> String {
    let path = format!("/pay/{}", shown.registration.token);
    let (entry, errors) = (shown.entry, shown.errors);
    let number = Field {
        name: "number",
        label: "Card number",
        hint: "",
        value: &entry.number,
        attributes: r#"inputmode="numeric" autocomplete="cc-number" placeholder="0000 0000 0000 0000""#,
        error: errors.number,
    };
    let expiry = Field {
        name: "expiry",
        label: "Expiry date",
        hint: "MM/YY, like 12/34",
        value: &entry.expiry,
        attributes: r#"autocomplete="cc-exp" maxlength="9""#,
        error: errors.expiry,
    };
    let cvc = Field {
        name: "cvc",
        label: "Security code",
        hint: "3 or 4 digits (CVC)",
        value: if errors.is_empty() { &entry.cvc } else { "" },
        attributes: r#"inputmode="numeric" autocomplete="cc-csc" maxlength="4""#,
        error: errors.cvc,
    };
    let name = Field {
        name: "name",
        label: "Name on card",
        hint: "",
        value: &entry.name,
        attributes: r#"autocomplete="cc-name" maxlength="100""#,
        error: errors.name,
    };
    format!(
        r#"<form method="post" action="{path}" novalidate>
{number}
<div class="pair">
{expiry}
{cvc}
</div>
{name}
<button class="button" type="submit">Pay {total}</button>
</form>
<form method="post" action="{path}/cancel"><button class="button quiet" type="submit">Cancel and go back</button></form>"#,
        number = number.html(),
        expiry = expiry.html(),
        cvc = cvc.html(),
        name = name.html(),
    )
}

struct Field<'a> {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    value: &'a str,
    attributes: &'static str,
    error: Option<&'static str>,
}

impl Field<'_> {
    fn html(&self) -> String {
        let Self { name, label, attributes, .. } = self;
        let mut described_by = Vec::new();
        let (mut hint, mut error) = (String::new(), String::new());
        if !self.hint.is_empty() {
            described_by.push(format!("{name}-hint"));
            hint = format!(r#"<p class="hint" id="{name}-hint">{}</p>"#, self.hint);
        }
        if let Some(sentence) = self.error {
            described_by.push(format!("{name}-error"));
            error = format!(r#"<p class="error" id="{name}-error">{sentence}</p>"#);
        }
        let described = match described_by.join(" ") {
            ids if ids.is_empty() => ids,
            ids => format!(r#" aria-describedby="{ids}""#),
        };
        // The first marked field of the page is the one that a browser goes to.
        let invalid = if self.error.is_some() { r#" aria-invalid="true" autofocus"# } else { "" };
        format!(
            r#"<div class="field"><label for="{name}">{label}</label>{hint}
<input id="{name}" name="{name}" value="{value}" required {attributes}{described}{invalid}>{error}</div>"#,
            value = Text(self.value),
        )
    }
}

fn push(html: &mut String, part: std::fmt::Arguments<'_>) {
    html.write_fmt(part).expect("a string takes everything");
}
