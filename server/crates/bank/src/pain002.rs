//! Reads `pain.002`, a bank's report on the orders it was given.
//!
//! A report speaks of the message, of its parts (payment informations) and of single transactions;
//! at each level the status may be missing, and what holds above holds below unless something else
//! is said there. All versions are read alike, those of national standards too: the elements are
//! found by their names. A report says what a bank has decided; that money has moved is proved by
//! an entry of the account alone ([`crate::camt`]).

use domain::money::Money;

use crate::field;
use crate::file::{Place, Reason, Unreadable, UnreadableReason, Warning, WarningReason, Warnings};
use crate::status::Status;
use crate::verdict::{Evidence, Verdict};
use crate::xml::{self, Element, Step, Walk};

/// The elements that a report is, in the versions from 2009 on and in that of 2006.
const MESSAGES: [&str; 2] = ["CstmrPmtStsRpt", "pain.002.001.02"];
/// The versions that are known to be read rightly.
const VERSIONS: std::ops::RangeInclusive<u32> = 2..=10;
/// How many parts and transactions one report may have.
const STATUSES_MAX: usize = 200_000;

/// A report that was read to its end.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct StatusReport {
    /// The bank's id of the report.
    pub message_id: Option<String>,
    /// The id of the message that it is about, as we gave it.
    pub original_message_id: Option<String>,
    /// What holds for the whole message.
    pub group: Said,
    /// What holds for parts of it, in the order of the file.
    pub payment_infos: Vec<PaymentInfoReport>,
    /// What holds for single transactions, in the order of the file.
    pub transactions: Vec<TransactionReport>,
    /// What is odd about it.
    pub warnings: Vec<Warning>,
}

/// A status and the reasons for it, at one level.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Said {
    /// The status; none if the report gives none at this level.
    pub status: Option<Status>,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// What a report says of one payment information.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentInfoReport {
    /// Where it begins.
    pub place: Place,
    /// Its id, as we gave it.
    pub original_id: Option<String>,
    /// What is said.
    pub said: Said,
}

/// What a report says of one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionReport {
    /// Where it begins.
    pub place: Place,
    /// The id of its payment information, as we gave it.
    pub original_payment_info_id: Option<String>,
    /// Its instruction id, if it had one.
    pub original_instruction_id: Option<String>,
    /// Its end-to-end id, as we gave it.
    pub original_end_to_end_id: Option<String>,
    /// How much it was for, where the report repeats that.
    pub amount: Option<Money>,
    /// What is said.
    pub said: Said,
}

impl StatusReport {
    /// What the report says of one transaction of the message; none if it says nothing.
    ///
    /// The closest level that has a status decides. Ask only if `original_message_id` is the
    /// message in which the transaction was sent.
    pub fn says_of(&self, payment_info_id: &str, end_to_end_id: &str) -> Option<Verdict> {
        let part = self
            .payment_infos
            .iter()
            .rfind(|part| is(part.original_id.as_deref(), payment_info_id));
        let above = [part.map(|part| &part.said), Some(&self.group)];
        let above = || above.into_iter().flatten().find_map(verdict);

        let mut said = self
            .transactions
            .iter()
            .filter(|report| is(report.original_end_to_end_id.as_deref(), end_to_end_id))
            .filter(|report| {
                let part_id = report.original_payment_info_id.as_deref();
                part_id.is_none() || is(part_id, payment_info_id)
            })
            .map(|report| verdict(&report.said));
        match said.next() {
            None => above(),
            Some(first) if said.all(|next| next == first) => first.or_else(above),
            Some(_) => Some(Verdict::contradiction()),
        }
    }
}

/// Whether a bank gave back our reference; some do so in capital letters.
fn is(found: Option<&str>, id: &str) -> bool {
    found.is_some_and(|found| found.eq_ignore_ascii_case(id))
}

fn verdict(said: &Said) -> Option<Verdict> {
    let status = said.status.as_ref()?;
    Some(Verdict::of(Evidence::Status { status, reasons: &said.reasons }))
}

/// Reads a whole report.
///
/// # Errors
/// [`Unreadable`] if nothing of the file may be used: it is no XML, cut off, too large or too deep,
/// or no report.
pub fn read(content: &[u8]) -> Result<StatusReport, Unreadable> {
    let mut reading = Reading::default();
    let content = xml::decode(content, &mut reading.warnings)?;
    let mut walk = Walk::of(&content);
    let mut last = Place { line: 1, column: 1 };
    loop {
        let is_inside = reading.is_inside;
        let is_entered = |name: &str| !is_inside || name == "OrgnlPmtInfAndSts";
        let Some(step) = walk.next(&mut reading.warnings, is_entered)? else { break };
        match step {
            Step::Enter(element) => {
                last = element.place;
                reading.enter(&element)?;
            }
            Step::Leave(name) => reading.leave(&name),
            Step::Whole(element) => {
                last = element.place;
                reading.take(&element)?;
            }
        }
    }
    reading.finish(last)
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    report: StatusReport,
    warnings: Warnings,
    version: Option<u32>,
    is_found: bool,
    is_inside: bool,
    part: Option<PaymentInfoReport>,
}

impl Reading {
    fn enter(&mut self, element: &Element) -> Result<(), Unreadable> {
        let place = element.place;
        for name in element.namespaces().chain([element.name.as_str()]) {
            self.version = self.version.or_else(|| xml::version(name, "pain.002.001."));
        }
        if MESSAGES.contains(&element.name.as_str()) {
            if self.is_found {
                return Err(Unreadable { place, reason: UnreadableReason::SeveralMessages });
            }
            self.is_found = true;
            self.is_inside = true;
        } else if self.is_inside {
            let said = Said::default();
            self.part = Some(PaymentInfoReport { place, original_id: None, said });
        }
        Ok(())
    }

    fn leave(&mut self, name: &str) {
        match self.part.take() {
            Some(part) => self.report.payment_infos.push(part),
            None if MESSAGES.contains(&name) => self.is_inside = false,
            None => {}
        }
    }

    fn take(&mut self, element: &Element) -> Result<(), Unreadable> {
        match (element.name.as_str(), &mut self.part) {
            ("TxInfAndSts", part) => {
                let part_id = part.as_ref().and_then(|part| part.original_id.clone());
                let report = transaction(element, part_id, &mut self.warnings);
                self.report.transactions.push(report);
            }
            ("OrgnlPmtInfId", Some(part)) => part.original_id = field::reference(element, &[]),
            ("PmtInfSts", Some(part)) => {
                part.said.status = status("PmtInfSts", element, &mut self.warnings);
            }
            ("StsRsnInf", Some(part)) => part.said.reasons.push(field::reason(element)),
            ("GrpHdr", None) => self.report.message_id = field::reference(element, &["MsgId"]),
            ("OrgnlGrpInfAndSts", None) => {
                self.report.original_message_id = field::reference(element, &["OrgnlMsgId"]);
                self.report.group = said("GrpSts", element, &mut self.warnings);
            }
            _ => {}
        }
        let read = self.report.transactions.len() + self.report.payment_infos.len();
        if read > STATUSES_MAX {
            let reason = UnreadableReason::TooManyEntries(STATUSES_MAX);
            return Err(Unreadable { place: element.place, reason });
        }
        Ok(())
    }

    fn finish(mut self, last: Place) -> Result<StatusReport, Unreadable> {
        if !self.is_found {
            let reason = UnreadableReason::NoMessage("pain.002");
            return Err(Unreadable { place: last, reason });
        }
        let first = Place { line: 1, column: 1 };
        match self.version {
            None => self.warnings.add(first, WarningReason::NoVersion),
            Some(version) if !VERSIONS.contains(&version) => {
                let name = format!("pain.002.001.{version:02}");
                self.warnings.add(first, WarningReason::UnknownVersion(name));
            }
            Some(_) => {}
        }
        if self.report.original_message_id.is_none() {
            self.warnings.add(last, WarningReason::Missing("OrgnlMsgId"));
        }
        self.warn_of_repetitions();
        self.report.warnings = self.warnings.into_vec();
        Ok(self.report)
    }

    fn warn_of_repetitions(&mut self) {
        let mut seen = std::collections::HashSet::new();
        for report in &self.report.transactions {
            let Some(id) = &report.original_end_to_end_id else { continue };
            if !seen.insert((&report.original_payment_info_id, id)) {
                let reason = WarningReason::RepeatedTransaction(field::shown(id));
                self.warnings.add(report.place, reason);
            }
        }
    }
}

fn transaction(
    element: &Element,
    part_id: Option<String>,
    warnings: &mut Warnings,
) -> TransactionReport {
    let instructed = element.at(&["OrgnlTxRef", "Amt", "InstdAmt"]);
    let end_to_end_id = field::reference(element, &["OrgnlEndToEndId"]);
    if end_to_end_id.is_none() {
        warnings.add(element.place, WarningReason::Missing("OrgnlEndToEndId"));
    }
    TransactionReport {
        place: element.place,
        original_payment_info_id: field::reference(element, &["OrgnlPmtInfId"]).or(part_id),
        original_instruction_id: field::reference(element, &["OrgnlInstrId"]),
        original_end_to_end_id: end_to_end_id,
        amount: instructed
            .and_then(|amount| warnings.or_none(amount.place, field::money("InstdAmt", amount))),
        said: said("TxSts", element, warnings),
    }
}

fn said(name: &'static str, element: &Element, warnings: &mut Warnings) -> Said {
    Said {
        status: element.at(&[name]).and_then(|found| status(name, found, warnings)),
        reasons: element.all("StsRsnInf").map(field::reason).collect(),
    }
}

fn status(name: &'static str, element: &Element, warnings: &mut Warnings) -> Option<Status> {
    if element.text().is_empty() {
        warnings.add(element.place, WarningReason::Missing(name));
        return None;
    }
    let status = Status::from_code(&field::shown(element.text()));
    if let Status::Other(code) = &status {
        let reason = WarningReason::UnknownCode { element: name, code: code.clone() };
        warnings.add(element.place, reason);
    }
    Some(status)
}
