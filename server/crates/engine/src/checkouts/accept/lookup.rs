//! What has to be known of shops before their checkouts can be taken in.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use domain::id::{CheckoutId, SellerId, ShopId};
use domain::money::Money;
use uuid::Uuid;

use crate::checkouts::accept::{AcceptError, NewCheckout};
use crate::checkouts::store;
use crate::db::{Fault, Tx};
use crate::routing::{self, Route, Router, Table, Wanted};

/// What routes the payments of those shops of a batch that charge at once.
pub(super) async fn routes(
    router: &Router,
    batch: &[NewCheckout],
) -> Result<HashMap<ShopId, Arc<Table>>, Fault> {
    let mut tables = HashMap::new();
    for new in batch.iter().filter(|new| new.payment_method.is_some()) {
        if let Entry::Vacant(vacant) = tables.entry(new.shop) {
            vacant.insert(router.table(new.shop).await?);
        }
    }
    Ok(tables)
}

/// What the shops of a batch have: sellers, and routes to their processor accounts.
pub(super) struct Lookup {
    pub(super) sellers: HashMap<(ShopId, String), (SellerId, i32)>,
    routes: HashMap<ShopId, Arc<Table>>,
}

impl Lookup {
    pub(super) async fn load(
        tx: &mut Tx,
        batch: &[NewCheckout],
        routes: HashMap<ShopId, Arc<Table>>,
    ) -> Result<Self, Fault> {
        let mut wanted: Vec<(Uuid, String)> = batch
            .iter()
            .flat_map(|new| {
                let shop = new.shop.uuid();
                new.orders.iter().map(move |order| (shop, order.seller_account.clone()))
            })
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        Ok(Self { sellers: store::sellers(tx, wanted).await?, routes })
    }

    /// Where a payment is charged at once, if it is.
    pub(super) fn route(
        &self,
        new: &NewCheckout,
        id: CheckoutId,
        amount: Money,
    ) -> Result<Option<Route>, AcceptError> {
        if new.payment_method.is_none() {
            return Ok(None);
        }
        let table = self.routes.get(&new.shop).ok_or(AcceptError::NoProcessor)?;
        let wanted = Wanted {
            shop: new.shop,
            amount,
            parts_minor: (amount.minor(), amount.minor()),
            method: None,
            country: routing::country(&new.buyer),
            is_stored: true,
            seed: id.uuid(),
            exclude: Vec::new(),
        };
        match table.choose(&wanted) {
            Ok(route) => Ok(Some(route)),
            Err(none) => {
                tracing::warn!(shop = %new.shop, why = none.reason, "a payment has no route");
                Err(AcceptError::NoProcessor)
            }
        }
    }
}
