//! The SQL of routing.

use std::collections::HashMap;
use std::time::Duration;

use domain::currency::Currency;
use domain::fee::ProcessorTariff;
use domain::id::{AttemptId, CheckoutId, PaymentId, ProcessorAccountId, ShopId};
use domain::money::Money;
use domain::routing::terms::{Method, Terms};
use domain::routing::{Conditions, Rule};
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use crate::db::{Fault, Tx};
use crate::routing::{Account, RetryPolicy};

struct AccountRow {
    processor_account_id: Uuid,
    name: String,
    fee_basis_points: i32,
    fee_fixed_minor: i64,
    methods: Vec<String>,
    currencies: Vec<String>,
    countries: Vec<String>,
    priority: i32,
    weight: i32,
    vault: Option<String>,
    takes_new: bool,
}

impl AccountRow {
    fn account(self, limits: Vec<(Money, Money)>) -> Result<Account, Fault> {
        let corrupt = || Fault::CorruptRow(format!("processor account {}", self.name));
        let methods = self.methods.iter().map(|word| Method::from_word(word));
        let terms = Terms {
            methods: methods.collect::<Option<_>>().ok_or_else(corrupt)?,
            currencies: parsed(&self.currencies).ok_or_else(corrupt)?,
            countries: parsed(&self.countries).ok_or_else(corrupt)?,
            limits,
            priority: self.priority,
            weight: self.weight.unsigned_abs(),
            vault: self.vault,
            takes_new: self.takes_new,
        };
        let tariff = ProcessorTariff {
            basis_points: self.fee_basis_points.unsigned_abs(),
            fixed_minor: self.fee_fixed_minor,
        };
        let id = ProcessorAccountId::from_uuid(self.processor_account_id);
        Ok(Account { id, name: self.name, terms, tariff })
    }
}

fn parsed<T: std::str::FromStr>(words: &[String]) -> Option<Vec<T>> {
    words.iter().map(|word| word.parse().ok()).collect()
}

/// The accounts of the shop, the oldest first.
pub(super) async fn accounts(pool: &PgPool, shop: ShopId) -> Result<Vec<Account>, Fault> {
    let rows = sqlx::query_as!(
        AccountRow,
        r#"
        select processor_account_id, name, fee_basis_points, fee_fixed_minor, methods, currencies,
               countries, priority, weight, vault, takes_new
        from processor_account where shop_id = $1 order by created_at, processor_account_id
        "#,
        shop.uuid(),
    )
    .fetch_all(pool)
    .await?;
    let mut limits = limits(pool, shop).await?;
    rows.into_iter()
        .map(|row| {
            let limits = limits.remove(&row.processor_account_id).unwrap_or_default();
            row.account(limits)
        })
        .collect()
}

async fn limits(pool: &PgPool, shop: ShopId) -> Result<HashMap<Uuid, Vec<(Money, Money)>>, Fault> {
    let rows = sqlx::query!(
        r#"
        select processor_account_id, currency, amount_min_minor, amount_max_minor
        from processor_limit join processor_account using (processor_account_id)
        where shop_id = $1
        "#,
        shop.uuid(),
    )
    .fetch_all(pool)
    .await?;
    let mut limits = HashMap::<Uuid, Vec<(Money, Money)>>::new();
    for row in rows {
        let currency: Currency = row
            .currency
            .parse()
            .map_err(|_| Fault::CorruptRow(format!("limit in {}", row.currency)))?;
        let money = |minor| Money::from_minor(minor, currency);
        let range = (money(row.amount_min_minor), money(row.amount_max_minor));
        limits.entry(row.processor_account_id).or_default().push(range);
    }
    Ok(limits)
}

/// The rules of the shop, in the order in which they are asked.
pub(super) async fn rules(pool: &PgPool, shop: ShopId) -> Result<Vec<Rule>, Fault> {
    let rows = sqlx::query!(
        r#"
        select priority, processor_account_id, method, currency, country, amount_from_minor,
               amount_below_minor, weight
        from route where shop_id = $1 order by priority, processor_account_id
        "#,
        shop.uuid(),
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let corrupt = || Fault::CorruptRow(format!("route {}", row.priority));
            let method =
                row.method.as_deref().map(|word| Method::from_word(word).ok_or_else(corrupt));
            let currency = row.currency.as_deref().map(|word| word.parse().map_err(|_| corrupt()));
            let country = row.country.as_deref().map(|word| word.parse().map_err(|_| corrupt()));
            Ok(Rule {
                priority: row.priority,
                conditions: Conditions {
                    method: method.transpose()?,
                    currency: currency.transpose()?,
                    country: country.transpose()?,
                    from_minor: row.amount_from_minor,
                    below_minor: row.amount_below_minor,
                },
                target: ProcessorAccountId::from_uuid(row.processor_account_id),
                weight: row.weight.unsigned_abs(),
            })
        })
        .collect()
}

pub(super) async fn policy(pool: &PgPool, shop: ShopId) -> Result<RetryPolicy, Fault> {
    let row = sqlx::query!(
        "select soft_retries, soft_retry_after_seconds from shop where shop_id = $1",
        shop.uuid(),
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map_or_else(RetryPolicy::default, |row| RetryPolicy {
        soft_retries: row.soft_retries.unsigned_abs(),
        soft_retry_after: Duration::from_secs(u64::from(
            row.soft_retry_after_seconds.unsigned_abs(),
        )),
    }))
}

/// One authorisation that was tried.
pub(super) struct Try {
    pub(super) account: ProcessorAccountId,
    pub(super) cause: String,
    /// What the processor answered, if it did.
    pub(super) answer: Option<Value>,
}

/// The authorisations of the payment that were tried so far.
pub(super) async fn tries(pool: &PgPool, payment: PaymentId) -> Result<Vec<Try>, Fault> {
    let rows = sqlx::query!(
        "select processor_account_id, cause, answer from attempt
         where bucket = $1 and payment_id = $2 and operation = 'authorize'",
        payment.bucket().as_i16(),
        payment.uuid(),
    )
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Try {
            account: ProcessorAccountId::from_uuid(row.processor_account_id),
            cause: row.cause,
            answer: row.answer,
        })
        .collect())
}

/// Where authorisations of the checkout ended without the money, each with the code of its decline;
/// none means that nothing happened there.
pub(super) async fn ended(
    pool: &PgPool,
    checkout: CheckoutId,
) -> Result<Vec<(ProcessorAccountId, Option<String>)>, Fault> {
    let rows = sqlx::query!(
        r#"
        select attempt.processor_account_id, attempt.code
        from payment
        join attempt on attempt.bucket = payment.bucket and attempt.payment_id = payment.payment_id
        where payment.bucket = $1 and payment.checkout_id = $2 and payment.phase = 'created'
          and attempt.operation = 'authorize' and attempt.state in ('declined', 'retryable')
        "#,
        checkout.bucket().as_i16(),
        checkout.uuid(),
    )
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (ProcessorAccountId::from_uuid(row.processor_account_id), row.code))
        .collect())
}

/// An attempt of which nothing had happened is about to be called again.
pub(super) async fn restart(tx: &mut Tx, attempt: AttemptId) -> Result<bool, Fault> {
    let restarted = sqlx::query!(
        "update attempt set state = 'started', ended_at = null
         where bucket = $1 and attempt_id = $2 and state = 'retryable'",
        attempt.bucket().as_i16(),
        attempt.uuid(),
    )
    .execute(tx.conn())
    .await?;
    Ok(restarted.rows_affected() == 1)
}

/// Adds a rule, or replaces the one of the same priority and target.
pub(super) async fn save_rule(tx: &mut Tx, shop: ShopId, rule: &Rule) -> Result<(), Fault> {
    let Conditions { method, currency, country, from_minor, below_minor } = rule.conditions;
    sqlx::query!(
        r#"
        insert into route (shop_id, priority, processor_account_id, method, currency, country,
                           amount_from_minor, amount_below_minor, weight)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict on constraint route_pkey do update
        set method = excluded.method, currency = excluded.currency, country = excluded.country,
            amount_from_minor = excluded.amount_from_minor,
            amount_below_minor = excluded.amount_below_minor, weight = excluded.weight
        "#,
        shop.uuid(),
        rule.priority,
        rule.target.uuid(),
        method.map(Method::as_str),
        currency.map(Currency::code),
        country.map(|country| country.to_string()),
        from_minor,
        below_minor,
        i32::try_from(rule.weight).unwrap_or(i32::MAX),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Removes the rules of a priority, or the one that names `target`; returns how many there were.
pub(super) async fn remove_rules(
    tx: &mut Tx,
    shop: ShopId,
    priority: i32,
    target: Option<ProcessorAccountId>,
) -> Result<u64, Fault> {
    let removed = sqlx::query!(
        "delete from route where shop_id = $1 and priority = $2
           and ($3::uuid is null or processor_account_id = $3)",
        shop.uuid(),
        priority,
        target.map(ProcessorAccountId::uuid),
    )
    .execute(tx.conn())
    .await?;
    Ok(removed.rows_affected())
}

/// Writes what an account takes.
pub(super) async fn save_terms(
    tx: &mut Tx,
    shop: ShopId,
    account: ProcessorAccountId,
    terms: &Terms,
) -> Result<bool, Fault> {
    let methods: Vec<String> = terms.methods.iter().map(|one| one.as_str().to_owned()).collect();
    let currencies: Vec<String> = terms.currencies.iter().map(ToString::to_string).collect();
    let countries: Vec<String> = terms.countries.iter().map(ToString::to_string).collect();
    let written = sqlx::query!(
        r#"
        update processor_account
        set methods = $3, currencies = $4, countries = $5, priority = $6, weight = $7, vault = $8,
            takes_new = $9
        where shop_id = $1 and processor_account_id = $2
        "#,
        shop.uuid(),
        account.uuid(),
        &methods,
        &currencies,
        &countries,
        terms.priority,
        i32::try_from(terms.weight).unwrap_or(i32::MAX),
        terms.vault,
        terms.takes_new,
    )
    .execute(tx.conn())
    .await?;
    Ok(written.rows_affected() > 0)
}

/// Forgets the limits of an account.
pub(super) async fn clear_limits(tx: &mut Tx, account: ProcessorAccountId) -> Result<(), Fault> {
    sqlx::query!("delete from processor_limit where processor_account_id = $1", account.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Adds a limit of an account.
pub(super) async fn add_limit(
    tx: &mut Tx,
    account: ProcessorAccountId,
    (least, most): (Money, Money),
) -> Result<(), Fault> {
    sqlx::query!(
        "insert into processor_limit (processor_account_id, currency, amount_min_minor,
                                      amount_max_minor)
         values ($1, $2, $3, $4)",
        account.uuid(),
        least.currency().code(),
        least.minor(),
        most.minor(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes how often a shop's declined payments are tried again.
pub(super) async fn save_policy(
    tx: &mut Tx,
    shop: ShopId,
    policy: RetryPolicy,
) -> Result<(), Fault> {
    sqlx::query!(
        "update shop set soft_retries = $2, soft_retry_after_seconds = $3 where shop_id = $1",
        shop.uuid(),
        i16::try_from(policy.soft_retries).unwrap_or(i16::MAX),
        i32::try_from(policy.soft_retry_after.as_secs()).unwrap_or(i32::MAX),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
