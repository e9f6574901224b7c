//! The SQL of the till: one statement that looks everything up, one that writes everything.

use sqlx::{FromRow, PgPool};

use crate::{
    answer::Answer,
    faults::fault::CallFault,
    idempotency::Attempt,
    payments::{lifecycle::Change, payment::Payment, till::Order},
    webhooks::Parcel,
};

/// What the database knows about one order. Everything is absent that it does not know.
#[derive(Debug, FromRow)]
pub(crate) struct Found {
    /// Of the answer given before under the order's key.
    pub(crate) fingerprint: Option<Vec<u8>>,
    pub(crate) status_code: Option<i16>,
    pub(crate) body: Option<String>,
    pub(crate) registration_account_id: Option<i64>,
    pub(crate) registration_status: Option<String>,
    pub(crate) registration_currency: Option<String>,
    /// The amount that the registration names for the order's reference.
    pub(crate) named_minor: Option<i64>,
    pub(crate) brand: Option<String>,
    pub(crate) last4: Option<String>,
    pub(crate) behaviour: Option<String>,
    /// Whether a living payment has the order's reference.
    pub(crate) reference_taken: bool,
}

/// A payment that is to be written, with all that goes with it.
#[derive(Debug)]
pub(crate) struct Sale {
    pub(crate) payment: Payment,
    pub(crate) change: Change,
    pub(crate) parcel: Option<Parcel>,
    pub(crate) attempt: Attempt,
    pub(crate) answer: Answer,
    /// What spoils the answer.
    pub(crate) fault: Option<CallFault>,
}

/// Looks up what is known about each order, in their order.
pub(crate) async fn look_up(pool: &PgPool, orders: &[Order]) -> Result<Vec<Found>, sqlx::Error> {
    let each = |of: fn(&Order) -> Option<&str>| orders.iter().map(of).collect::<Vec<_>>();
    sqlx::query_as(
        "select answered.fingerprint, answered.status_code, answered.body,
             registration.account_id as registration_account_id,
             registration.status as registration_status,
             registration.currency as registration_currency,
             named.amount_minor as named_minor,
             method.brand, method.last4, method.behaviour,
             living.payment_id is not null as reference_taken
         from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[])
             with ordinality as asked(account_id, key, reference, registration, method, position)
         left join idempotency_key answered
             on answered.account_id = asked.account_id and answered.key = asked.key
         -- Whose registration it is does not stand here: a plan made early would go through all
         -- registrations of the account to find one.
         left join registration on registration.token = asked.registration
         left join registration_payment named
             on named.token = asked.registration and named.reference = asked.reference
         left join payment_method method
             on method.token = coalesce(registration.payment_method, asked.method)
             and method.account_id = asked.account_id
         -- Where it says `exists`, a plan made early would hash all payments for each batch.
         left join lateral (
             select payment_id from payment
             where payment.account_id = asked.account_id
               and payment.reference = asked.reference
               and payment.status not in ('declined', 'cancelled', 'expired')
             limit 1
         ) living on true
         order by asked.position",
    )
    .bind(orders.iter().map(|order| order.account.account_id).collect::<Vec<_>>())
    .bind(each(|order| order.attempt.key.as_deref()))
    .bind(each(|order| Some(order.request.reference.as_str())))
    .bind(each(|order| order.request.source.registration()))
    .bind(each(|order| order.request.source.payment_method()))
    .fetch_all(pool)
    .await
}

/// Writes every sale: its payment, its line in the book, its webhook and its stored answer.
pub(crate) async fn write<'a>(
    pool: &PgPool,
    sales: impl Iterator<Item = &'a Sale>,
) -> Result<(), sqlx::Error> {
    let sales: Vec<&Sale> = sales.collect();
    if sales.is_empty() {
        return Ok(());
    }
    let payments: Vec<&Payment> = sales.iter().map(|sale| &sale.payment).collect();
    let texts = |of: fn(&Payment) -> &str| payments.iter().copied().map(of).collect::<Vec<_>>();
    let options =
        |of: fn(&Payment) -> Option<&str>| payments.iter().copied().map(of).collect::<Vec<_>>();
    let numbers = |of: fn(&Payment) -> i64| payments.iter().copied().map(of).collect::<Vec<_>>();
    let parcels: Vec<Option<&Parcel>> = sales
        .iter()
        .map(|sale| sale.parcel.as_ref().filter(|parcel| !parcel.is_volatile))
        .collect();
    let parcel_texts =
        |of: fn(&Parcel) -> &str| parcels.iter().map(|parcel| parcel.map(of)).collect::<Vec<_>>();
    // A new payment waits for one thing at most.
    let wakes: Vec<_> = sales.iter().map(|sale| sale.change.wakes.first()).collect();
    let rings: Vec<_> = sales
        .iter()
        .zip(&wakes)
        .map(|(sale, wake)| wake.map(|wake| sale.payment.created_at + wake.after))
        .collect();
    sqlx::query(WRITE)
        .bind(payments.iter().map(|payment| payment.payment_id).collect::<Vec<_>>())
        .bind(numbers(|payment| payment.account_id))
        .bind(texts(|payment| &payment.reference))
        .bind(options(|payment| payment.registration.as_deref()))
        .bind(texts(|payment| payment.status.name()))
        .bind(texts(|payment| &payment.currency))
        .bind(numbers(|payment| payment.amount_minor))
        .bind(numbers(|payment| payment.authorized_minor))
        .bind(numbers(|payment| payment.captured_minor))
        .bind(payments.iter().map(|payment| payment.capture).collect::<Vec<_>>())
        .bind(options(|payment| payment.decline_code.as_deref()))
        .bind(texts(|payment| &payment.brand))
        .bind(texts(|payment| &payment.last4))
        .bind(texts(|payment| &payment.behaviour))
        .bind(options(|payment| payment.return_url.as_deref()))
        .bind(payments.iter().map(|payment| payment.created_at).collect::<Vec<_>>())
        .bind(
            sales
                .iter()
                .map(|sale| sale.change.line.map(|line| line.fee_minor))
                .collect::<Vec<_>>(),
        )
        .bind(parcels.iter().map(|parcel| parcel.map(|one| one.webhook_id)).collect::<Vec<_>>())
        .bind(parcel_texts(|parcel| &parcel.r#type))
        .bind(parcel_texts(|parcel| &parcel.body))
        .bind(sales.iter().map(|sale| sale.attempt.key.as_deref()).collect::<Vec<_>>())
        .bind(sales.iter().map(|sale| sale.attempt.fingerprint.as_slice()).collect::<Vec<_>>())
        .bind(sales.iter().map(|sale| sale.answer.status_code()).collect::<Vec<_>>())
        .bind(sales.iter().map(|sale| sale.answer.body.as_str()).collect::<Vec<_>>())
        .bind(payments.iter().map(|payment| payment.hold_expires_at).collect::<Vec<_>>())
        .bind(wakes.iter().map(|wake| wake.map(|wake| wake.kind.name())).collect::<Vec<_>>())
        .bind(rings)
        .bind(parcels.iter().map(|parcel| parcel.map(|one| one.not_before)).collect::<Vec<_>>())
        .bind(
            parcels
                .iter()
                .map(|parcel| parcel.and_then(|one| one.fault.as_deref()))
                .collect::<Vec<_>>(),
        )
        .execute(pool)
        .await?;
    Ok(())
}

const WRITE: &str = "
    with sale as (
        select payment_id, account_id, reference, registration, status, currency, amount_minor,
            authorized_minor, captured_minor, capture, decline_code, brand, last4, behaviour,
            return_url, created_at, fee_minor, webhook_id, webhook_type, webhook_body, key,
            fingerprint, status_code, body, hold_expires_at, alarm, rings_at, not_before, fault
        from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[],
            $6::text[], $7::bigint[], $8::bigint[], $9::bigint[], $10::boolean[], $11::text[],
            $12::text[], $13::text[], $14::text[], $15::text[], $16::timestamptz[], $17::bigint[],
            $18::uuid[], $19::text[], $20::text[], $21::text[], $22::bytea[], $23::smallint[],
            $24::text[], $25::timestamptz[], $26::text[], $27::timestamptz[], $28::timestamptz[],
            $29::text[])
        as sale(payment_id, account_id, reference, registration, status, currency, amount_minor,
            authorized_minor, captured_minor, capture, decline_code, brand, last4, behaviour,
            return_url, created_at, fee_minor, webhook_id, webhook_type, webhook_body, key,
            fingerprint, status_code, body, hold_expires_at, alarm, rings_at, not_before, fault)
    ), new_payment as (
        insert into payment (payment_id, account_id, reference, registration, status, currency,
            amount_minor, authorized_minor, captured_minor, refunded_minor, capture, decline_code,
            brand, last4, behaviour, return_url, created_at, updated_at, version, hold_expires_at)
        select payment_id, account_id, reference, registration, status, currency, amount_minor,
            authorized_minor, captured_minor, 0, capture, decline_code, brand, last4, behaviour,
            return_url, created_at, created_at, 1, hold_expires_at
        from sale
    ), new_movement as (
        insert into movement (account_id, kind, payment_id, reference, currency, gross_minor,
            fee_minor, occurred_at)
        select account_id, 'payment', payment_id, reference, currency, captured_minor, fee_minor,
            created_at
        from sale where fee_minor is not null
    ), new_webhook as (
        insert into webhook (webhook_id, account_id, type, body, not_before, fault, due_at,
            created_at)
        select webhook_id, account_id, webhook_type, webhook_body, not_before, fault,
            case when not_before > created_at then now() else now() + interval '20 seconds' end,
            now()
        from sale where webhook_id is not null
    ), new_alarm as (
        insert into alarm (payment_id, kind, due_at)
        select payment_id, alarm, rings_at from sale where alarm is not null
    )
    insert into idempotency_key (account_id, key, fingerprint, status_code, body)
    select account_id, key, fingerprint, status_code, body from sale where key is not null";
