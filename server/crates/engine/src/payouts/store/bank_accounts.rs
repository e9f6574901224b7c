//! The SQL of accounts that bank files debit.

use domain::id::{PayoutAccountId, ShopId};
use sqlx::PgPool;
use uuid::Uuid;

use crate::db::{Fault, Tx};
use crate::payouts::bank_files::accounts::{BankAccount, Debtor};

/// Adds the account or changes the one of its name; `None` if that name is another's.
pub(crate) async fn save_account(
    tx: &mut Tx,
    account: &BankAccount,
) -> Result<Option<PayoutAccountId>, Fault> {
    let debtor = &account.debtor;
    let id = sqlx::query_scalar!(
        r#"
        insert into payout_account (payout_account_id, shop_id, name, currency, provider,
                                    debtor_iban, debtor_bic, debtor_holder)
        values ($1, $2, $3, $4, 'bank_file', $5, $6, $7)
        on conflict on constraint payout_account_name_key
        do update set debtor_iban = excluded.debtor_iban, debtor_bic = excluded.debtor_bic,
                      debtor_holder = excluded.debtor_holder
            where payout_account.provider = 'bank_file'
              and payout_account.currency = excluded.currency
        returning payout_account_id
        "#,
        account.id.uuid(),
        account.shop.uuid(),
        account.name,
        account.currency.code(),
        debtor.iban.as_str(),
        debtor.bic.as_str(),
        debtor.holder,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(id.map(PayoutAccountId::from_uuid))
}

struct AccountRow {
    payout_account_id: Uuid,
    name: String,
    currency: String,
    iban: String,
    bic: String,
    holder: String,
}

impl AccountRow {
    fn account(self, shop: ShopId) -> Result<BankAccount, Fault> {
        let id = PayoutAccountId::from_uuid(self.payout_account_id);
        let currency = self.currency.parse().map_err(|_| corrupt_account(id))?;
        let debtor = debtor_of(id, &self.iban, &self.bic, self.holder)?;
        Ok(BankAccount { id, shop, name: self.name, currency, debtor })
    }
}

fn debtor_of(id: PayoutAccountId, iban: &str, bic: &str, holder: String) -> Result<Debtor, Fault> {
    let iban = iban.parse().map_err(|_| corrupt_account(id))?;
    let bic = bic.parse().map_err(|_| corrupt_account(id))?;
    Ok(Debtor { iban, bic, holder })
}

fn corrupt_account(id: PayoutAccountId) -> Fault {
    Fault::CorruptRow(format!("pay-out account {id}"))
}

pub(crate) async fn accounts(pool: &PgPool, shop: ShopId) -> Result<Vec<BankAccount>, Fault> {
    let rows = sqlx::query_as!(
        AccountRow,
        r#"
        select payout_account_id, name, currency, debtor_iban as "iban!", debtor_bic as "bic!",
               debtor_holder as "holder!"
        from payout_account where shop_id = $1 and provider = 'bank_file' order by name
        "#,
        shop.uuid(),
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(|row| row.account(shop)).collect()
}

/// What is debited, if the account is one of bank files.
pub(crate) async fn debtor(pool: &PgPool, id: PayoutAccountId) -> Result<Option<Debtor>, Fault> {
    let row = sqlx::query!(
        r#"
        select debtor_iban as "iban!", debtor_bic as "bic!", debtor_holder as "holder!"
        from payout_account where payout_account_id = $1 and provider = 'bank_file'
        "#,
        id.uuid(),
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| debtor_of(id, &row.iban, &row.bic, row.holder)).transpose()
}

/// Holds the account against whoever else makes a file of it; pay-outs may be made meanwhile.
pub(crate) async fn lock_account(
    tx: &mut Tx,
    shop: ShopId,
    name: &str,
) -> Result<Option<BankAccount>, Fault> {
    let row = sqlx::query_as!(
        AccountRow,
        r#"
        select payout_account_id, name, currency, debtor_iban as "iban!", debtor_bic as "bic!",
               debtor_holder as "holder!"
        from payout_account where shop_id = $1 and name = $2 and provider = 'bank_file'
        for no key update
        "#,
        shop.uuid(),
        name,
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| row.account(shop)).transpose()
}
