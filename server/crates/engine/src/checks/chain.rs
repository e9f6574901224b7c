//! Whether what was sealed is still what stands in the tables, and is signed by us.

use domain::id::ShopId;
use proof::chain::Link;
use proof::export::Sealed;
use proof::record::Record;
use proof::signature::PublicKey;
use sqlx::PgPool;
use uuid::Uuid;

use crate::books::{self, Place, records};
use crate::checks::{Found, Rule, store};
use crate::db::{Fault, Tx};

/// How many records are compared at a time.
const PAGE: i64 = 1_000;

/// Compares the next records of the first chain that is not through, and says whether all are.
pub(super) async fn step(pool: &PgPool) -> Result<bool, Fault> {
    let key = books::public_key(pool).await?;
    let mut tx = Tx::begin(pool).await?;
    if store::lock(&mut tx, Rule::ChainHolds).await?.is_none() {
        return Ok(true);
    }
    let next = store::next_chain(&mut tx).await?;
    if let Some(next) = &next {
        compare(&mut tx, next, key).await?;
    } else {
        store::complete(&mut tx, Rule::ChainHolds).await?;
        store::restart_chains(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(next.is_none())
}

/// The place up to which a chain was compared in this cycle.
pub(super) struct Next {
    pub(super) shop: ShopId,
    pub(super) checked: u64,
    pub(super) sequence: u64,
}

async fn compare(tx: &mut Tx, next: &Next, key: PublicKey) -> Result<(), Fault> {
    let Next { shop, checked, sequence } = *next;
    let through = sequence.min(checked + u64::try_from(PAGE).unwrap_or(1));
    let places = records::places(tx.conn(), shop, checked, through, PAGE).await?;
    let page = records::page(tx.conn(), shop, checked, through, PAGE).await?;
    let previous = records::link(tx.conn(), shop, checked).await?;
    let mut walk = Walk { shop, key, previous, found: Vec::new() };
    let mut sealed = page.iter().peekable();
    let mut known = places.iter().peekable();
    for number in checked + 1..=through {
        let place = known.next_if(|place| place.link.sequence == number);
        let record = sealed.next_if(|sealed| sealed.link.sequence == number);
        match (place, record) {
            (Some(place), Some(record)) => walk.compare(place, record),
            (Some(place), None) => walk.add(number, place.subject, &format!("{place} is gone")),
            (None, _) => walk.add(number, shop.uuid(), "it is gone from the chain"),
        }
    }
    let found = walk.found;
    let range = (signed(checked + 1), signed(through));
    store::replace(tx, Rule::ChainHolds, Some(shop), range, &found).await?;
    store::count(tx, Rule::ChainHolds, found.len()).await?;
    store::advance_chain(tx, shop, signed(through)).await
}

struct Walk {
    shop: ShopId,
    key: PublicKey,
    /// The link of the record before; `None` if that is gone.
    previous: Option<Link>,
    found: Vec<Found>,
}

impl Walk {
    fn compare(&mut self, place: &Place, sealed: &Sealed) {
        let link = sealed.link;
        let before = self.previous.replace(link);
        // After a gap, which is a breach of its own, nothing is known to compare with.
        if let Some(before) = before.filter(|before| before.sequence + 1 == link.sequence)
            && before.check(&sealed.record, &link).is_err()
        {
            let detail = format!("{place} is not what was sealed");
            self.add(link.sequence, place.subject, &detail);
        }
        if let Record::Close(close) = &sealed.record {
            let is_ours = close.key == self.key
                && sealed.signature.is_some_and(|signature| {
                    self.key.has_signed(&signature, close.shop, close.date, &link)
                });
            if !is_ours {
                let detail = format!("{place} is not signed with the key of this installation");
                self.add(link.sequence, place.subject, &detail);
            }
        }
    }

    fn add(&mut self, sequence: u64, subject: Uuid, detail: &str) {
        self.found.push(Found {
            shop_id: Some(self.shop.uuid()),
            place: signed(sequence),
            subject,
            detail: format!("record {sequence}: {detail}"),
        });
    }
}

fn signed(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}
