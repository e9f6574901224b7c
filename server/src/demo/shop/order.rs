//! One order: how it stands, asked of the API, and saying that a seller's part of it was delivered.

use std::fmt::Write;

use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::page::{document, escaped};
use super::{Shop, nothing_here, why};

/// Where the shopper comes back.
pub(super) async fn show(State(shop): State<Shop>, Path(order): Path<String>) -> Response {
    shown(&shop, &order, None).await
}

/// What the form of a delivery sends.
#[derive(Debug, Deserialize)]
pub(super) struct Delivery {
    payment: String,
}

/// Says that a payment's part of the order was delivered, which releases the seller's share.
pub(super) async fn delivered(
    State(shop): State<Shop>,
    Path(order): Path<String>,
    Form(Delivery { payment }): Form<Delivery>,
) -> Response {
    if !(is_name(&order) && is_name(&payment)) {
        return nothing_here().await.into_response();
    }
    let (path, key) = (format!("/v1/payments/{payment}/release"), format!("delivered-{payment}"));
    let answer = shop.post(&path, &key, &json!({})).await;
    if answer["object"] == "share" {
        return Redirect::to(&format!("/orders/{order}")).into_response();
    }
    (StatusCode::BAD_GATEWAY, shown(&shop, &order, Some(why(&answer))).await).into_response()
}

async fn shown(shop: &Shop, order: &str, problem: Option<&str>) -> Response {
    let found =
        if is_name(order) { shop.get(&format!("/v1/checkouts/{order}")).await } else { None };
    let Some(checkout) = found else { return nothing_here().await.into_response() };
    let mut shares = Vec::new();
    for payment in payments(&checkout) {
        let path = format!("/v1/payments/{}/share", payment["id"].as_str().unwrap_or_default());
        let share = if is_taken(payment) { shop.get(&path).await } else { None };
        shares.push(share.unwrap_or_default());
    }
    Html(page(&checkout, &shares, problem)).into_response()
}

/// Whether it can be a part of a path.
fn is_name(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn payments(checkout: &Value) -> impl Iterator<Item = &Value> {
    checkout["payments"].as_array().into_iter().flatten()
}

/// Whether any money of the payment was taken.
fn is_taken(payment: &Value) -> bool {
    let captured = payment["captured"].as_str().unwrap_or_default();
    captured.contains(|digit: char| ('1'..='9').contains(&digit))
}

/// How an order stands; the shares are those of its payments, in their order.
fn page(checkout: &Value, shares: &[Value], problem: Option<&str>) -> String {
    let is_paid = checkout["is_payment_done"].as_bool().unwrap_or(false);
    let (title, lead) = match checkout["state"].as_str().unwrap_or_default() {
        "paid" if is_paid => ("Thank you", "Your order is paid. The sellers are packing it."),
        "paid" => ("Thank you", "Your payment is reserved. The sellers take it when they send."),
        "partly_paid" => ("Partly paid", "Some sellers are paid, and others are not."),
        "failed" | "expired" => ("Not paid", "This order was not paid. Nothing is sent."),
        _ => ("Not paid yet", "We are waiting for your payment."),
    };
    let problem = problem
        .map(|text| format!("<p class=\"problem\" role=\"alert\">{}</p>", escaped(text)))
        .unwrap_or_default();
    let order = text(&checkout["checkout_id"]);
    let mut rows = String::new();
    for (payment, share) in payments(checkout).zip(shares) {
        let _ = write!(
            rows,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"number\">{} {}</td></tr>",
            text(&payment["seller_account"]),
            text(&payment["status"]),
            delivery(&order, payment, share),
            text(&payment["amount"]),
            text(&payment["currency"]),
        );
    }
    let body = format!(
        "<h1>{title}</h1><p class=\"lead\">{lead}</p>{problem}\
         <table><caption>Order {order}</caption><thead><tr><th scope=\"col\">Seller</th>\
         <th scope=\"col\">Status</th><th scope=\"col\">Delivery</th>\
         <th scope=\"col\" class=\"number\">Amount</th></tr></thead>\
         <tbody>{rows}</tbody><tfoot><tr><th scope=\"row\" colspan=\"3\">Total</th>\
         <td class=\"number\">{} {}</td></tr></tfoot></table>\
         <p><a href=\"{}\">Payment status</a> · <a href=\"/\">Back to the shop</a></p>",
        text(&checkout["total"]),
        text(&checkout["currency"]),
        text(&checkout["status_url"]),
    );
    document(title, &body)
}

/// When it was delivered, or the shop's button to say so.
fn delivery(order: &str, payment: &Value, share: &Value) -> String {
    if let Some(day) = share["delivered_on"].as_str() {
        return format!("delivered on {}", escaped(day));
    }
    if share.is_null() {
        return "–".to_owned();
    }
    format!(
        "<form method=\"post\" action=\"/orders/{order}/delivered\">\
         <input type=\"hidden\" name=\"payment\" value=\"{}\">\
         <button type=\"submit\" aria-label=\"Delivered: {}\">Delivered</button></form>",
        text(&payment["id"]),
        text(&payment["seller_account"]),
    )
}

fn text(value: &Value) -> String {
    escaped(value.as_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_paid_and_not_delivered_has_a_button() {
        let payment = |id: &str, captured: &str| json!({ "id": id, "captured": captured });
        let checkout = json!({ "checkout_id": "ALP-1", "payments": [
            payment("pay_held", "0.00"), payment("pay_sent", "5.00"), payment("pay_due", "0.01"),
        ] });
        let taken: Vec<bool> = payments(&checkout).map(is_taken).collect();
        let shares =
            [Value::Null, json!({ "delivered_on": "2026-11-21" }), json!({ "delivered_on": null })];

        let page = page(&checkout, &shares, None);

        assert_eq!(taken, [false, true, true]);
        assert_eq!(page.matches("action=\"/orders/ALP-1/delivered\"").count(), 1);
        assert!(page.contains("value=\"pay_due\"") && page.contains("delivered on 2026-11-21"));
    }

    #[test]
    fn a_problem_and_what_the_api_says_are_shown_as_text() {
        let checkout = json!({ "checkout_id": "<b>", "payments": [] });

        let page = page(&checkout, &[], Some("no <i>share</i>"));

        assert!(page.contains("Order &lt;b&gt;") && page.contains("no &lt;i&gt;share&lt;/i&gt;"));
    }
}
