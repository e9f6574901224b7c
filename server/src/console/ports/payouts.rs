//! What the pages about pay-outs ask.

use app::error::AppError;
use app::ports::payouts::PayoutsPort;
use app::view::payouts::{
    PayoutFilter, PayoutListView, PayoutState, PayoutView, SellerPayoutsView, Wish, WishView,
};
use app::view::staff::Operator;
use async_trait::async_trait;
use domain::currency::Currency;
use domain::id::{PayoutId, SellerId};
use domain::money::Money;
use domain::permission::Action;
use engine::db::new_plain_id;
use engine::payouts::{self, Filter, accounts, bank_files, payees, preview, remittance, schedules};
use engine::shops;
use time::OffsetDateTime;

use super::{payout, ruling, unavailable};
use crate::console::session::role;
use crate::wiring::Services;

/// How many pay-outs one page shows.
const PAGE: u16 = 50;
/// How many pay-outs stand on a seller's page.
const ON_SELLERS_PAGE: u16 = 10;
/// How many lines of an advice stand on a pay-out's page.
const LINES: u16 = 100;

/// Answers the pages about pay-outs.
pub struct Payouts(pub Services);

#[async_trait]
impl PayoutsPort for Payouts {
    async fn list(
        &self,
        operator: &Operator,
        filter: PayoutFilter,
    ) -> Result<PayoutListView, AppError> {
        let as_of = OffsetDateTime::now_utc();
        let (pool, shop) = (self.0.pool(), operator.shop);
        let sellers = shops::sellers(pool, shop).await.map_err(unavailable)?;
        let filter = Filter {
            seller: filter.seller,
            currency: filter.currency,
            phase: match filter.state {
                Some(PayoutState::In(phase)) => Some(phase),
                _ => None,
            },
            needs_second: filter.state == Some(PayoutState::SecondPerson),
            in_doubt: filter.state == Some(PayoutState::InDoubt),
            after: filter.after,
        };
        let page = payouts::list(pool, shop, filter, PAGE).await.map_err(unavailable)?;
        Ok(PayoutListView {
            sellers: sellers.into_iter().map(|seller| (seller.id, seller.name)).collect(),
            currencies: self.currencies(operator).await?,
            next: page.rows.last().filter(|_| page.has_more).map(|last| last.id),
            rows: page.rows.iter().map(payout::row).collect(),
            as_of,
        })
    }

    async fn payout(&self, operator: &Operator, id: PayoutId) -> Result<PayoutView, AppError> {
        let as_of = OffsetDateTime::now_utc();
        let (pool, shop) = (self.0.pool(), operator.shop);
        let preview = preview::preview(pool, shop, id).await.map_err(unavailable)?;
        let preview = preview.ok_or(AppError::NotFound)?;
        let history = payouts::history(pool, shop, id).await.map_err(unavailable)?;
        let entries = engine::ledger::entries_of(pool, shop, id.uuid()).await;
        let entries = entries.map_err(unavailable)?;
        let advice = match remittance::find(pool, shop, id).await.map_err(unavailable)? {
            None => None,
            Some(advice) => {
                let groups = remittance::groups(pool, &advice, None, LINES).await;
                Some(payout::advice(&advice, groups.map_err(unavailable)?)?)
            }
        };
        let standing = bank_files::standing(pool, &preview.payout).await.map_err(unavailable)?;
        Ok(PayoutView {
            bank_file: standing.map(payout::bank_file),
            may: payout::may(&preview.payout, operator),
            doubt: ruling::doubt(&preview.payout, &history, operator),
            ruled: ruling::ruled(&preview.payout, &history),
            history: payout::history(&history),
            postings: payout::postings(entries),
            advice,
            ..payout::view(preview, &history, as_of)
        })
    }

    async fn of_seller(
        &self,
        operator: &Operator,
        seller: SellerId,
        wish: Option<Wish>,
    ) -> Result<SellerPayoutsView, AppError> {
        let (pool, shop) = (self.0.pool(), operator.shop);
        let accounts = payees::list(pool, shop, seller).await.map_err(unavailable)?;
        let planned = schedules::list(pool, shop, seller).await.map_err(unavailable)?;
        let filter = Filter { seller: Some(seller), ..Filter::default() };
        let page = payouts::list(pool, shop, filter, ON_SELLERS_PAGE).await.map_err(unavailable)?;
        let mut payable = Vec::new();
        for currency in self.currencies(operator).await? {
            let one = preview::payable(pool, shop, seller, currency).await;
            payable.push(one.map_err(unavailable)?);
        }
        let role = role(operator);
        let may_make = role.may(Action::MakePayout);
        Ok(SellerPayoutsView {
            wish: wish.filter(|_| may_make).map(|wish| look_at(&wish, &payable)),
            accounts: accounts.iter().map(payout::payee).collect(),
            rows: page.rows.iter().map(payout::row).collect(),
            setback: payout::setback(&page.rows, &accounts),
            schedules: planned.into_iter().map(payout::schedule).collect(),
            payable,
            may_make,
            may_verify: role.may(Action::VerifyPayeeAccount),
        })
    }
}

impl Payouts {
    /// What the shop pays out in.
    async fn currencies(&self, operator: &Operator) -> Result<Vec<Currency>, AppError> {
        let accounts = accounts::list(self.0.pool(), operator.shop).await.map_err(unavailable)?;
        let mut currencies: Vec<_> = accounts.iter().map(|account| account.currency).collect();
        let by_file = bank_files::accounts::list(self.0.pool(), operator.shop).await;
        currencies.extend(by_file.map_err(unavailable)?.iter().map(|account| account.currency));
        currencies.sort_unstable();
        currencies.dedup();
        Ok(currencies)
    }
}

/// What the pay-out that is wished for would do. Whether it is covered is decided again when it is
/// made.
fn look_at(wish: &Wish, payable: &[Money]) -> WishView {
    let refused = |code: &str| WishView::Refused(code.to_owned());
    let currency: Option<Currency> = wish.currency.parse().ok();
    let Some(&payable) = payable.iter().find(|money| Some(money.currency()) == currency) else {
        return refused("payout_currency");
    };
    let amount = match payout::amount(&wish.amount, payable.currency()) {
        Ok(amount) => amount,
        Err(code) => return refused(code),
    };
    match payable.checked_sub(amount) {
        Ok(after) if after.minor() >= 0 => WishView::Possible {
            amount,
            payable,
            after,
            idempotency_key: new_plain_id::<domain::id::kind::Payout>().to_string(),
        },
        _ => refused("amount_too_large"),
    }
}
