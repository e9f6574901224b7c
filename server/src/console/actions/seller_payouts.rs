//! The forms of a seller's page: a new pay-out, and whether a bank account is theirs.

use app::view::staff::Operator;
use aws_lc_rs::digest;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::id::{PayeeAccountId, PayoutId, SellerId};
use domain::money::Money;
use domain::permission::Action;
use engine::idempotency::{Answer, Claim, Request, Slot};
use engine::payouts::create::{self, CreateError, NewPayout};
use engine::payouts::payees::{self, PayeeError};
use engine::reconciliation::actor::{Actor, Person};
use serde::Deserialize;
use serde_json::json;

use super::payouts::{broken, by, page, problem};
use super::{Acting, done, refused};
use crate::console::ports::payout;
use crate::console::session::role;
use crate::web::{not_found, see_other};
use crate::wiring::Services;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct NewForm {
    amount: String,
    currency: String,
    key: String,
}

pub(super) async fn make(
    State(services): State<Services>,
    Acting(operator): Acting,
    Path(id): Path<String>,
    Form(form): Form<NewForm>,
) -> Response {
    let Ok(seller) = id.parse::<SellerId>() else { return not_found() };
    let back = of_seller(seller);
    let Ok(currency) = form.currency.parse() else {
        return refused(&back, "payout_currency", Some("currency"));
    };
    let amount = match payout::amount(&form.amount, currency) {
        Ok(amount) => amount,
        Err(code) => return refused(&back, code, Some("amount")),
    };
    // A key of another form, or none, is of a page that nobody was shown.
    if form.key.parse::<PayoutId>().is_err() {
        return refused(&back, "stale", None);
    }
    match services.keys.claim(request(&operator, seller, form.key, amount)).await {
        Ok(Claim::Mine(slot)) => make_once(&services, &operator, (seller, amount), slot).await,
        Ok(Claim::Answered(answer)) => {
            see_other(answer.headers["location"].as_str().unwrap_or("/console/payouts"))
        }
        Ok(Claim::Done(made)) => done(&page(PayoutId::from_uuid(made)), "payout_made"),
        Ok(Claim::InProgress | Claim::Reused) => refused(&back, "stale", None),
        Err(_) => refused(&back, "unavailable", None),
    }
}

/// Makes the pay-out under a key that nobody has used.
async fn make_once(
    services: &Services,
    operator: &Operator,
    (seller, amount): (SellerId, Money),
    slot: Slot,
) -> Response {
    let new = NewPayout {
        shop: operator.shop,
        seller,
        amount,
        account: None,
        by: by(operator),
        // Whoever may only make one leaves it to those who may approve, also below the limit.
        approves: role(operator).may(Action::ApprovePayout),
        slot: Some(slot.clone()),
    };
    match create::create(&services.engine, &new).await {
        Ok(made) => {
            let location = format!("{}?notice=payout_made", page(made.id));
            let headers = json!({ "location": location });
            services.keys.keep(slot, Answer { status: 303, headers, body: String::new() }).await;
            see_other(&location)
        }
        Err(error) => {
            services.keys.free(slot).await;
            not_made(seller, error)
        }
    }
}

fn not_made(seller: SellerId, error: CreateError) -> Response {
    let back = of_seller(seller);
    match error {
        CreateError::SellerUnknown => not_found(),
        CreateError::NoAccount => refused(&back, "payout_currency", Some("currency")),
        CreateError::Refused(why) => refused(&back, problem(&why), Some("amount")),
        CreateError::NotAllowed => refused(&back, "not_allowed", None),
        CreateError::KeyLost => refused(&back, "stale", None),
        CreateError::Fault(fault) => broken(&back, &fault),
    }
}

pub(super) async fn verify(
    State(services): State<Services>,
    Acting(operator): Acting,
    Path(id): Path<String>,
) -> Response {
    let Ok(id) = id.parse::<PayeeAccountId>() else { return not_found() };
    let (pool, shop) = (services.pool(), operator.shop);
    let account = match payees::find(pool, shop, id).await {
        Ok(Some(account)) => account,
        Ok(None) => return not_found(),
        Err(fault) => return broken("/console/sellers", &fault),
    };
    let back = of_seller(account.seller);
    let name = operator.name.clone();
    let by = Actor::Person(Person { id: operator.id, name, role: role(&operator) });
    match payees::verify(pool, shop, id, &by).await {
        Ok(_) => done(&back, "payee_account_verified"),
        Err(PayeeError::NotFound) => not_found(),
        Err(PayeeError::Retired) => refused(&back, "payee_account_retired", None),
        Err(PayeeError::NotAllowed) => refused(&back, "not_allowed", None),
        Err(PayeeError::KeyLost) => refused(&back, "stale", None),
        Err(PayeeError::Fault(fault)) => broken(&back, &fault),
    }
}

fn of_seller(seller: SellerId) -> String {
    format!("/console/sellers/{seller}")
}

/// What the key stands for: this person's order of this amount for this seller.
fn request(operator: &Operator, seller: SellerId, key: String, amount: Money) -> Request {
    let order = format!("{} {seller} {} {}", operator.id, amount.minor(), amount.currency());
    let hash = digest::digest(&digest::SHA256, order.as_bytes());
    Request {
        shop: operator.shop,
        route: "POST /console/actions/sellers/payouts".to_owned(),
        key,
        fingerprint: hash.as_ref().try_into().expect("a SHA-256 has 32 bytes"),
    }
}
