//! A payment as it is stored, and as the rules see it.

use domain::currency::Currency;
use domain::dispute::Dispute;
use domain::id::{CheckoutId, PaymentId, ProcessorAccountId, RegistrationId, SellerId, ShopId};
use domain::money::Money;
use domain::payment::{CaptureMode, Payment, Phase};
use domain::refund::Refund;
use serde_json::Value;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::db::Fault;
use crate::payments::announce::Receiver;
use crate::payments::operations;

/// The columns of a payment that the rules or its readers need.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) bucket: i16,
    pub(crate) payment_id: Uuid,
    pub(crate) checkout_id: Uuid,
    pub(crate) shop_id: Uuid,
    pub(crate) seller_id: Uuid,
    pub(crate) reference: String,
    pub(crate) description: Option<String>,
    pub(crate) phase: String,
    pub(crate) currency: String,
    pub(crate) amount_minor: i64,
    pub(crate) capture_mode: String,
    pub(crate) fee_basis_points: i32,
    pub(crate) attempts: i16,
    pub(crate) attempts_max: i16,
    pub(crate) in_doubt: bool,
    pub(crate) authorized_minor: i64,
    pub(crate) captured_minor: i64,
    pub(crate) capture_requested_minor: i64,
    pub(crate) capture_reserved_minor: i64,
    pub(crate) refunded_minor: i64,
    pub(crate) refunded_elsewhere_minor: i64,
    pub(crate) returned_elsewhere_minor: i64,
    pub(crate) refund_requested_minor: i64,
    pub(crate) refund_reserved_minor: i64,
    pub(crate) charged_back_minor: i64,
    pub(crate) settled_minor: i64,
    pub(crate) refund_settled_minor: i64,
    pub(crate) fee_minor: i64,
    pub(crate) fee_returned_minor: i64,
    pub(crate) policy: String,
    /// Never changes: it is read, and not written back.
    pub(crate) metadata: Value,
    pub(crate) payment_method: Option<String>,
    pub(crate) registration_id: Option<Uuid>,
    pub(crate) processor_account_id: Option<Uuid>,
    pub(crate) processor_reference: Option<String>,
    pub(crate) failure_code: Option<String>,
    pub(crate) failure_message: Option<String>,
    pub(crate) action_url: Option<String>,
    pub(crate) operations: Option<Value>,
    pub(crate) hold_expires_at: Option<OffsetDateTime>,
    /// How many disputes there are rows for.
    pub(crate) disputes: i16,
    pub(crate) version: i32,
    pub(crate) created_at: OffsetDateTime,
    /// The seller's reference, for what the shop is told.
    pub(crate) seller_account: String,
    /// The seller's name, for what people read.
    pub(crate) seller_name: String,
    /// Who hears of its events: read with the lock, and empty without it.
    pub(crate) receivers: Json<Vec<Receiver>>,
}

/// A payment with everything that belongs to it.
#[derive(Debug, Clone)]
pub struct PaymentRecord {
    /// Its id.
    pub id: PaymentId,
    /// The checkout it belongs to.
    pub checkout: CheckoutId,
    /// The shop that owns it.
    pub shop: ShopId,
    /// Who is paid.
    pub seller: SellerId,
    /// The shop's name for the seller.
    pub seller_account: String,
    /// What shoppers know the seller as.
    pub seller_name: String,
    /// The shop's name for the payment: `payment_order_id`.
    pub reference: String,
    /// What is bought, in the shop's words.
    pub description: Option<String>,
    /// What the shop wants to find again: an object of texts.
    pub metadata: Value,
    /// The state that the rules know.
    pub state: Payment,
    /// After how many declined authorisations it has failed.
    pub attempts_max: u16,
    /// A processor's token of a stored method, if it is charged to one.
    pub payment_method: Option<String>,
    /// The registration it is charged to, if it is.
    pub registration: Option<RegistrationId>,
    /// Where it is, or was last, carried.
    pub processor_account: Option<ProcessorAccountId>,
    /// The processor's id of it.
    pub processor_reference: Option<String>,
    /// Why it was declined last: our word, and the processor's text for staff.
    pub failure: Option<(String, String)>,
    /// Where the shopper has to act.
    pub action_url: Option<String>,
    /// Until when the processor holds what is not captured, as far as it has said so.
    pub hold_expires_at: Option<OffsetDateTime>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// How many changes it has seen.
    pub version: i32,
}

/// What belongs to a payment and is stored beside it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Belongings {
    pub(crate) refunds: Vec<Refund>,
    pub(crate) disputes: Vec<Dispute>,
}

impl Row {
    /// The state that the rules know, with what belongs to the payment.
    pub(crate) fn state(&self, belongings: Belongings) -> Result<Payment, Fault> {
        let currency = self.currency()?;
        let money = |minor| Money::from_minor(minor, currency);
        let phase = Phase::from_word(&self.phase).ok_or_else(|| self.corrupt("phase"))?;
        let capture_mode = match self.capture_mode.as_str() {
            "automatic" => CaptureMode::Automatic,
            "manual" => CaptureMode::Manual,
            _ => return Err(self.corrupt("capture_mode")),
        };
        let fee_basis_points =
            u32::try_from(self.fee_basis_points).map_err(|_| self.corrupt("fee_basis_points"))?;
        Ok(Payment {
            phase,
            amount: money(self.amount_minor),
            capture_mode,
            fee_basis_points,
            attempts: u16::try_from(self.attempts).map_err(|_| self.corrupt("attempts"))?,
            in_doubt: self.in_doubt,
            operations: operations::read(self.operations.as_ref(), currency)
                .ok_or_else(|| self.corrupt("operations"))?,
            authorized: money(self.authorized_minor),
            captured: money(self.captured_minor),
            capture_requested: money(self.capture_requested_minor),
            capture_reserved: money(self.capture_reserved_minor),
            refunded: money(self.refunded_minor),
            refunded_elsewhere: money(self.refunded_elsewhere_minor),
            returned_elsewhere: money(self.returned_elsewhere_minor),
            refund_requested: money(self.refund_requested_minor),
            refund_reserved: money(self.refund_reserved_minor),
            charged_back: money(self.charged_back_minor),
            settled: money(self.settled_minor),
            refund_settled: money(self.refund_settled_minor),
            fee: money(self.fee_minor),
            fee_returned: money(self.fee_returned_minor),
            refunds: belongings.refunds,
            disputes: belongings.disputes,
        })
    }

    /// Takes over what the rules decided.
    pub(crate) fn take(&mut self, next: &Payment) {
        next.phase.as_str().clone_into(&mut self.phase);
        self.attempts = i16::try_from(next.attempts).unwrap_or(i16::MAX);
        self.in_doubt = next.in_doubt;
        self.authorized_minor = next.authorized.minor();
        self.captured_minor = next.captured.minor();
        self.capture_requested_minor = next.capture_requested.minor();
        self.capture_reserved_minor = next.capture_reserved.minor();
        self.refunded_minor = next.refunded.minor();
        self.refunded_elsewhere_minor = next.refunded_elsewhere.minor();
        self.returned_elsewhere_minor = next.returned_elsewhere.minor();
        self.refund_requested_minor = next.refund_requested.minor();
        self.refund_reserved_minor = next.refund_reserved.minor();
        self.charged_back_minor = next.charged_back.minor();
        self.settled_minor = next.settled.minor();
        self.refund_settled_minor = next.refund_settled.minor();
        self.fee_minor = next.fee.minor();
        self.fee_returned_minor = next.fee_returned.minor();
        self.operations = operations::stored(&next.operations);
        self.disputes = i16::try_from(next.disputes.len()).unwrap_or(i16::MAX);
    }

    /// The row as its readers want it.
    pub(crate) fn into_record(self, belongings: Belongings) -> Result<PaymentRecord, Fault> {
        let state = self.state(belongings)?;
        Ok(PaymentRecord {
            id: PaymentId::from_uuid(self.payment_id),
            checkout: CheckoutId::from_uuid(self.checkout_id),
            shop: ShopId::from_uuid(self.shop_id),
            seller: SellerId::from_uuid(self.seller_id),
            seller_account: self.seller_account,
            seller_name: self.seller_name,
            reference: self.reference,
            description: self.description,
            metadata: self.metadata,
            state,
            attempts_max: u16::try_from(self.attempts_max).unwrap_or(1),
            payment_method: self.payment_method,
            registration: self.registration_id.map(RegistrationId::from_uuid),
            processor_account: self.processor_account_id.map(ProcessorAccountId::from_uuid),
            processor_reference: self.processor_reference,
            failure: self.failure_code.zip(self.failure_message),
            action_url: self.action_url,
            hold_expires_at: self.hold_expires_at,
            created_at: self.created_at,
            version: self.version,
        })
    }

    pub(crate) fn currency(&self) -> Result<Currency, Fault> {
        self.currency.parse().map_err(|_| self.corrupt("currency"))
    }

    fn corrupt(&self, column: &str) -> Fault {
        Fault::CorruptRow(format!("payment {}: {column}", self.payment_id))
    }
}
