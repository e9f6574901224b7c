//! How a checkout stands: what happened, what comes next, whose turn it is, and each seller's part.

use domain::payment::Status;
use leptos::prelude::*;

use crate::components::badge::Badge;
use crate::components::icon::Icon;
use crate::format;
use crate::view::checkouts::{OverallState, SellerStatus, StatusView};
use crate::words::Tone;
use crate::words::checkout::{StateWords, overall};
use crate::words::payment::shopper_status;

/// The panel of the status page.
#[component]
pub fn StatusPanel(
    /// How the checkout stands.
    view: StatusView,
) -> impl IntoView {
    let StateWords { title, next, turn, tone } = overall(view.state);
    let checkout_path = format!("/checkout/{}/{}", view.id, view.key);
    let shop = view.shop.clone();
    view! {
        <section class=format!("status-panel status-{}", tone.as_str())>
            <div role="status">
                <Icon tone />
                <h1>{title}</h1>
                <p class="status-next">{next}</p>
                <p class="status-turn">{turn}</p>
            </div>
            <p class="status-total">
                <span>"Total to " {view.shop}</span>
                <strong class="price">{format::price(view.total)}</strong>
            </p>
            <ul class="status-payments">
                {view.payments.into_iter().map(|payment| view! { <SellerPart payment state=view.state /> }).collect_view()}
            </ul>
            <Actions
                state=view.state
                is_final=view.is_final
                checkout_path
                return_url=view.return_url
                shop
            />
        </section>
        <p class="status-updated">
            "Updated "
            <time datetime=format::machine_instant(view.updated_at)>
                {format::instant_to_the_second(view.updated_at)}
            </time>
            {(!view.is_final).then_some(" \u{b7} this page follows by itself")}
        </p>
    }
    .into_any()
}

/// One seller's part.
#[component]
fn SellerPart(payment: SellerStatus, state: OverallState) -> impl IntoView {
    // Nothing is under way while it is the shopper's turn.
    let words = match (payment.status, state) {
        (Status::Pending, OverallState::NotPaid | OverallState::Declined) => {
            ("Not paid", Tone::Neutral)
        }
        (status, _) => shopper_status(status),
    };
    view! {
        <li>
            <span class="status-seller">{payment.seller}</span>
            <Badge of=words />
            <span class="price">{format::price(payment.amount)}</span>
        </li>
    }
    .into_any()
}

/// What the shopper can do now.
#[component]
fn Actions(
    state: OverallState,
    is_final: bool,
    checkout_path: String,
    return_url: Option<String>,
    shop: String,
) -> impl IntoView {
    let again = match state {
        OverallState::NotPaid => Some("Go to the checkout"),
        OverallState::Declined => Some("Try again"),
        OverallState::ActionRequired => Some("Continue"),
        OverallState::Processing
        | OverallState::InReview
        | OverallState::Unknown
        | OverallState::Authorized
        | OverallState::Paid
        | OverallState::PartlyPaid
        | OverallState::Refunded
        | OverallState::Failed
        | OverallState::Cancelled
        | OverallState::Expired => None,
    };
    let return_class = if is_final && again.is_none() { "button" } else { "button button-quiet" };
    view! {
        <div class="status-actions">
            {again.map(|label| view! { <a class="button" href=checkout_path>{label}</a> })}
            {return_url.and_then(format::web_address).map(|address| view! {
                <a class=return_class href=address rel="noreferrer">"Return to " {shop}</a>
            })}
        </div>
    }
    .into_any()
}
