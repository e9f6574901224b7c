//! Rows as records: what is about to be sealed, and what was sealed, page by page.

use std::collections::HashMap;

use domain::id::{AccountId, PostingId, ShopId};
use proof::chain::Link;
use proof::export::Sealed;
use proof::record::{Account, Entry, Posting, Record};
use sqlx::PgConnection;
use time::Date;
use uuid::Uuid;

use crate::books::sealer::Subject;
pub(crate) use crate::books::store::records::places;
use crate::books::store::records::{self as rows, PostingRow};
use crate::books::{Place, whole_account};
use crate::db::{Fault, Tx};

/// Records by the id of what they are about, and the accounts of their entries.
#[derive(Debug, Default)]
pub(super) struct Page {
    records: HashMap<Uuid, Record>,
    accounts: HashMap<AccountId, Account>,
}

impl Page {
    /// Takes out the record about `subject`; `None` if there is none.
    pub(super) fn take(&mut self, subject: Uuid) -> Option<Record> {
        self.records.remove(&subject)
    }

    /// An account of an entry.
    pub(super) fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(&id)
    }
}

/// What waits to be sealed, as records that are booked on `booked_on`.
pub(super) async fn load(
    tx: &mut Tx,
    shop: ShopId,
    waiting: &[Subject],
    booked_on: Date,
) -> Result<Page, Fault> {
    let ids = |is_posting| -> Vec<Uuid> {
        let wanted = waiting.iter().filter(|subject| subject.is_posting == is_posting);
        wanted.map(|subject| subject.id).collect()
    };
    let postings = ids(true);
    let mut page = Page::default();
    let mut entries = entries(tx.conn(), &postings).await?;
    for row in rows::postings(tx.conn(), shop, &postings).await? {
        let entries = entries.remove(&row.posting_id).unwrap_or_default();
        page.records.insert(row.posting_id, posting(row, booked_on, entries));
    }
    for audit in rows::audits(tx.conn(), shop, &ids(false)).await? {
        page.records.insert(audit.id.uuid(), Record::Audit(audit));
    }
    let accounts = rows::accounts(tx.conn(), shop, &postings).await?;
    page.accounts = accounts.into_iter().map(|account| (account.id, account)).collect();
    Ok(page)
}

/// Up to `limit` records of the shop's chain after number `after` and up to `through`, as they were
/// sealed. What is gone from its table is left out, which leaves a gap in the numbers.
pub(crate) async fn page(
    conn: &mut PgConnection,
    shop: ShopId,
    after: u64,
    through: u64,
    limit: i64,
) -> Result<Vec<Sealed>, Fault> {
    let placed = placed(conn, shop, after, through, limit).await?;
    Ok(placed.into_iter().filter_map(|(_, sealed)| sealed).collect())
}

/// As [`page`], each record with its place; without a record if that is gone from its table.
pub(crate) async fn placed(
    conn: &mut PgConnection,
    shop: ShopId,
    after: u64,
    through: u64,
    limit: i64,
) -> Result<Vec<(Place, Option<Sealed>)>, Fault> {
    let places = rows::places(conn, shop, after, through, limit).await?;
    let mut found = Found::load(conn, shop, &places).await?;
    let mut page = Vec::with_capacity(places.len());
    for place in places {
        let Place { link, subject, .. } = place;
        let (record, signature) = match place.kind.as_str() {
            "account" => (found.accounts.get(&subject).cloned().map(Record::Account), None),
            "posting" => {
                let entries = found.entries.remove(&subject).unwrap_or_default();
                let row = found.postings.remove(&subject);
                (row.map(|row| posting(row, place.booked_on, entries)), None)
            }
            "audit" => (found.audits.remove(&subject).map(Record::Audit), None),
            "balance" => {
                let account = found.accounts.get(&subject);
                let sums = found.balances.remove(&(place.booked_on, subject));
                let balance = account.zip(sums).map(|(account, sums)| {
                    Record::Balance(sums.balance(place.booked_on, account.clone()))
                });
                (balance, None)
            }
            _ => match rows::close(conn, shop, &place).await? {
                Some((close, signature)) => (Some(Record::Close(close)), Some(signature)),
                None => (None, None),
            },
        };
        page.push((place, record.map(|record| Sealed { record, link, signature })));
    }
    Ok(page)
}

/// What the records of a page are about, by id.
struct Found {
    postings: HashMap<Uuid, PostingRow>,
    entries: HashMap<Uuid, Vec<Entry>>,
    audits: HashMap<Uuid, proof::record::Audit>,
    accounts: HashMap<Uuid, Account>,
    balances: HashMap<(Date, Uuid), rows::Sums>,
}

impl Found {
    async fn load(conn: &mut PgConnection, shop: ShopId, places: &[Place]) -> Result<Self, Fault> {
        let of = |kinds: &[&str]| -> Vec<Uuid> {
            let wanted = places.iter().filter(|place| kinds.contains(&place.kind.as_str()));
            wanted.map(|place| place.subject).collect()
        };
        let postings = of(&["posting"]);
        let balances: Vec<(Date, Uuid)> = places
            .iter()
            .filter(|place| place.kind == "balance")
            .map(|place| (place.booked_on, place.subject))
            .collect();
        let audits = rows::audits(conn, shop, &of(&["audit"])).await?;
        let accounts = rows::book_accounts(conn, shop, &of(&["account", "balance"])).await?;
        Ok(Self {
            entries: entries(conn, &postings).await?,
            postings: rows::postings(conn, shop, &postings)
                .await?
                .into_iter()
                .map(|row| (row.posting_id, row))
                .collect(),
            audits: audits.into_iter().map(|audit| (audit.id.uuid(), audit)).collect(),
            accounts: accounts.into_iter().map(|account| (account.id.uuid(), account)).collect(),
            balances: rows::balances(conn, shop, &balances).await?,
        })
    }
}

/// The link of the record with this number; the beginning of the books for 0.
pub(crate) async fn link(
    conn: &mut PgConnection,
    shop: ShopId,
    sequence: u64,
) -> Result<Option<Link>, Fault> {
    if sequence == 0 {
        return Ok(Some(Link::genesis(shop)));
    }
    let places = rows::places(conn, shop, sequence - 1, sequence, 1).await?;
    Ok(places.first().map(|place| place.link))
}

fn posting(row: PostingRow, booked_on: Date, entries: Vec<Entry>) -> Record {
    Record::Posting(Posting {
        id: PostingId::from_uuid(row.posting_id),
        object: row.object_id,
        cause: row.cause,
        corrects: row.corrects_id.map(PostingId::from_uuid),
        effective_on: row.effective_on,
        booked_on,
        recorded_at: row.recorded_at,
        entries,
    })
}

/// The entries of postings, in their order, by the posting.
async fn entries(
    conn: &mut PgConnection,
    postings: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Entry>>, Fault> {
    let mut by_posting: HashMap<Uuid, Vec<Entry>> = HashMap::with_capacity(postings.len());
    for (posting, account, amount) in rows::entries(conn, postings).await? {
        let entry = Entry { account: whole_account(account), amount };
        by_posting.entry(posting).or_default().push(entry);
    }
    Ok(by_posting)
}
