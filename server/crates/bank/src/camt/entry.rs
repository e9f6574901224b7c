//! One entry of an account while it is read: what it says itself, and its details.

use domain::money::Money;
use time::Date;

use crate::camt::{BankEntry, EntryStatus, Message, Side};
use crate::field;
use crate::file::{Place, WarningReason, Warnings};
use crate::xml::Element;

/// The transaction codes (sub-family) of what comes back: a return, and a return upon a recall.
const RETURN_CODES: [&str; 2] = ["RRTN", "RPCR"];

/// An entry that is not closed yet.
pub(super) struct OpenEntry {
    place: Place,
    number: u32,
    amount: Option<Money>,
    side: Option<Side>,
    status: Option<EntryStatus>,
    has_status: bool,
    booked_on: Option<Date>,
    value_on: Option<Date>,
    is_return: bool,
    bank_reference: Option<String>,
    /// From the batch: the ids of the message and of the payment information.
    batch: (Option<String>, Option<String>),
    details: Vec<BankEntry>,
}

impl OpenEntry {
    pub(super) fn at(place: Place, number: u32) -> Self {
        Self {
            place,
            number,
            amount: None,
            side: None,
            status: None,
            has_status: false,
            booked_on: None,
            value_on: None,
            is_return: false,
            bank_reference: None,
            batch: (None, None),
            details: Vec::new(),
        }
    }

    /// How many details it has so far.
    pub(super) fn details(&self) -> usize {
        self.details.len()
    }

    /// Takes what stands in the entry, or in the list of its details.
    pub(super) fn take(&mut self, element: &Element, warnings: &mut Warnings) {
        let place = element.place;
        match element.name.as_str() {
            "Amt" => self.amount = warnings.or_none(place, field::money("Amt", element)),
            "CdtDbtInd" => self.side = side(element, warnings),
            "RvslInd" => self.is_return |= matches!(element.text(), "true" | "1"),
            "Sts" => {
                self.has_status = true;
                self.status = status(element, warnings);
            }
            "BookgDt" => self.booked_on = warnings.or_none(place, field::date("BookgDt", element)),
            "ValDt" => self.value_on = warnings.or_none(place, field::date("ValDt", element)),
            "AcctSvcrRef" => self.bank_reference = field::reference(element, &[]),
            "BkTxCd" => self.is_return |= is_return_code(element),
            "Btch" => {
                let id = |name| field::reference(element, &[name]);
                self.batch = (id("MsgId"), id("PmtInfId"));
            }
            "TxDtls" => {
                let detail = self.detail(element, warnings);
                self.details.push(detail);
            }
            _ => {}
        }
    }

    /// What the detail says itself; [`OpenEntry::close`] adds what the entry says.
    fn detail(&self, element: &Element, warnings: &mut Warnings) -> BankEntry {
        let id = |name| field::reference(element, &["Refs", name]);
        let side = element.at(&["CdtDbtInd"]).and_then(|found| side(found, warnings));
        let amount = element.at(&["Amt"]).or_else(|| element.at(&["AmtDtls", "TxAmt", "Amt"]));
        let instructed = element.at(&["AmtDtls", "InstdAmt", "Amt"]);
        let [amount, instructed] = [amount, instructed].map(|amount| {
            amount.and_then(|found| warnings.or_none(found.place, field::money("Amt", found)))
        });
        let reasons: Vec<_> = element.all("RtrInf").map(field::reason).collect();
        BankEntry {
            place: element.place,
            is_detail: true,
            end_to_end_id: id("EndToEndId"),
            instruction_id: id("InstrId"),
            payment_info_id: id("PmtInfId").or_else(|| self.batch.1.clone()),
            message_id: id("MsgId").or_else(|| self.batch.0.clone()),
            bank_reference: id("AcctSvcrRef"),
            amount,
            instructed,
            side,
            is_return: !reasons.is_empty() || element.all("BkTxCd").any(is_return_code),
            reasons,
            ..self.bare()
        }
    }

    /// The entry without any detail.
    fn bare(&self) -> BankEntry {
        BankEntry {
            place: self.place,
            number: self.number,
            entry_amount: None,
            entry_side: None,
            is_detail: false,
            account: None,
            end_to_end_id: None,
            instruction_id: None,
            payment_info_id: self.batch.1.clone(),
            message_id: self.batch.0.clone(),
            bank_reference: None,
            amount: None,
            instructed: None,
            side: None,
            status: None,
            booked_on: None,
            value_on: None,
            is_return: false,
            reasons: Vec::new(),
        }
    }

    /// Its details with what it says of all of them, or itself if it has none.
    pub(super) fn close(
        mut self,
        message: Message,
        account: Option<&str>,
        warnings: &mut Warnings,
    ) -> Vec<BankEntry> {
        if !self.has_status {
            warnings.add(self.place, WarningReason::Missing("Sts"));
            self.status = (message == Message::Statement).then_some(EntryStatus::Booked);
        }
        if self.side.is_none() {
            warnings.add(self.place, WarningReason::Missing("CdtDbtInd"));
        }
        let mut entries = std::mem::take(&mut self.details);
        if entries.is_empty() {
            entries.push(self.bare());
        }
        let is_alone = entries.len() == 1;
        for entry in &mut entries {
            let is_other = matches!((entry.side, self.side), (Some(own), Some(all)) if own != all);
            if is_alone && is_other {
                warnings.add(entry.place, WarningReason::OtherSide);
                entry.side = None;
            } else {
                entry.side = entry.side.or(self.side);
            }
            if is_alone {
                self.warn_of_other_amount(entry, warnings);
                entry.amount = entry.amount.or(self.amount);
                entry.bank_reference =
                    entry.bank_reference.take().or_else(|| self.bank_reference.clone());
            }
            entry.entry_amount = self.amount;
            entry.entry_side = self.side;
            entry.account = account.map(str::to_owned);
            entry.status = self.status;
            entry.booked_on = self.booked_on;
            entry.value_on = self.value_on;
            entry.is_return |= self.is_return;
        }
        entries
    }
}

impl OpenEntry {
    /// Charges may stand between the two, so that is no contradiction; a currency may too.
    fn warn_of_other_amount(&self, detail: &BankEntry, warnings: &mut Warnings) {
        let (Some(entry), Some(amount)) = (self.amount, detail.amount) else { return };
        if entry != amount && entry.currency() == amount.currency() {
            let reason = WarningReason::OtherAmount { entry, detail: amount };
            warnings.add(detail.place, reason);
        }
    }
}

fn side(element: &Element, warnings: &mut Warnings) -> Option<Side> {
    match element.text() {
        "DBIT" => Some(Side::Debit),
        "CRDT" => Some(Side::Credit),
        code => {
            warn_of_code("CdtDbtInd", code, element.place, warnings);
            None
        }
    }
}

/// The status: its code right inside up to version 6, in `Cd` or `Prtry` later.
fn status(element: &Element, warnings: &mut Warnings) -> Option<EntryStatus> {
    let code = element.text_at(&["Cd"]).or_else(|| element.text_at(&["Prtry"]));
    match code.unwrap_or(element.text()) {
        "BOOK" => Some(EntryStatus::Booked),
        "PDNG" => Some(EntryStatus::Pending),
        "FUTR" => Some(EntryStatus::Future),
        "INFO" => Some(EntryStatus::Information),
        code => {
            warn_of_code("Sts", code, element.place, warnings);
            None
        }
    }
}

fn is_return_code(element: &Element) -> bool {
    element.text_at(&["Domn", "Fmly", "SubFmlyCd"]).is_some_and(|code| RETURN_CODES.contains(&code))
}

fn warn_of_code(element: &'static str, code: &str, place: Place, warnings: &mut Warnings) {
    warnings.add(place, WarningReason::UnknownCode { element, code: field::shown(code) });
}
