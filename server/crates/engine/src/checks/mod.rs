//! Continuous checks: that the books hold, proven again and again while the service runs.
//!
//! Each rule is one statement over some of the 256 buckets. A round looks at as many of them as its
//! time allows and goes on there the next time, so that everything is looked at in a cycle: of a
//! small installation in each round, of a large one in several. What is found stands in
//! `proof_breach` until its bucket is looked at again, and becomes an alert at the end of the round.
//!
//! To add a rule, add a variant to [`Rule`], and its statement to `store/laws.rs`.

mod chain;
mod rounds;
mod store;
mod verify;

use std::time::Duration;

use domain::id::{AccountId, AuditId, JobId, PaymentId, PayoutId, PostingId, ShopId};
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::db::Fault;
pub(crate) use rounds::run;
pub use rounds::{ROUND, round, step};
pub use verify::{Progress, Verdict, verify, verify_rule};

/// How many rows of one shop a look at a rule names at most: where as many are counted, more may
/// break it.
pub const ROWS_MAX: i64 = 100;

/// In how many rounds in a row a rule cannot be looked at before that is an alert: once may be the
/// database that starts again.
pub const FAILURES_MAX: i32 = 3;
/// After how long without having gone through everything a check is said to stand still.
pub const STILL_AFTER: Duration = Duration::from_hours(24);

/// Something that must hold of every row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Debits equal credits.
    PostingsBalance,
    /// No posting is empty.
    PostingsHaveEntries,
    /// Entries belong to what they name.
    EntriesFit,
    /// Accounts are what the chain says that they are, and wallets have sellers.
    AccountsFit,
    /// What is folded, and what is not, is what was posted.
    BalancesAreSums,
    /// Nothing is captured that was not authorised.
    CapturesWithinAuthorized,
    /// Nothing is refunded that was not captured.
    RefundsWithinCaptured,
    /// What is reserved is what is under way.
    ReservedIsUnderWay,
    /// Each capture is in the ledger.
    CapturesArePosted,
    /// Processors owe what payments say.
    ReceivableIsOwed,
    /// Pay-outs moved what they say, and nothing twice.
    PayoutsArePosted,
    /// Payments are where their history has led.
    HistoryIsWhole,
    /// No work is held by somebody who has gone.
    LeasesEnd,
    /// No payment waits to begin after its time.
    PaymentsExpire,
    /// What is posted gets into the chain.
    PostingsAreSealed,
    /// What is decided gets into the chain.
    DecisionsAreSealed,
    /// What was sealed was not changed.
    ChainHolds,
}

impl Rule {
    /// Every rule, in the order in which they are checked.
    pub const ALL: [Self; 17] = [
        Self::PostingsBalance,
        Self::PostingsHaveEntries,
        Self::EntriesFit,
        Self::AccountsFit,
        Self::BalancesAreSums,
        Self::CapturesWithinAuthorized,
        Self::RefundsWithinCaptured,
        Self::ReservedIsUnderWay,
        Self::CapturesArePosted,
        Self::ReceivableIsOwed,
        Self::PayoutsArePosted,
        Self::HistoryIsWhole,
        Self::LeasesEnd,
        Self::PaymentsExpire,
        Self::PostingsAreSealed,
        Self::DecisionsAreSealed,
        Self::ChainHolds,
    ];

    /// The word that stands in the database and in alerts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PostingsBalance => "postings_balance",
            Self::PostingsHaveEntries => "postings_have_entries",
            Self::EntriesFit => "entries_fit",
            Self::AccountsFit => "accounts_fit",
            Self::BalancesAreSums => "balances_are_sums",
            Self::CapturesWithinAuthorized => "captures_within_authorized",
            Self::RefundsWithinCaptured => "refunds_within_captured",
            Self::ReservedIsUnderWay => "reserved_is_under_way",
            Self::CapturesArePosted => "captures_are_posted",
            Self::ReceivableIsOwed => "receivable_is_owed",
            Self::PayoutsArePosted => "payouts_are_posted",
            Self::HistoryIsWhole => "history_is_whole",
            Self::LeasesEnd => "leases_end",
            Self::PaymentsExpire => "payments_expire",
            Self::PostingsAreSealed => "postings_are_sealed",
            Self::DecisionsAreSealed => "decisions_are_sealed",
            Self::ChainHolds => "chain_holds",
        }
    }

    /// The rule, in one sentence for people.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::PostingsBalance => "Every posting sums to zero in each currency",
            Self::PostingsHaveEntries => "Every posting has entries",
            Self::EntriesFit => "Every entry has its posting and its account, of the same shop",
            Self::AccountsFit => {
                "Every account is the one that was sealed, and wallets have owners"
            }
            Self::BalancesAreSums => {
                "Every balance, and so every wallet, is the sum of its entries"
            }
            Self::CapturesWithinAuthorized => "Captures never exceed what was authorised",
            Self::RefundsWithinCaptured => "Refunds never exceed what was captured",
            Self::ReservedIsUnderWay => "What is reserved is what is under way",
            Self::CapturesArePosted => "What was captured is what was posted",
            Self::ReceivableIsOwed => {
                "Processors owe what was captured, less what was refunded, charged back and settled"
            }
            Self::PayoutsArePosted => {
                "Every pay-out has taken from its seller what it says, once, and only while it stands"
            }
            Self::HistoryIsWhole => "Every payment is where its history has led",
            Self::LeasesEnd => "No work is held long after its lease",
            Self::PaymentsExpire => "No payment waits to begin long after its checkout expired",
            Self::PostingsAreSealed => "Every posting is sealed within an hour",
            Self::DecisionsAreSealed => "Every line of the audit log is sealed within an hour",
            Self::ChainHolds => "What was sealed is what stands in the tables",
        }
    }

    /// The rule that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.as_str() == word)
    }

    /// How people know the rows that the rule is about.
    pub fn name_row(self, id: Uuid) -> String {
        match self {
            Self::PostingsBalance
            | Self::PostingsHaveEntries
            | Self::EntriesFit
            | Self::PostingsAreSealed => PostingId::from_uuid(id).to_string(),
            Self::AccountsFit | Self::BalancesAreSums => AccountId::from_uuid(id).to_string(),
            Self::CapturesWithinAuthorized
            | Self::RefundsWithinCaptured
            | Self::ReservedIsUnderWay
            | Self::CapturesArePosted
            | Self::ReceivableIsOwed
            | Self::HistoryIsWhole
            | Self::PaymentsExpire => PaymentId::from_uuid(id).to_string(),
            Self::PayoutsArePosted => PayoutId::from_uuid(id).to_string(),
            Self::LeasesEnd => JobId::from_uuid(id).to_string(),
            Self::DecisionsAreSealed => AuditId::from_uuid(id).to_string(),
            // Whatever was sealed; the detail names it.
            Self::ChainHolds => id.to_string(),
        }
    }
}

/// How far the proof of a rule is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The rule.
    pub rule: Rule,
    /// When it last went through everything without finding a breach; `None` if it never has.
    pub passed_at: Option<OffsetDateTime>,
    /// When that cycle began: whatever stood there then is proven.
    pub covered_from: Option<OffsetDateTime>,
    /// When it last went through everything and found a breach.
    pub failed_at: Option<OffsetDateTime>,
    /// In how many rounds in a row the rule could not be looked at.
    pub failures: i32,
    /// How many rows break it, as far as it has looked: of each shop [`ROWS_MAX`] at least are
    /// counted.
    pub breaches: i64,
}

impl Proof {
    /// When it last went through everything, whatever it found; `None` if it never has.
    pub fn completed_at(&self) -> Option<OffsetDateTime> {
        self.passed_at.max(self.failed_at)
    }

    /// Whether it stands still: then what it found once says nothing of `now`.
    pub fn stands_still(&self, now: OffsetDateTime) -> bool {
        self.failures >= FAILURES_MAX
            || self.completed_at().is_some_and(|completed_at| now - completed_at > STILL_AFTER)
    }
}

/// How far each proof is, in the order of [`Rule::ALL`]; before the first round there is none.
///
/// # Errors
/// [`Fault`].
pub async fn proofs(pool: &PgPool) -> Result<Vec<Proof>, Fault> {
    let mut proofs = store::proofs(pool).await?;
    proofs.sort_by_key(|proof| Rule::ALL.iter().position(|&rule| rule == proof.rule));
    Ok(proofs)
}

/// A row that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// The rule.
    pub rule: Rule,
    /// Whose it is; `None` if nobody can tell.
    pub shop: Option<ShopId>,
    /// The bucket or, of the chain, the number of the record.
    pub place: i64,
    /// The row's id.
    pub subject: Uuid,
    /// What is wrong with it.
    pub detail: String,
    /// When it was first found.
    pub found_at: OffsetDateTime,
}

/// The rows of a shop, and of nobody, that break rules, the first found first.
///
/// # Errors
/// [`Fault`].
pub async fn breaches(pool: &PgPool, shop: ShopId, limit: i64) -> Result<Vec<Breach>, Fault> {
    store::breaches(pool, shop, limit).await
}

/// How many rows of a shop, and of nobody, break which rules. If it is [`ROWS_MAX`] or more, there
/// may be others that were not counted.
///
/// # Errors
/// [`Fault`].
pub async fn breach_counts(pool: &PgPool, shop: ShopId) -> Result<Vec<(Rule, i64)>, Fault> {
    store::breach_counts(pool, shop).await
}

/// A row that a statement has found.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    shop_id: Option<Uuid>,
    place: i64,
    subject: Uuid,
    detail: String,
}
