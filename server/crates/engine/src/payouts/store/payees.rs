//! The SQL of sellers' bank accounts.

use domain::currency::Currency;
use domain::id::{PayeeAccountId, SellerId, ShopId, StaffId};
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::db::{Fault, Tx};
use crate::payouts::payees::{NewPayee, PayeeAccount, PayeeState};

struct PayeeRow {
    payee_account_id: Uuid,
    seller_id: Uuid,
    currency: String,
    iban: String,
    bic: Option<String>,
    holder: String,
    state: String,
    verified_by: Option<String>,
    verified_at: Option<OffsetDateTime>,
    retired_at: Option<OffsetDateTime>,
    created_at: OffsetDateTime,
}

impl PayeeRow {
    fn account(self) -> Result<PayeeAccount, Fault> {
        let id = PayeeAccountId::from_uuid(self.payee_account_id);
        let corrupt = || Fault::CorruptRow(format!("payee account {id}"));
        Ok(PayeeAccount {
            id,
            seller: SellerId::from_uuid(self.seller_id),
            currency: self.currency.parse().map_err(|_| corrupt())?,
            iban: self.iban.parse().map_err(|_| corrupt())?,
            bic: self.bic.map(|bic| bic.parse()).transpose().map_err(|_| corrupt())?,
            holder: self.holder,
            state: PayeeState::from_word(&self.state).ok_or_else(corrupt)?,
            verified_by: self.verified_by,
            verified_at: self.verified_at,
            retired_at: self.retired_at,
            created_at: self.created_at,
        })
    }
}

pub(crate) async fn insert(tx: &mut Tx, id: PayeeAccountId, new: &NewPayee) -> Result<(), Fault> {
    sqlx::query!(
        r#"
        insert into payee_account (payee_account_id, shop_id, seller_id, currency, iban, bic, holder)
        values ($1, $2, $3, $4, $5, $6, $7)
        "#,
        id.uuid(),
        new.shop.uuid(),
        new.seller.uuid(),
        new.currency.code(),
        new.iban.as_str(),
        new.bic.as_ref().map(domain::bic::Bic::as_str),
        new.holder,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(crate) async fn find(
    pool: &PgPool,
    shop: ShopId,
    id: PayeeAccountId,
) -> Result<Option<PayeeAccount>, Fault> {
    let row = sqlx::query_as!(
        PayeeRow,
        r#"
        select payee_account_id, seller_id, currency, iban, bic, holder, state, verified_by,
               verified_at, retired_at, created_at
        from payee_account where payee_account_id = $1 and shop_id = $2
        "#,
        id.uuid(),
        shop.uuid(),
    )
    .fetch_optional(pool)
    .await?;
    row.map(PayeeRow::account).transpose()
}

pub(crate) async fn list(
    pool: &PgPool,
    shop: ShopId,
    seller: SellerId,
) -> Result<Vec<PayeeAccount>, Fault> {
    let rows = sqlx::query_as!(
        PayeeRow,
        r#"
        select payee_account_id, seller_id, currency, iban, bic, holder, state, verified_by,
               verified_at, retired_at, created_at
        from payee_account where seller_id = $1 and shop_id = $2
        order by payee_account_id desc
        "#,
        seller.uuid(),
        shop.uuid(),
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(PayeeRow::account).collect()
}

/// The seller's account that is paid to.
pub(crate) async fn verified(
    tx: &mut Tx,
    seller: SellerId,
    currency: Currency,
) -> Result<Option<PayeeAccountId>, Fault> {
    let id = sqlx::query_scalar!(
        r#"
        select payee_account_id from payee_account
        where seller_id = $1 and currency = $2 and state = 'verified'
        "#,
        seller.uuid(),
        currency.code(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(id.map(PayeeAccountId::from_uuid))
}

/// Holds the locks of all accounts of its seller in its currency, and says how it stands.
pub(crate) async fn lock(
    tx: &mut Tx,
    shop: ShopId,
    id: PayeeAccountId,
) -> Result<Option<PayeeState>, Fault> {
    let rows = sqlx::query!(
        r#"
        select other.payee_account_id, other.state
        from payee_account as named
        join payee_account as other using (seller_id, currency)
        where named.payee_account_id = $1 and named.shop_id = $2
        order by other.payee_account_id
        for update of other
        "#,
        id.uuid(),
        shop.uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    let row = rows.into_iter().find(|row| row.payee_account_id == id.uuid());
    row.map(|row| {
        let state = PayeeState::from_word(&row.state);
        state.ok_or_else(|| Fault::CorruptRow(format!("payee account {id}")))
    })
    .transpose()
}

/// Retires what was verified before, and verifies this one.
pub(crate) async fn verify(
    tx: &mut Tx,
    id: PayeeAccountId,
    (by, person): (&str, Option<StaffId>),
) -> Result<(), Fault> {
    sqlx::query!(
        r#"
        update payee_account as before set state = 'retired', retired_at = now()
        from payee_account as named
        where named.payee_account_id = $1 and before.seller_id = named.seller_id
          and before.currency = named.currency and before.state = 'verified'
        "#,
        id.uuid(),
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        r#"
        update payee_account
        set state = 'verified', verified_by = $2, verified_by_id = $3, verified_at = now()
        where payee_account_id = $1
        "#,
        id.uuid(),
        by,
        person.map(StaffId::uuid),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
