//! A pay-out as it is stored, and as the rules see it.

use domain::currency::Currency;
use domain::four_eyes::Reason;
use domain::id::{PayeeAccountId, PayoutAccountId, PayoutId, SellerId, ShopId, StaffId};
use domain::money::Money;
use domain::payout::ruling::{Ending, Ruling};
use domain::payout::{Payout, Phase};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::db::Fault;
use crate::payouts::actor;
use crate::payouts::inquire::ARRIVES_WITHIN_SECONDS;

/// The columns of a pay-out, with the names of whom it is about.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) bucket: i16,
    pub(crate) payout_id: Uuid,
    pub(crate) shop_id: Uuid,
    pub(crate) seller_id: Uuid,
    pub(crate) payout_account_id: Uuid,
    pub(crate) payee_account_id: Uuid,
    pub(crate) currency: String,
    pub(crate) amount_minor: i64,
    pub(crate) maker_kind: String,
    pub(crate) maker_id: Option<Uuid>,
    pub(crate) needs_second: bool,
    pub(crate) reasons: Vec<String>,
    pub(crate) approver_kind: Option<String>,
    pub(crate) approver_id: Option<Uuid>,
    pub(crate) phase: String,
    pub(crate) submissions: i16,
    pub(crate) begun: i16,
    pub(crate) is_accepted: bool,
    pub(crate) in_doubt: bool,
    pub(crate) ruling: Option<String>,
    pub(crate) ruling_by: Option<Uuid>,
    pub(crate) ruling_confirmed_by: Option<Uuid>,
    pub(crate) provider_reference: Option<String>,
    pub(crate) failure_code: Option<String>,
    pub(crate) failure_message: Option<String>,
    pub(crate) refusal: Option<String>,
    pub(crate) ended_at: Option<OffsetDateTime>,
    pub(crate) version: i32,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
    /// For how long its outcome has been unknown, in seconds.
    pub(crate) doubtful_seconds: Option<i64>,
    /// For how long it has been over, in seconds.
    pub(crate) ended_seconds: Option<i64>,
    /// The shop's name for the seller.
    pub(crate) seller_account: String,
    pub(crate) seller_name: String,
    /// The person who said that the bank account is the seller's.
    pub(crate) payee_verified_by: Option<Uuid>,
}

/// A pay-out with everything that belongs to it.
#[derive(Debug, Clone)]
pub struct PayoutRecord {
    /// Its id.
    pub id: PayoutId,
    /// The shop that owns it.
    pub shop: ShopId,
    /// Who is paid.
    pub seller: SellerId,
    /// The shop's name for the seller.
    pub seller_account: String,
    /// What people know the seller as.
    pub seller_name: String,
    /// The account of ours that it leaves from.
    pub account: PayoutAccountId,
    /// The state that the rules know.
    pub state: Payout,
    /// Why a second person has to approve it; empty if nobody has to.
    pub reasons: Vec<Reason>,
    /// Who said that the bank account is the seller's, if it is the first pay-out to it: they are not
    /// the second person.
    pub verifier: Option<StaffId>,
    /// The provider's id of it.
    pub provider_reference: Option<String>,
    /// Why it failed or came again: the provider's code, and its text.
    pub failure: Option<(String, String)>,
    /// Why it was not submitted when that was last tried: a code of the API.
    pub refusal: Option<String>,
    /// Whether no call that broke can reach the provider any more.
    pub nothing_arrives: bool,
    /// When it ended, if it has.
    pub ended_at: Option<OffsetDateTime>,
    /// How many changes it has seen.
    pub version: i32,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it changed last.
    pub updated_at: OffsetDateTime,
}

impl Row {
    /// The id.
    pub(crate) fn id(&self) -> PayoutId {
        PayoutId::from_uuid(self.payout_id)
    }

    /// The shop.
    pub(crate) fn shop(&self) -> ShopId {
        ShopId::from_uuid(self.shop_id)
    }

    /// Who is paid.
    pub(crate) fn seller(&self) -> SellerId {
        SellerId::from_uuid(self.seller_id)
    }

    /// The state that the rules know.
    pub(crate) fn state(&self) -> Result<Payout, Fault> {
        let approved_by = match &self.approver_kind {
            Some(kind) => Some(actor::read(kind, self.approver_id)?),
            None => None,
        };
        Ok(Payout {
            amount: Money::from_minor(self.amount_minor, self.currency()?),
            payee: PayeeAccountId::from_uuid(self.payee_account_id),
            maker: actor::read(&self.maker_kind, self.maker_id)?,
            needs_second: self.needs_second,
            approved_by,
            phase: Phase::from_word(&self.phase).ok_or_else(|| self.corrupt("phase"))?,
            submissions: u16::try_from(self.submissions)
                .map_err(|_| self.corrupt("submissions"))?,
            begun: u16::try_from(self.begun).map_err(|_| self.corrupt("begun"))?,
            is_accepted: self.is_accepted,
            in_doubt: self.in_doubt,
            ruling: self.ruling()?,
        })
    }

    fn ruling(&self) -> Result<Option<Ruling>, Fault> {
        let Some(word) = &self.ruling else { return Ok(None) };
        let ending = Ending::from_word(word);
        let ruling = ending.zip(self.ruling_by).map(|(ending, by)| Ruling {
            ending,
            by: StaffId::from_uuid(by),
            confirmed_by: self.ruling_confirmed_by.map(StaffId::from_uuid),
        });
        ruling.map(Some).ok_or_else(|| self.corrupt("ruling"))
    }

    /// Takes over what the rules decided.
    pub(crate) fn take(&mut self, next: &Payout) {
        let approver = next.approved_by.map(actor::stored);
        self.approver_kind = approver.map(|(kind, _)| kind.to_owned());
        self.approver_id = approver.and_then(|(_, id)| id);
        next.phase.as_str().clone_into(&mut self.phase);
        self.submissions = i16::try_from(next.submissions).unwrap_or(i16::MAX);
        self.begun = i16::try_from(next.begun).unwrap_or(i16::MAX);
        self.is_accepted = next.is_accepted;
        self.in_doubt = next.in_doubt;
        self.ruling = next.ruling.map(|ruling| ruling.ending.as_str().to_owned());
        self.ruling_by = next.ruling.map(|ruling| ruling.by.uuid());
        self.ruling_confirmed_by =
            next.ruling.and_then(|ruling| ruling.confirmed_by).map(StaffId::uuid);
    }

    /// The row as its readers want it.
    pub(crate) fn into_record(self) -> Result<PayoutRecord, Fault> {
        let state = self.state()?;
        let reasons = self.reasons.iter().map(|word| Reason::from_word(word));
        let reasons = reasons.collect::<Option<_>>().ok_or_else(|| self.corrupt("reasons"))?;
        let verifier = self.verifier();
        let nothing_arrives = self.nothing_arrives();
        Ok(PayoutRecord {
            id: self.id(),
            shop: self.shop(),
            seller: self.seller(),
            seller_account: self.seller_account,
            seller_name: self.seller_name,
            account: PayoutAccountId::from_uuid(self.payout_account_id),
            state,
            reasons,
            verifier,
            provider_reference: self.provider_reference,
            failure: self.failure_code.zip(self.failure_message),
            refusal: self.refusal,
            nothing_arrives,
            ended_at: self.ended_at,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }

    /// Whether no call that broke can reach the provider any more.
    pub(crate) fn nothing_arrives(&self) -> bool {
        self.doubtful_seconds.is_some_and(|seconds| seconds >= ARRIVES_WITHIN_SECONDS)
    }

    /// The person who verified the bank account, if no money has gone there before.
    pub(crate) fn verifier(&self) -> Option<StaffId> {
        let is_new = |word: &String| {
            matches!(Reason::from_word(word), Some(Reason::FirstPayout | Reason::AccountChanged))
        };
        let person = self.payee_verified_by.map(StaffId::from_uuid);
        person.filter(|_| self.reasons.iter().any(is_new))
    }

    pub(crate) fn currency(&self) -> Result<Currency, Fault> {
        self.currency.parse().map_err(|_| self.corrupt("currency"))
    }

    fn corrupt(&self, column: &str) -> Fault {
        Fault::CorruptRow(format!("pay-out {}: {column}", self.payout_id))
    }
}

/// The row of a pay-out that was just decided on.
pub(crate) fn new(
    (id, shop, seller): (PayoutId, ShopId, SellerId),
    account: PayoutAccountId,
    state: &Payout,
    reasons: &[Reason],
) -> NewRow {
    let (maker_kind, maker_id) = actor::stored(state.maker);
    NewRow {
        payout_id: id.uuid(),
        shop_id: shop.uuid(),
        seller_id: seller.uuid(),
        payout_account_id: account.uuid(),
        payee_account_id: state.payee.uuid(),
        currency: state.amount.currency().code(),
        amount_minor: state.amount.minor(),
        maker_kind,
        maker_id,
        needs_second: state.needs_second,
        reasons: reasons.iter().map(|reason| reason.as_str().to_owned()).collect(),
        phase: state.phase.as_str(),
    }
}

/// The columns that a new pay-out has.
pub(crate) struct NewRow {
    pub(crate) payout_id: Uuid,
    pub(crate) shop_id: Uuid,
    pub(crate) seller_id: Uuid,
    pub(crate) payout_account_id: Uuid,
    pub(crate) payee_account_id: Uuid,
    pub(crate) currency: &'static str,
    pub(crate) amount_minor: i64,
    pub(crate) maker_kind: &'static str,
    pub(crate) maker_id: Option<Uuid>,
    pub(crate) needs_second: bool,
    pub(crate) reasons: Vec<String>,
    pub(crate) phase: &'static str,
}
