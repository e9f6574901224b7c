//! What follows when a pay-out was not paid or came back: where the money is, and what to do next.

use domain::payout::Phase;
use leptos::prelude::*;

use crate::components::notice::Notice;
use crate::format;
use crate::pages::query::address;
use crate::view::payouts::{PayoutRow, SetbackView};
use crate::words::{Tone, payouts};

/// On the page of the pay-out: nothing unless it was not paid or came back.
#[component]
pub fn Setback(
    /// The pay-out.
    row: PayoutRow,
) -> impl IntoView {
    payouts::setback(row.phase).map(|what| view! { <Steps what row /> })
}

#[component]
fn Steps(what: &'static str, row: PayoutRow) -> impl IntoView {
    let PayoutRow { seller, amount, .. } = row;
    let currency = amount.currency();
    let money =
        format!("{what} {} is in the seller\u{2019}s wallet again.", format::amount(amount));
    let whose = seller.to_string();
    let held = [("state", "held"), ("seller", &*whose), ("currency", currency.code())];
    let held = address("/console/payouts", &held);
    view! {
        <section class="panel" aria-labelledby="setback-title">
            <h2 id="setback-title">"What happens next"</h2>
            <p>{money}</p>
            <p>
                {format!("Their other pay-outs in {currency} that had not left are ")}
                <a href=held>"held"</a>
                ", so that no more money goes to a bank account that may be wrong."
            </p>
            <ol class="steps">
                <li>"Ask the seller what is wrong with the account; the bank\u{2019}s reason stands above."</li>
                <li>
                    "If they have another one, the shop gives it through the API, and an approver verifies it on the "
                    <a href=format!("/console/sellers/{seller}")>"seller\u{2019}s page"</a>
                    ". Then make this pay-out anew. Cancel those that are held and make them anew too: a pay-out never goes to another account than the one that it was made for."
                </li>
                <li>"If the account was right, let those that are held go on, and make this one anew."</li>
            </ol>
        </section>
    }
    .into_any()
}

/// On the page of the seller.
#[component]
pub fn SellerSetback(
    /// What has come back.
    setback: SetbackView,
) -> impl IntoView {
    let SetbackView { phase, amount, held, payout, .. } = setback;
    let what = payouts::setback(phase).unwrap_or_default();
    let held = match held {
        0 => String::new(),
        1 => " Another pay-out is held because of it.".to_owned(),
        more => {
            format!(" {} are held because of it.", format::count(more, "pay-out", "other pay-outs"))
        }
    };
    let text = format!("{what} {} is in the wallet again.{held}", format::amount(amount));
    let is_returned = phase == Phase::Returned;
    let link = if is_returned { "The pay-out that came back" } else { "The pay-out that failed" };
    view! {
        <Notice tone=Tone::Warning text />
        <p><a href=format!("/console/payouts/{}", payout)>{link}</a> " says what to do next."</p>
    }
    .into_any()
}
