//! The SQL of pay-out accounts and limits.

use domain::currency::Currency;
use domain::id::{PayoutAccountId, ShopId};
use domain::money::Money;
use sqlx::{PgExecutor, PgPool};

use crate::db::{Fault, Tx};
use crate::payouts::accounts::{Access, PayoutAccount};

/// Writes the account, unless its address would change while pay-outs are under way there.
pub(crate) async fn save(
    tx: &mut Tx,
    account: &PayoutAccount,
) -> Result<Option<PayoutAccountId>, Fault> {
    let access = &account.access;
    let id = sqlx::query_scalar!(
        r#"
        insert into payout_account (payout_account_id, shop_id, name, currency, provider, base_url,
                                    api_key, webhook_secret)
        values ($1, $2, $3, $4, 'sandbox', $5, $6, $7)
        on conflict on constraint payout_account_name_key
        do update set base_url = excluded.base_url, api_key = excluded.api_key,
                      webhook_secret = excluded.webhook_secret
        where payout_account.base_url = excluded.base_url
           or not exists (
                select from payout
                where payout.payout_account_id = payout_account.payout_account_id
                  and (phase in ('submitted', 'in_transit') or in_doubt))
        returning payout_account_id
        "#,
        account.id.uuid(),
        account.shop.uuid(),
        account.name,
        account.currency.code(),
        access.base_url,
        access.api_key,
        access.webhook_secret,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(id.map(PayoutAccountId::from_uuid))
}

pub(crate) async fn list(pool: &PgPool, shop: ShopId) -> Result<Vec<PayoutAccount>, Fault> {
    let rows = sqlx::query!(
        r#"
        select payout_account_id, name, currency, base_url as "base_url!", api_key as "api_key!",
               webhook_secret as "webhook_secret!"
        from payout_account where shop_id = $1 and provider = 'sandbox' order by name
        "#,
        shop.uuid(),
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let id = PayoutAccountId::from_uuid(row.payout_account_id);
            let corrupt = |_| Fault::CorruptRow(format!("pay-out account {id}: currency"));
            let currency = row.currency.parse().map_err(corrupt)?;
            let (base_url, api_key) = (row.base_url, row.api_key);
            let access = Access { base_url, api_key, webhook_secret: row.webhook_secret };
            Ok(PayoutAccount { id, shop, name: row.name, currency, access })
        })
        .collect()
}

/// What opens the account, if it is one at the practice processor.
pub(crate) async fn access(pool: &PgPool, id: PayoutAccountId) -> Result<Option<Access>, Fault> {
    Ok(sqlx::query_as!(
        Access,
        r#"
        select base_url as "base_url!", api_key as "api_key!", webhook_secret as "webhook_secret!"
        from payout_account where payout_account_id = $1 and provider = 'sandbox'
        "#,
        id.uuid(),
    )
    .fetch_optional(pool)
    .await?)
}

pub(crate) async fn set_limit(tx: &mut Tx, shop: ShopId, limit: Money) -> Result<(), Fault> {
    sqlx::query!(
        r#"
        insert into payout_limit (shop_id, currency, limit_minor) values ($1, $2, $3)
        on conflict (shop_id, currency)
        do update set limit_minor = excluded.limit_minor, updated_at = now()
        "#,
        shop.uuid(),
        limit.currency().code(),
        limit.minor(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(crate) async fn limit(
    executor: impl PgExecutor<'_>,
    shop: ShopId,
    currency: Currency,
) -> Result<Option<Money>, Fault> {
    let minor = sqlx::query_scalar!(
        "select limit_minor from payout_limit where shop_id = $1 and currency = $2",
        shop.uuid(),
        currency.code(),
    )
    .fetch_optional(executor)
    .await?;
    Ok(minor.map(|minor| Money::from_minor(minor, currency)))
}
