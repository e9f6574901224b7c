//! `GET /v1/sellers` and what belongs to one: their wallets and statements; `GET /v1/balances`.

use axum::Json;
use axum::extract::State;
use domain::account::Account;
use domain::currency::Currency;
use domain::id::{PaymentId, PostingId, SellerId};
use domain::money::Money;
use engine::ledger::statement::{self, Line, Place, Statement, Wanted};
use engine::ledger::{self, BalanceRow};
use engine::shops::{self, Seller};
use engine::wallets::{self, WalletRecord};
use serde::Serialize;
use time::OffsetDateTime;

use super::auth::Caller;
use super::call::Named;
use super::object::List;
use super::problem::{Code, Problem};
use super::query::Query;
use crate::wiring::Services;

/// A seller.
#[derive(Debug, Serialize)]
pub struct SellerObject {
    id: SellerId,
    object: &'static str,
    /// The shop's name for them.
    seller_account: String,
    name: String,
    fee_basis_points: u32,
}

/// What a seller has in one currency.
#[derive(Debug, Serialize)]
pub struct WalletObject {
    object: &'static str,
    seller: SellerId,
    seller_account: String,
    currency: Currency,
    /// Earned, and not to be had yet.
    pending: String,
    /// Can be paid out; below zero it is a debt.
    available: String,
    /// Kept back for a while.
    reserved: String,
    /// What the next sales have to cover.
    owed: String,
}

/// One account of the trial balance.
#[derive(Debug, Serialize)]
pub struct BalanceObject {
    object: &'static str,
    account: &'static str,
    account_type: &'static str,
    owner: Option<String>,
    currency: Currency,
    /// Debit positive, credit negative.
    balance: String,
}

/// The statement of one part of a seller's wallet: `opening + added - taken = closing`.
#[derive(Debug, Serialize)]
pub struct StatementObject {
    object: &'static str,
    seller: SellerId,
    account: String,
    currency: Currency,
    from: String,
    to: String,
    opening: String,
    added: String,
    taken: String,
    closing: String,
    lines: Vec<LineObject>,
    /// What to give as `cursor` for the next lines; null if these are the last.
    next_cursor: Option<String>,
}

/// One line of a statement.
#[derive(Debug, Serialize)]
pub struct LineObject {
    posting: PostingId,
    cause: String,
    payment: Option<PaymentId>,
    payment_order_id: Option<String>,
    /// What it adds to what the seller has, or takes, if below zero.
    amount: String,
    balance: String,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
}

/// The sellers of the shop, by name.
///
/// # Errors
/// [`Problem`].
pub async fn list(
    State(services): State<Services>,
    Caller(shop): Caller,
) -> Result<Json<List<SellerObject>>, Problem> {
    let sellers = shops::sellers(services.pool(), shop).await;
    let sellers = sellers.map_err(|fault| Problem::internal(&fault))?;
    Ok(Json(List::of(sellers.into_iter().map(SellerObject::new))))
}

/// One seller, by our id or by the shop's.
///
/// # Errors
/// [`Problem`].
pub async fn find(
    State(services): State<Services>,
    Caller(shop): Caller,
    id: Named,
) -> Result<Json<SellerObject>, Problem> {
    Ok(Json(SellerObject::new(id.seller(&services, shop).await?)))
}

/// What the seller has, in each currency.
///
/// # Errors
/// [`Problem`].
pub async fn wallets(
    State(services): State<Services>,
    Caller(shop): Caller,
    id: Named,
) -> Result<Json<List<WalletObject>>, Problem> {
    let seller = id.seller(&services, shop).await?.id;
    let wallets = wallets::of_shop(services.pool(), shop, Some(seller)).await;
    let wallets = wallets.map_err(|fault| Problem::internal(&fault))?;
    Ok(Json(List::of(wallets.into_iter().map(WalletObject::new))))
}

/// The balance of every account of the shop, all of one moment: now, or the end of a day.
///
/// # Errors
/// [`Problem`].
pub async fn balances(
    State(services): State<Services>,
    Caller(shop): Caller,
    query: Query,
) -> Result<Json<List<BalanceObject>>, Problem> {
    query.takes(&["day"])?;
    let rows = match query.day("day")? {
        None => ledger::trial_balance(services.pool(), shop).await,
        Some(day) => ledger::trial_balance_of(services.pool(), shop, day).await,
    };
    let rows = rows.map_err(|fault| Problem::internal(&fault))?;
    Ok(Json(List::of(rows.into_iter().map(BalanceObject::new))))
}

/// What moved in one part of a seller's wallet, and why.
///
/// # Errors
/// [`Problem`].
pub async fn statement(
    State(services): State<Services>,
    Caller(shop): Caller,
    id: Named,
    query: Query,
) -> Result<Json<StatementObject>, Problem> {
    query.takes(&["account", "currency", "from", "to", "cursor"])?;
    let seller = id.seller(&services, shop).await?.id;
    let account = account(seller, query.text("account").unwrap_or("available"))?;
    let (from, to) = (query.required_day("from")?, query.required_day("to")?);
    if to < from {
        let detail = "The last day is not before the first.";
        return Err(Problem::of_field(Code::FieldInvalid, "to", detail));
    }
    let wanted = Wanted { shop, account, currency: query.required_currency("currency")?, from, to };
    let after = query.text("cursor").map(read_cursor).transpose()?;
    let found = statement::statement(services.pool(), &wanted, after).await;
    let found = found.map_err(|fault| Problem::internal(&fault))?;
    Ok(Json(StatementObject::new(seller, &wanted, &found)))
}

fn account(seller: SellerId, word: &str) -> Result<Account, Problem> {
    match word {
        "pending" => Ok(Account::SellerPending(seller)),
        "available" => Ok(Account::SellerAvailable(seller)),
        "reserved" => Ok(Account::SellerReserved(seller)),
        _ => {
            let detail = "This is pending, available or reserved.";
            Err(Problem::of_field(Code::FieldInvalid, "account", detail))
        }
    }
}

fn read_cursor(text: &str) -> Result<Place, Problem> {
    text.parse().map_err(|_| {
        let detail = "Give the next_cursor of the page before, as it is.";
        Problem::of_field(Code::FieldInvalid, "cursor", detail)
    })
}

/// What the seller has is a credit of ours.
fn to_the_seller(amount: Money) -> String {
    Money::from_minor(amount.minor().saturating_neg(), amount.currency()).to_decimal_string()
}

impl SellerObject {
    fn new(seller: Seller) -> Self {
        Self {
            id: seller.id,
            object: "seller",
            seller_account: seller.reference,
            name: seller.name,
            fee_basis_points: seller.fee_basis_points,
        }
    }
}

impl WalletObject {
    fn new(record: WalletRecord) -> Self {
        Self {
            object: "wallet",
            seller: record.seller,
            seller_account: record.seller_account,
            currency: record.owed.currency(),
            pending: record.wallet.pending.to_decimal_string(),
            available: record.wallet.available.to_decimal_string(),
            reserved: record.wallet.reserved.to_decimal_string(),
            owed: record.owed.to_decimal_string(),
        }
    }
}

impl BalanceObject {
    fn new(row: BalanceRow) -> Self {
        Self {
            object: "balance",
            account: row.kind.as_str(),
            account_type: row.account_type.as_str(),
            owner: row.owner,
            currency: row.balance.currency(),
            balance: row.balance.to_decimal_string(),
        }
    }
}

impl StatementObject {
    fn new(seller: SellerId, wanted: &Wanted, found: &Statement) -> Self {
        let kind = wanted.account.kind().as_str();
        Self {
            object: "statement",
            seller,
            account: kind.trim_start_matches("seller_").to_owned(),
            currency: wanted.currency,
            from: wanted.from.to_string(),
            to: wanted.to.to_string(),
            opening: to_the_seller(found.opening),
            added: to_the_seller(found.credits),
            taken: found.debits.to_decimal_string(),
            closing: to_the_seller(found.closing),
            lines: found.lines.iter().map(LineObject::new).collect(),
            next_cursor: found.next.map(|place| place.to_string()),
        }
    }
}

impl LineObject {
    fn new(line: &Line) -> Self {
        Self {
            posting: line.posting,
            cause: line.cause.clone(),
            payment: line.payment.as_ref().map(|(payment, _)| *payment),
            payment_order_id: line.payment.as_ref().map(|(_, reference)| reference.clone()),
            amount: to_the_seller(line.amount),
            balance: to_the_seller(line.balance),
            at: line.place.recorded_at,
        }
    }
}
