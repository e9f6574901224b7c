//! Rings up new payments: whatever is waiting is decided and written as one batch.
//!
//! A batch costs two statements and one commit, however many payments are in it. One task does it
//! all, so two requests with one key or one reference never meet inside this process; where another
//! process was faster, the database refuses the batch and it is decided again.

use std::{collections::HashSet, sync::Arc};

use axum::http::StatusCode;
use tokio::sync::{mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    accounts::Account,
    answer::{Answer, ApiError, is_unique_violation},
    app::Tools,
    cards::{by_token, recall},
    faults::{fault::CallFault, rules::Facts},
    idempotency::Attempt,
    payments::{
        batch::{self, Found, Sale},
        lifecycle::Moment,
        payment::{Payment, Status},
        request::{NewPayment, Source},
    },
    webhooks::{News, Parcel, courier::Courier},
};

const BATCH_MAX: usize = 100;
const WAITING_MAX: usize = 2_000;
/// How often a batch is decided again because another process was faster.
const ROUNDS_MAX: usize = 3;

/// A request at the till.
pub(crate) struct Order {
    pub(crate) account: Arc<Account>,
    pub(crate) attempt: Attempt,
    pub(crate) request: NewPayment,
    /// The code with which a fault declines it, whatever its card.
    pub(crate) declined: Option<String>,
}

/// What became of an order.
#[derive(Debug, Clone)]
pub(crate) enum Receipt {
    /// There is an answer, and perhaps a fault that spoils it.
    Answered(Answer, Option<CallFault>),
    /// There is an answer, and a webhook that has to arrive before it.
    AnsweredAfter(Answer, Option<CallFault>, Box<Parcel>),
    /// Nothing happens, in this way.
    Nothing(CallFault),
    /// The request is refused and nothing was written.
    Refused(ApiError),
}

struct Waiting {
    order: Order,
    receipt: oneshot::Sender<Receipt>,
}

/// The way to the till. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Till {
    queue: mpsc::Sender<Waiting>,
}

impl Till {
    /// Starts the till.
    pub(crate) fn start(
        tools: Arc<Tools>,
        courier: Courier,
        stopping: CancellationToken,
        tasks: &TaskTracker,
    ) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING_MAX);
        tasks.spawn(work(tools, courier, waiting, stopping));
        Self { queue }
    }

    /// Rings up one payment. Goes on if the caller stops waiting.
    pub(crate) async fn ring_up(&self, order: Order) -> Receipt {
        let (receipt, answer) = oneshot::channel();
        if self.queue.send(Waiting { order, receipt }).await.is_err() {
            return Receipt::Refused(ApiError::internal());
        }
        answer.await.unwrap_or_else(|_closed| Receipt::Refused(ApiError::internal()))
    }
}

async fn work(
    tools: Arc<Tools>,
    courier: Courier,
    mut queue: mpsc::Receiver<Waiting>,
    stopping: CancellationToken,
) {
    let mut waiting = Vec::new();
    loop {
        if waiting.is_empty() {
            tokio::select! {
                () = stopping.cancelled() => return,
                taken = queue.recv_many(&mut waiting, BATCH_MAX) => if taken == 0 { return },
            }
        } else {
            while waiting.len() < BATCH_MAX
                && let Ok(next) = queue.try_recv()
            {
                waiting.push(next);
            }
        }
        let (batch, later) = part(std::mem::take(&mut waiting));
        waiting = later;
        let (orders, receipts): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|one| (one.order, one.receipt)).unzip();
        for (receipt, outcome) in
            receipts.into_iter().zip(ring_up_all(&tools, &courier, &orders).await)
        {
            // A caller that went away does not undo its payment.
            let _gone = receipt.send(outcome);
        }
    }
}

/// Leaves the second of two orders with one key or one reference for the next batch.
fn part(waiting: Vec<Waiting>) -> (Vec<Waiting>, Vec<Waiting>) {
    let mut keys = HashSet::new();
    let mut references = HashSet::new();
    waiting.into_iter().partition(|one| {
        let account_id = one.order.account.account_id;
        let key = one.order.attempt.key.clone();
        let key_is_new = key.is_none_or(|key| keys.insert((account_id, key)));
        references.insert((account_id, one.order.request.reference.clone())) && key_is_new
    })
}

/// Decides and writes one batch; the receipts stand in the order of the orders.
async fn ring_up_all(tools: &Tools, courier: &Courier, orders: &[Order]) -> Vec<Receipt> {
    for _round in 0..ROUNDS_MAX {
        let decided = async {
            let found = batch::look_up(&tools.pool, orders).await?;
            let decisions: Vec<Decision> = orders
                .iter()
                .zip(found)
                .map(|(order, found)| decide(tools, order, &found))
                .collect();
            batch::write(&tools.pool, decisions.iter().filter_map(Decision::sale)).await?;
            Ok::<_, sqlx::Error>(decisions)
        };
        match decided.await {
            Ok(decisions) => {
                return decisions.into_iter().map(|decision| decision.settle(courier)).collect();
            }
            Err(error) if is_unique_violation(&error) => {}
            Err(error) => {
                let refused = Receipt::Refused(error.into());
                return vec![refused; orders.len()];
            }
        }
    }
    vec![Receipt::Refused(ApiError::conflict("try again: others use this reference")); orders.len()]
}

enum Decision {
    Sell(Box<Sale>),
    Other(Receipt),
}

impl Decision {
    fn sale(&self) -> Option<&Sale> {
        match self {
            Self::Sell(sale) => Some(sale),
            Self::Other(_) => None,
        }
    }

    fn settle(self, courier: &Courier) -> Receipt {
        match self {
            Self::Sell(sale) => {
                let Sale { answer, fault, parcel, .. } = *sale;
                match parcel {
                    Some(parcel) if parcel.is_before_answer() => {
                        Receipt::AnsweredAfter(answer, fault, Box::new(parcel))
                    }
                    parcel => {
                        courier.hand_over(parcel);
                        Receipt::Answered(answer, fault)
                    }
                }
            }
            Self::Other(receipt) => receipt,
        }
    }
}

fn decide(tools: &Tools, order: &Order, found: &Found) -> Decision {
    match try_decide(tools, order, found) {
        Ok(decision) => decision,
        Err(refused) => Decision::Other(Receipt::Refused(refused)),
    }
}

fn try_decide(tools: &Tools, order: &Order, found: &Found) -> Result<Decision, ApiError> {
    if let (Some(fingerprint), Some(status_code), Some(body)) =
        (&found.fingerprint, found.status_code, found.body.clone())
    {
        let answer = order.attempt.replay(fingerprint, status_code, body)?;
        // A repeat travels like any other answer, whatever the card did the first time.
        return Ok(Decision::Other(Receipt::Answered(answer, None)));
    }
    let card = charged_card(order, found)?;
    order.account.processor.must_take(recall(&card.behaviour).method, &order.request.currency)?;
    if found.reference_taken {
        return Err(ApiError::conflict_of(
            "reference_exists",
            "there is a payment with this reference already",
        ));
    }
    let fault = fault(tools, order, &card);
    if let Some(fault) = fault.clone().filter(CallFault::is_before) {
        return Ok(Decision::Other(Receipt::Nothing(fault)));
    }
    Ok(Decision::Sell(Box::new(sell(tools, order, card, fault))))
}

/// Finds what goes wrong with the call, by the caller's wish, a rule about the card, or the card.
fn fault(tools: &Tools, order: &Order, card: &Card) -> Option<CallFault> {
    let request = &order.request;
    let facts = Facts {
        reference: Some(&request.reference),
        amount: Some((request.amount_minor, &request.currency)),
        card: Some(&card.behaviour),
    };
    let by_card = || match recall(&card.behaviour).wish().call {
        Some(CallFault::RateLimited(_) | CallFault::Unavailable(_))
            if !tools.faults.refuses_this_try(order.account.account_id, &request.reference) =>
        {
            None
        }
        fault => fault,
    };
    let wished = request.wish.call.clone();
    wished
        .or_else(|| tools.faults.pick_by_card(&tools.mint, &order.account, &facts))
        .or_else(by_card)
}

struct Card {
    brand: String,
    last4: String,
    behaviour: String,
}

/// Finds what is charged, and checks that its owner agreed to this payment.
fn charged_card(order: &Order, found: &Found) -> Result<Card, ApiError> {
    let request = &order.request;
    if let Source::PaymentMethod(token) = &request.source
        && let Some(card) = by_token(token)
    {
        return Ok(Card {
            brand: card.brand.to_owned(),
            last4: card.last4().to_owned(),
            behaviour: card.slug.to_owned(),
        });
    }
    if matches!(request.source, Source::Registration(_)) {
        let is_ours = found.registration_account_id == Some(order.account.account_id);
        let (Some(status), Some(currency), true) =
            (&found.registration_status, &found.registration_currency, is_ours)
        else {
            return Err(ApiError::invalid("source", "there is no such registration"));
        };
        if status != "completed" {
            return Err(ApiError::conflict(format!("the registration is {status}")));
        }
        let Some(named_minor) = found.named_minor else {
            return Err(ApiError::invalid(
                "reference",
                "the registration does not name this payment",
            ));
        };
        if *currency != request.currency {
            return Err(ApiError::invalid("currency", "the registration has another currency"));
        }
        if request.amount_minor > named_minor {
            return Err(ApiError::invalid("amount", "the registration names a smaller amount"));
        }
    }
    match (found.brand.clone(), found.last4.clone(), found.behaviour.clone()) {
        (Some(brand), Some(last4), Some(behaviour)) => Ok(Card { brand, last4, behaviour }),
        _ => Err(ApiError::invalid("source", "there is no such payment method")),
    }
}

fn sell(tools: &Tools, order: &Order, card: Card, fault: Option<CallFault>) -> Sale {
    let at = tools.clock.now();
    let request = &order.request;
    let key = order.attempt.key.as_deref().unwrap_or_default();
    let name = ["payment", order.account.name.as_str(), request.reference.as_str(), key];
    let mut payment = Payment {
        payment_id: tools.mint.id(at, &name),
        account_id: order.account.account_id,
        reference: request.reference.clone(),
        registration: request.source.registration().map(str::to_owned),
        status: Status::Declined,
        currency: request.currency.clone(),
        amount_minor: request.amount_minor,
        authorized_minor: 0,
        captured_minor: 0,
        refunded_minor: 0,
        refunding_minor: 0,
        charged_back_minor: 0,
        hold_expires_at: None,
        capture: request.capture,
        decline_code: None,
        brand: card.brand,
        last4: card.last4,
        behaviour: card.behaviour,
        return_url: request.return_url.clone(),
        created_at: at,
        updated_at: at,
        version: 1,
        has_refunds: false,
        has_disputes: false,
        refunds: Vec::new(),
        disputes: Vec::new(),
    };
    let declined = match &fault {
        Some(CallFault::Decline(code)) => Some(&**code),
        _ => order.declined.as_deref(),
    };
    let moment = Moment { at, tariff: order.account.processor.tariff };
    let change = match declined {
        Some(code) => payment.refuse(code),
        None => payment.open(&moment),
    };
    let body = payment.json(&tools.public_url);
    let data = format!(r#"{{"payment":{body}}}"#);
    let answer = Answer::written(StatusCode::CREATED, body);
    let wish = order.attempt.webhook.or(request.wish.webhook);
    let wish = wish.or_else(|| payment.card().wish().webhook);
    let news = News { event: change.event, at, data, wish, facts: payment.facts() };
    let parcel = Parcel::wrap(tools, &order.account, &news);
    Sale { payment, change, parcel, attempt: order.attempt.clone(), answer, fault }
}
