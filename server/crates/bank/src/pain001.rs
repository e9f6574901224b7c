//! Writes `pain.001`, the order to carry out credit transfers.

use std::io::{self, Write};

use domain::bic::Bic;
use quick_xml::events::{BytesDecl, BytesText, Event};
use quick_xml::writer::Writer;
use time::macros::format_description;
use time::{Date, OffsetDateTime, UtcOffset};

use crate::initiation::{Block, Message, Party, Scheme, Transfer};

/// The versions that can be written; which one a bank takes stands in its guidelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// `pain.001.001.03`, of 2009: what nearly every bank takes.
    V03,
    /// `pain.001.001.09`, of 2019: the one of the SEPA guidelines since 2023. The day stands in an
    /// element of its own, and the code of a bank is called `BICFI`.
    V09,
}

impl Version {
    /// The name of the format, such as `pain.001.001.03`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V03 => "pain.001.001.03",
            Self::V09 => "pain.001.001.09",
        }
    }
}

/// Writes `message` to `out`, pay-out by pay-out. The same message gives the same bytes.
///
/// # Errors
/// What `out` gives; the file is useless then.
pub fn write<W: Write>(message: &Message, version: Version, out: W) -> io::Result<()> {
    let mut xml = Writer::new_with_indent(out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let namespace = format!("urn:iso:std:iso:20022:tech:xsd:{}", version.name());
    let document = xml.create_element("Document").with_attribute(("xmlns", namespace.as_str()));
    document.write_inner_content(|xml| {
        nest(xml, "CstmrCdtTrfInitn", |xml| {
            header(xml, message)?;
            message.blocks.iter().try_for_each(|part| block(xml, version, part))
        })
    })?;
    xml.get_mut().write_all(b"\n")
}

fn header<W: Write>(xml: &mut Writer<W>, message: &Message) -> io::Result<()> {
    nest(xml, "GrpHdr", |xml| {
        leaf(xml, "MsgId", message.id.as_str())?;
        leaf(xml, "CreDtTm", &instant(message.created_at)?)?;
        leaf(xml, "NbOfTxs", &message.count.to_string())?;
        leaf(xml, "CtrlSum", &message.control_sum.to_string())?;
        nest(xml, "InitgPty", |xml| leaf(xml, "Nm", &message.initiator))
    })
}

fn block<W: Write>(xml: &mut Writer<W>, version: Version, block: &Block) -> io::Result<()> {
    nest(xml, "PmtInf", |xml| {
        leaf(xml, "PmtInfId", block.id.as_str())?;
        leaf(xml, "PmtMtd", "TRF")?;
        leaf(xml, "BtchBookg", if block.is_batch_booked { "true" } else { "false" })?;
        leaf(xml, "NbOfTxs", &block.transfers.len().to_string())?;
        leaf(xml, "CtrlSum", &block.control_sum.to_string())?;
        service_level(xml, block.scheme)?;
        match version {
            Version::V03 => leaf(xml, "ReqdExctnDt", &day(block.execution_on)?)?,
            Version::V09 => {
                nest(xml, "ReqdExctnDt", |xml| leaf(xml, "Dt", &day(block.execution_on)?))?;
            }
        }
        nest(xml, "Dbtr", |xml| leaf(xml, "Nm", &block.debtor.name))?;
        account(xml, "DbtrAcct", &block.debtor)?;
        debtor_bank(xml, version, block.debtor.bic.as_ref())?;
        charges(xml, block.scheme)?;
        block
            .transfers
            .iter()
            .try_for_each(|transfer| self::transfer(xml, version, block, transfer))
    })
}

/// One pay-out. Its scheme stands here only where the block has more than one.
fn transfer<W: Write>(
    xml: &mut Writer<W>,
    version: Version,
    block: &Block,
    transfer: &Transfer,
) -> io::Result<()> {
    let own_scheme = match block.scheme {
        Some(_) => None,
        None => Some(transfer.scheme()),
    };
    nest(xml, "CdtTrfTxInf", |xml| {
        nest(xml, "PmtId", |xml| leaf(xml, "EndToEndId", transfer.end_to_end_id.as_str()))?;
        service_level(xml, own_scheme)?;
        nest(xml, "Amt", |xml| {
            let amount = transfer.amount.to_decimal_string();
            let instructed = xml.create_element("InstdAmt");
            let instructed = instructed.with_attribute(("Ccy", transfer.amount.currency().code()));
            instructed.write_text_content(BytesText::new(&amount)).map(|_| ())
        })?;
        charges(xml, own_scheme)?;
        if let Some(bic) = &transfer.creditor.bic {
            nest(xml, "CdtrAgt", |xml| bank(xml, version, bic))?;
        }
        nest(xml, "Cdtr", |xml| leaf(xml, "Nm", &transfer.creditor.name))?;
        account(xml, "CdtrAcct", &transfer.creditor)?;
        if transfer.remittance.is_empty() {
            return Ok(());
        }
        nest(xml, "RmtInf", |xml| leaf(xml, "Ustrd", &transfer.remittance))
    })
}

fn service_level<W: Write>(xml: &mut Writer<W>, scheme: Option<Scheme>) -> io::Result<()> {
    match scheme {
        Some(Scheme::Sepa) => {
            nest(xml, "PmtTpInf", |xml| nest(xml, "SvcLvl", |xml| leaf(xml, "Cd", "SEPA")))
        }
        Some(Scheme::Other) | None => Ok(()),
    }
}

/// Who pays the banks: by the rules of SEPA (`SLEV`), or each side its own.
fn charges<W: Write>(xml: &mut Writer<W>, scheme: Option<Scheme>) -> io::Result<()> {
    match scheme {
        Some(Scheme::Sepa) => leaf(xml, "ChrgBr", "SLEV"),
        Some(Scheme::Other) => leaf(xml, "ChrgBr", "SHAR"),
        None => Ok(()),
    }
}

fn account<W: Write>(xml: &mut Writer<W>, name: &str, party: &Party) -> io::Result<()> {
    nest(xml, name, |xml| nest(xml, "Id", |xml| leaf(xml, "IBAN", party.iban.as_str())))
}

/// The element must be there; without a code the bank finds itself by the account.
fn debtor_bank<W: Write>(
    xml: &mut Writer<W>,
    version: Version,
    bic: Option<&Bic>,
) -> io::Result<()> {
    nest(xml, "DbtrAgt", |xml| match bic {
        Some(bic) => bank(xml, version, bic),
        None => {
            nest(xml, "FinInstnId", |xml| nest(xml, "Othr", |xml| leaf(xml, "Id", "NOTPROVIDED")))
        }
    })
}

fn bank<W: Write>(xml: &mut Writer<W>, version: Version, bic: &Bic) -> io::Result<()> {
    let name = match version {
        Version::V03 => "BIC",
        Version::V09 => "BICFI",
    };
    nest(xml, "FinInstnId", |xml| leaf(xml, name, bic.as_str()))
}

fn nest<W: Write>(
    xml: &mut Writer<W>,
    name: &str,
    inside: impl FnOnce(&mut Writer<W>) -> io::Result<()>,
) -> io::Result<()> {
    xml.create_element(name).write_inner_content(inside).map(|_| ())
}

fn leaf<W: Write>(xml: &mut Writer<W>, name: &str, text: &str) -> io::Result<()> {
    xml.create_element(name).write_text_content(BytesText::new(text)).map(|_| ())
}

/// Universal time to the second, which every bank reads.
fn instant(at: OffsetDateTime) -> io::Result<String> {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    at.to_offset(UtcOffset::UTC).format(format).map_err(io::Error::other)
}

fn day(date: Date) -> io::Result<String> {
    date.format(format_description!("[year]-[month]-[day]")).map_err(io::Error::other)
}
