//! The SQL of what is kept back.

use domain::currency::Currency;
use domain::id::{PaymentId, SellerId, ShopId};
use domain::money::Money;
use time::Date;
use uuid::Uuid;

use crate::db::{Fault, Tx};

/// Whose reserve is due.
pub(crate) struct Owner {
    pub(crate) shop_id: Uuid,
    pub(crate) seller_id: Uuid,
    currency: String,
}

impl Owner {
    pub(crate) fn currency(&self) -> Result<Currency, Fault> {
        super::currency(&self.currency)
    }
}

/// What is released of the reserve of one payment.
pub(crate) struct Freed {
    pub(crate) payment_id: Uuid,
    pub(crate) amount_minor: i64,
    /// Released of it in total, with this.
    pub(crate) total_minor: i64,
}

/// Keeps `amount` of a payment back until `due_on`; the wallet has to be locked.
pub(crate) async fn keep(
    tx: &mut Tx,
    (shop, seller): (ShopId, SellerId),
    payment: PaymentId,
    amount: Money,
    due_on: Date,
) -> Result<(), Fault> {
    sqlx::query!(
        "insert into reserve (bucket, payment_id, number, shop_id, seller_id, currency, kept_minor,
                              left_minor, due_on)
         select $1, $2, 1 + count(*), $3, $4, $5, $6, $6, $7 from reserve
         where bucket = $1 and payment_id = $2",
        payment.bucket().as_i16(),
        payment.uuid(),
        shop.uuid(),
        seller.uuid(),
        amount.currency().code(),
        amount.minor(),
        due_on,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes `amount` from what is kept back, of what is due first first; the wallet has to be locked.
pub(crate) async fn take(
    tx: &mut Tx,
    (shop, seller): (ShopId, SellerId),
    amount: Money,
) -> Result<(), Fault> {
    let taken = sqlx::query_scalar!(
        r#"
        with lined_up as (
            select bucket, payment_id, number, left_minor,
                   (sum(left_minor) over (order by due_on, bucket, payment_id, number) - left_minor)::bigint
                       as before
            from reserve
            where shop_id = $1 and seller_id = $2 and currency = $3 and left_minor > 0
        ), taken as (
            update reserve
            set left_minor = reserve.left_minor - least(lined_up.left_minor, $4 - before)
            from lined_up
            where reserve.bucket = lined_up.bucket and reserve.payment_id = lined_up.payment_id
              and reserve.number = lined_up.number and before < $4
            returning least(lined_up.left_minor, $4 - before) as part
        )
        select coalesce(sum(part), 0)::bigint as "taken!" from taken
        "#,
        shop.uuid(),
        seller.uuid(),
        amount.currency().code(),
        amount.minor(),
    )
    .fetch_one(tx.conn())
    .await?;
    if taken == amount.minor() {
        return Ok(());
    }
    Err(Fault::Broken(format!("{seller} has other reserves than the books: {taken} of {amount}")))
}

/// Whose reserve is due for the longest time.
pub(crate) async fn next_due(tx: &mut Tx) -> Result<Option<Owner>, Fault> {
    Ok(sqlx::query_as!(
        Owner,
        r#"
        select shop_id, seller_id, currency from reserve
        where left_minor > 0 and due_on <= (now() at time zone 'utc')::date
        order by due_on limit 1
        "#,
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// Ends some reserves of a wallet, which has to be locked, whose time is over.
pub(crate) async fn release(
    tx: &mut Tx,
    (shop, seller): (ShopId, SellerId),
    currency: Currency,
    limit: i64,
) -> Result<Vec<Freed>, Fault> {
    Ok(sqlx::query_as!(
        Freed,
        r#"
        with due as (
            select bucket, payment_id, number, left_minor from reserve
            where shop_id = $1 and seller_id = $2 and currency = $3 and left_minor > 0
              and due_on <= (now() at time zone 'utc')::date
            order by due_on, bucket, payment_id, number limit $4
        ), freed as (
            update reserve
            set released_minor = reserve.released_minor + reserve.left_minor, left_minor = 0
            from due
            where reserve.bucket = due.bucket and reserve.payment_id = due.payment_id
              and reserve.number = due.number
            returning reserve.bucket, reserve.payment_id, due.left_minor as amount_minor
        )
        select freed.payment_id as "payment_id!", sum(amount_minor)::bigint as "amount_minor!",
               (sum(amount_minor) + (
                   select sum(released_minor) from reserve
                   where reserve.bucket = freed.bucket and reserve.payment_id = freed.payment_id))::bigint
                   as "total_minor!"
        from freed group by freed.bucket, freed.payment_id
        order by freed.payment_id
        "#,
        shop.uuid(),
        seller.uuid(),
        currency.code(),
        limit,
    )
    .fetch_all(tx.conn())
    .await?)
}
