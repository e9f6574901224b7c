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

/// Where a cycle stands that has not begun: which records it goes up to is not known yet.
const NOT_BEGUN: i16 = 0;
/// Where it stands until all chains are compared.
const BEGUN: i16 = 1;

/// Compares the next records of the first chain that is not through, and says whether all are.
pub(super) async fn step(pool: &PgPool) -> Result<bool, Fault> {
    let key = books::public_key(pool).await?;
    let mut tx = Tx::begin(pool).await?;
    let Some(cursor) = store::lock(&mut tx, Rule::ChainHolds).await? else { return Ok(true) };
    if cursor.next_bucket == NOT_BEGUN {
        store::begin_chains(&mut tx).await?;
        store::advance(&mut tx, Rule::ChainHolds, BEGUN, cursor.width).await?;
    }
    let next = store::next_chain(&mut tx).await?;
    if let Some(next) = &next {
        compare(&mut tx, next, key).await?;
    } else {
        store::count(&mut tx, Rule::ChainHolds, 0).await?;
        store::complete(&mut tx, Rule::ChainHolds).await?;
        store::advance(&mut tx, Rule::ChainHolds, NOT_BEGUN, cursor.width).await?;
    }
    tx.commit().await?;
    Ok(next.is_none())
}

/// What is next to compare.
pub(super) struct Next {
    pub(super) shop: ShopId,
    /// The place up to which the chain was compared in this cycle.
    pub(super) checked: u64,
    /// The place up to which it is: where it ended when the cycle began.
    pub(super) target: u64,
}

async fn compare(tx: &mut Tx, next: &Next, key: PublicKey) -> Result<(), Fault> {
    let Next { shop, checked, target } = *next;
    let through = page_end(checked, target);
    let found = look(tx, shop, (checked, through), key).await?;
    let range = (signed(checked + 1), signed(through));
    store::replace(tx, Rule::ChainHolds, Some(shop), range, &found).await?;
    store::count(tx, Rule::ChainHolds, found.len()).await?;
    store::advance_chain(tx, shop, signed(through)).await
}

/// Up to which record the next ones are compared, of those up to `end`.
pub(super) fn page_end(checked: u64, end: u64) -> u64 {
    end.min(checked + u64::try_from(PAGE).unwrap_or(1))
}

/// What is wrong with the records after one number and up to another.
///
/// What cannot be read is looked for by halves, down to the record: it is a breach of its own, and
/// keeps no other record from being compared.
pub(super) async fn look(
    tx: &mut Tx,
    shop: ShopId,
    (after, through): (u64, u64),
    key: PublicKey,
) -> Result<Vec<Found>, Fault> {
    // If it cannot be read, that is a breach where it stands.
    let previous = read(records::link(tx.conn(), shop, after).await)?.ok().flatten();
    let mut walk = Walk { shop, key, previous, found: Vec::new() };
    let mut spans = vec![(after, through)];
    while let Some((after, through)) = spans.pop() {
        match read(records::placed(tx.conn(), shop, after, through, PAGE).await)? {
            Ok(placed) => walk.compare_all(after, through, &placed),
            Err(why) if through - after <= 1 => {
                let places = read(records::places(tx.conn(), shop, after, through, 1).await)?;
                walk.add_unreadable(through, places.unwrap_or_default().first(), &why);
            }
            Err(_) => {
                let middle = after.midpoint(through);
                spans.extend([(middle, through), (after, middle)]);
            }
        }
    }
    Ok(walk.found)
}

/// What was read, or why it cannot be; other faults than those of rows stay faults.
fn read<T>(rows: Result<T, Fault>) -> Result<Result<T, String>, Fault> {
    match rows {
        Ok(rows) => Ok(Ok(rows)),
        Err(Fault::CorruptRow(why)) => Ok(Err(why)),
        Err(fault) => Err(fault),
    }
}

struct Walk {
    shop: ShopId,
    key: PublicKey,
    /// The link of the record before; `None` if that is gone.
    previous: Option<Link>,
    found: Vec<Found>,
}

impl Walk {
    fn compare_all(&mut self, after: u64, through: u64, placed: &[(Place, Option<Sealed>)]) {
        let mut placed = placed.iter().peekable();
        for number in after + 1..=through {
            match placed.next_if(|(place, _)| place.link.sequence == number) {
                Some((place, Some(sealed))) => self.compare(place, sealed),
                Some((place, None)) => self.add(number, place.subject, &format!("{place} is gone")),
                None => self.add(number, self.shop.uuid(), "it is gone from the chain"),
            }
        }
    }

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

    fn add_unreadable(&mut self, number: u64, place: Option<&Place>, why: &str) {
        let Some(place) = place else {
            return self.add(number, self.shop.uuid(), &format!("it cannot be read: {why}"));
        };
        self.previous = Some(place.link);
        self.add(number, place.subject, &format!("{place} cannot be read: {why}"));
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
