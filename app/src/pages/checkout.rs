//! The checkout page: what is bought from whom, the total, and one button to pay.

use domain::id::CheckoutId;
use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::icon::Icon;
use crate::components::instant::Instant;
use crate::components::notice::Notices;
use crate::error::AppError;
use crate::format;
use crate::pages::loaded;
use crate::pages::query::path_parameter;
use crate::session;
use crate::view::checkouts::{CheckoutState, CheckoutView, SellerOrder};
use crate::words::Tone;

/// Shows one checkout to whoever has its key.
#[component]
pub fn CheckoutPage() -> impl IntoView {
    let parameters = path_parameter::<CheckoutId>("checkout")
        .and_then(|id| Ok((id, path_parameter::<String>("key")?, session::ports()?)));
    let load = async move {
        let (id, key, ports) = parameters?;
        ports.checkouts.checkout(id, &key).await
    };
    loaded(load, |view| view! { <Checkout view /> })
}

#[component]
fn Checkout(view: CheckoutView) -> impl IntoView {
    let shop = view.shop.clone();
    let initial: String = shop.chars().take(1).flat_map(char::to_uppercase).collect();
    let total = format::price(view.total);
    let orders = view.sellers.clone();
    view! {
        <Title text="Checkout \u{b7} Paydesk" />
        {view.is_demo.then(|| view! { <DemoStrip /> })}
        <main class="checkout-page" id="content">
            <header class="checkout-head">
                <span class="shop-mark" aria-hidden="true">{initial}</span>
                <h1>"Pay " {shop}</h1>
                <p class="checkout-total">{total}</p>
                <p class="checkout-reference">"Order " {view.reference.clone()}</p>
            </header>
            <section class="checkout-orders" aria-labelledby="orders-title">
                <h2 id="orders-title">"Your order"</h2>
                {orders.into_iter().map(|order| view! { <Order order /> }).collect_view()}
            </section>
            <section class="checkout-pay" aria-label="Payment">
                <Notices />
                <p class="checkout-due">
                    <span>"Total"</span>
                    <strong class="price">{format::price(view.total)}</strong>
                </p>
                <PayOrWhyNot view />
            </section>
        </main>
    }
    .into_any()
}

/// One seller's part of the order.
#[component]
fn Order(order: SellerOrder) -> impl IntoView {
    let SellerOrder { seller, reference, lines, subtotal } = order;
    let lines = if lines.is_empty() {
        Either::Left(view! {
            <li><span>"Order " {reference}</span><span class="price">{format::price(subtotal)}</span></li>
        })
    } else {
        Either::Right(lines.into_iter().map(|line| view! {
            <li><span>{line.description}</span><span class="price">{format::price(line.amount)}</span></li>
        }).collect_view())
    };
    view! {
        <article class="order">
            <header>
                <h3><span class="order-by">"Sold by "</span>{seller}</h3>
                <p class="price">{format::price(subtotal)}</p>
            </header>
            <ul>{lines}</ul>
        </article>
    }
    .into_any()
}

/// The pay button, or the reason why there is none.
#[component]
fn PayOrWhyNot(view: CheckoutView) -> impl IntoView {
    let status_path = format!("/status/{}/{}", view.id, view.key);
    let return_url = view.return_url.clone().and_then(format::web_address);
    let shop = view.shop.clone();
    let body = match view.state {
        CheckoutState::Open => Either::Left(view! { <PayForm view /> }),
        state => Either::Right(view! { <Closed state status_path /> }),
    };
    view! {
        {body}
        {return_url.map(|address| view! {
            <p class="checkout-return">
                <a href=address rel="noreferrer">"Return to " {shop}</a>
            </p>
        })}
    }
    .into_any()
}

#[component]
fn PayForm(view: CheckoutView) -> impl IntoView {
    view! {
        <form class="pay-form" method="post" action=format!("/checkout/{}/{}/pay", view.id, view.key)>
            <input type="hidden" name="idempotency_key" value=view.idempotency_key />
            <input type="hidden" name="version" value=view.version.to_string() />
            <button class="button button-pay" type="submit">
                <Lock />
                "Pay " {format::price(view.total)}
            </button>
        </form>
        <div class="checkout-notes">
            <p>
                "Next: the payment page of " {view.processor}
                ". Your card details stay there and never reach the shop."
            </p>
            <p>"Held for you until " <Instant at=view.expires_at /> "."</p>
        </div>
    }
    .into_any()
}

/// A padlock, for the eye alone.
#[component]
fn Lock() -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
            <path
                fill="currentColor"
                d="M8 1a3.5 3.5 0 0 0-3.5 3.5V6H4a1.5 1.5 0 0 0-1.5 1.5v6A1.5 1.5 0 0 0 4 15h8a1.5 1.5 0 0 0 1.5-1.5v-6A1.5 1.5 0 0 0 12 6h-.5V4.5A3.5 3.5 0 0 0 8 1Zm2 5H6V4.5a2 2 0 1 1 4 0V6Z"
            />
        </svg>
    }
}

/// Why nothing can be paid here.
#[component]
fn Closed(state: CheckoutState, status_path: String) -> impl IntoView {
    let (tone, title, text, label) = match state {
        CheckoutState::Open => (Tone::Neutral, "Ready to pay", "", "See the status"),
        CheckoutState::Processing => (
            Tone::Waiting,
            "Payment under way",
            "Please do not pay again. The status page shows how it goes.",
            "See how it goes",
        ),
        CheckoutState::Paid => {
            (Tone::Good, "Already paid", "There is nothing left to pay here.", "See the payment")
        }
        CheckoutState::Cancelled => (
            Tone::Neutral,
            "Cancelled",
            "The shop has cancelled this checkout. Nothing was charged.",
            "See the status",
        ),
        CheckoutState::Expired => (
            Tone::Neutral,
            "Expired",
            "This checkout was open for too long. Nothing was charged; start again at the shop.",
            "See the status",
        ),
    };
    view! {
        <div class="checkout-closed">
            <Icon tone />
            <p class="checkout-closed-title">{title}</p>
            <p>{text}</p>
            <a class="button" href=status_path>{label}</a>
        </div>
    }
    .into_any()
}

/// Says that no real money moves.
#[component]
pub fn DemoStrip() -> impl IntoView {
    view! { <aside class="demo-strip" aria-label="Demonstration">"Demonstration: no real money moves."</aside> }
}

/// The checkout's address in two parts, as they stand in the path of its pages.
///
/// # Errors
/// [`AppError::NotFound`] if the path holds no id.
pub(crate) fn address(path: &str) -> Result<(CheckoutId, String), AppError> {
    let mut parts = path.split('/').skip(2);
    let id = parts.next().and_then(|id| id.parse().ok()).ok_or(AppError::NotFound)?;
    let key = parts.next().ok_or(AppError::NotFound)?;
    Ok((id, key.to_owned()))
}
