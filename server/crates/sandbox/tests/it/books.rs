//! The laws of the sandbox's own books, after random trade.

use futures::future::join_all;
use serde_json::json;
use sqlx::PgPool;

use crate::harness::Sandbox;

/// Queries that return a row for everything that breaks a law.
const LAWS: &[(&str, &str)] = &[
    (
        "the movements of a payment are what it captured less what was refunded or charged back",
        "select payment.reference from payment
         left join movement on movement.payment_id = payment.payment_id
         group by payment.payment_id
         having coalesce(sum(movement.gross_minor), 0)
             <> payment.captured_minor - payment.refunded_minor - payment.charged_back_minor",
    ),
    (
        "what was refunded is the sum of the refunds that succeeded",
        "select payment.reference from payment
         left join refund on refund.payment_id = payment.payment_id and refund.status = 'succeeded'
         group by payment.payment_id
         having coalesce(sum(refund.amount_minor), 0) <> payment.refunded_minor",
    ),
    (
        "what is being refunded is the sum of the refunds that are pending",
        "select payment.reference from payment
         left join refund on refund.payment_id = payment.payment_id and refund.status = 'pending'
         group by payment.payment_id
         having coalesce(sum(refund.amount_minor), 0) <> payment.refunding_minor",
    ),
    (
        "what was charged back is the sum of the disputes that are not won",
        "select payment.reference from payment
         left join dispute on dispute.payment_id = payment.payment_id and dispute.status <> 'won'
         group by payment.payment_id
         having coalesce(sum(dispute.amount_minor), 0) <> payment.charged_back_minor",
    ),
    (
        "the movements of a transfer are what its state says",
        "select transfer.reference from transfer
         left join transfer_movement on transfer_movement.transfer_id = transfer.transfer_id
         group by transfer.transfer_id
         having coalesce(sum(transfer_movement.amount_minor), 0)
                 <> case when state = 'paid' then -transfer.amount_minor else 0 end
             or count(*) filter (where kind = 'paid')
                 <> case when state in ('paid', 'returned') then 1 else 0 end
             or count(*) filter (where kind = 'returned')
                 <> case when state = 'returned' then 1 else 0 end",
    ),
    (
        "every key has its answer",
        "select key from idempotency_key where status_code = 0 or body = ''",
    ),
];

const CARDS: [&str; 8] = [
    "visa",
    "declined",
    "refund_fails",
    "mastercard",
    "refund_pending",
    "refund_returned",
    "dispute_won",
    "dispute_lost",
];

/// What is sent to sellers: paid, failed at once, failed on the way, returned.
const AMOUNTS: [&str; 4] = ["57.00", "91.04", "91.01", "95.04"];

#[sqlx::test]
async fn the_books_tie_after_parallel_trade(pool: PgPool) {
    let sandbox = Sandbox::start(pool).await;
    let trader = |number: usize| {
        let sandbox = &sandbox;
        async move {
            let reference = format!("pay_{number}");
            let card = CARDS[number % CARDS.len()];
            let paid = sandbox.pay(&reference, "20.00", card, number.is_multiple_of(3)).await;
            assert_eq!(paid.status, 201);
            let path = format!("/v1/payments/{}", paid.text("id"));
            let capture = json!({"amount": "15.00"});
            let refund = json!({"amount": "6.00", "reference": format!("ref_{number}")});
            sandbox.post(&format!("{path}/capture"), &format!("{reference}_c"), &capture).await;
            sandbox.post(&format!("{path}/refunds"), &format!("{reference}_r"), &refund).await;
            sandbox.post(&format!("{path}/cancel"), &format!("{reference}_x"), &json!({})).await;
            let transfer = json!({
                "reference": format!("po_{number}"),
                "amount": AMOUNTS[number % AMOUNTS.len()],
                "currency": "EUR",
                "iban": "NL91ABNA0417164300",
                "name": "Alpine Books GmbH",
            });
            let sent = sandbox.post("/v1/transfers", "", &transfer).await;
            assert_eq!(sent.status, 201);
        }
    };

    join_all((0..64).map(trader)).await;
    // The last transfers come back two days after they were paid.
    sandbox.advance("2d 1m").await;

    for (law, offenders) in LAWS {
        let broken: Vec<String> =
            sqlx::query_scalar(*offenders).fetch_all(&sandbox.pool).await.unwrap();
        assert!(broken.is_empty(), "broken: {law}: {broken:?}");
    }
    sandbox.stop().await;
}
