//! The shop's pages.

use std::fmt::Write;

use serde_json::Value;
use time::macros::format_description;

use super::Received;
use super::cart::ITEMS;
use crate::demo::seed::{SELLERS, SHOP};

/// The things to choose from, with what is wrong, if something is.
pub(super) fn catalogue(problem: Option<&str>) -> String {
    let problem = problem
        .map(|text| format!("<p class=\"problem\" role=\"alert\">{}</p>", escaped(text)))
        .unwrap_or_default();
    let sellers: String = SELLERS.iter().map(|(seller, name, _)| shelf(seller, name)).collect();
    let body = format!(
        "<h1>Good things from the mountains</h1>\
         <p class=\"lead\">One basket, three sellers, one payment. This is a demo shop: nothing is \
         sent, and no real money moves.</p>{problem}\
         <form method=\"post\" action=\"/check-out\"><div class=\"shelves\">{sellers}</div>\
         <button type=\"submit\">Check out</button></form>"
    );
    document("Shop", &body)
}

fn shelf(seller: &str, name: &str) -> String {
    let mut items = String::new();
    for item in ITEMS.iter().filter(|item| item.seller == seller) {
        let _ = write!(
            items,
            "<li><label for=\"{code}\">{name}<span class=\"price\">€ {price}</span></label>\
                 <input id=\"{code}\" name=\"{code}\" type=\"number\" min=\"0\" max=\"9\" \
                 value=\"{default}\" aria-label=\"How many: {name}\" inputmode=\"numeric\"></li>",
            code = item.code,
            name = escaped(item.name),
            price = item.price(1).to_decimal_string(),
            default = item.default,
        );
    }
    format!("<section class=\"shelf\"><h2>{}</h2><ul>{items}</ul></section>", escaped(name))
}

/// What the shop's server was told, newest first.
pub(super) fn webhooks(received: &[Received]) -> String {
    let rows: String = received.iter().map(webhook).collect();
    let table = if rows.is_empty() {
        "<p>None yet. Buy something, then look again.</p>".to_owned()
    } else {
        format!(
            "<table><caption>The latest {}</caption><thead><tr><th scope=\"col\">At (UTC)</th>\
             <th scope=\"col\">Event</th><th scope=\"col\">Payment</th><th scope=\"col\">No.</th>\
             <th scope=\"col\">Signature</th></tr></thead><tbody>{rows}</tbody></table>",
            received.len()
        )
    };
    let body = format!(
        "<h1>Webhooks</h1><p class=\"lead\">What Paydesk has told this shop's server. \
         A message whose signature does not fit is refused.</p>{table}"
    );
    document("Webhooks", &body)
}

fn webhook(received: &Received) -> String {
    let clock = format_description!("[hour]:[minute]:[second]");
    let at = received.at.format(&clock).unwrap_or_default();
    let text = |value: &Value| escaped(value.as_str().unwrap_or("–"));
    let signature = if received.is_verified { "verified" } else { "refused" };
    format!(
        "<tr><td>{at}</td><td>{}</td><td>{}</td><td>{}</td><td>{signature}</td></tr>",
        text(&received.body["type"]),
        text(&received.body["data"]["payment_order_id"]),
        received.body["sequence"].as_i64().unwrap_or_default(),
    )
}

/// For addresses that lead nowhere.
pub(super) fn nothing_here() -> String {
    document("Nothing here", "<h1>Nothing here</h1><p><a href=\"/\">Back to the shop</a></p>")
}

/// A whole page.
pub(super) fn document(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title} · {SHOP}</title>\
         <link rel=\"stylesheet\" href=\"/shop.css\"></head><body>\
         <header><a class=\"name\" href=\"/\">{SHOP}</a>\
         <nav aria-label=\"Shop\"><a href=\"/webhooks\">Webhooks</a></nav></header>\
         <main>{body}</main></body></html>"
    )
}

/// Text as it stands in a page.
pub(super) fn escaped(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            '\'' => "&#39;".to_owned(),
            other => other.to_string(),
        })
        .collect()
}
