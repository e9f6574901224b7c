//! Checks the pay-outs of an order, and puts them into blocks.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::iban::Iban;
use rust_decimal::Decimal;

use crate::initiation::{
    BLOCKS_MAX, Block, OrderError, Party, RefusedReason, RefusedTransfer, Scheme, Transfer, YEARS,
};
use crate::text::Reference;

/// The largest SEPA credit transfer: 999,999,999.99 euros (EPC125-05).
const SEPA_MINOR_MAX: i64 = 99_999_999_999;
/// The largest amount of a schema: 18 digits, decimals included.
const MINOR_MAX: i64 = 999_999_999_999_999_999;
/// How many digits a sum may have, decimals included.
const SUM_DIGITS_MAX: usize = 18;

/// Each pay-out that cannot be written, with the first reason found.
pub(super) fn refused(transfers: &[Transfer]) -> Vec<RefusedTransfer> {
    let mut seen = HashSet::new();
    let mut debtors = HashMap::new();
    transfers
        .iter()
        .filter_map(|transfer| {
            // Banks may ignore the case of references.
            let is_new = seen.insert(transfer.end_to_end_id.as_str().to_ascii_lowercase());
            let debtor = *debtors.entry(&transfer.debtor.iban).or_insert(&transfer.debtor);
            let reason =
                if is_new { reason(transfer, debtor) } else { Some(RefusedReason::Repeated) };
            let end_to_end_id = transfer.end_to_end_id.clone();
            reason.map(|reason| RefusedTransfer { end_to_end_id, reason })
        })
        .collect()
}

fn reason(transfer: &Transfer, debtor: &Party) -> Option<RefusedReason> {
    let scheme = transfer.scheme();
    let minor_max = match scheme {
        Scheme::Sepa => SEPA_MINOR_MAX,
        Scheme::Other => MINOR_MAX,
    };
    let minor = transfer.amount.minor();
    if minor <= 0 {
        Some(RefusedReason::NotPositive)
    } else if minor > minor_max {
        Some(RefusedReason::TooLarge)
    } else if transfer.creditor.name.is_empty() {
        Some(RefusedReason::NoCreditorName)
    } else if transfer.debtor.name.is_empty() {
        Some(RefusedReason::NoDebtorName)
    } else if transfer.creditor.iban == transfer.debtor.iban {
        Some(RefusedReason::SameAccount)
    } else if scheme == Scheme::Other && transfer.creditor.bic.is_none() {
        Some(RefusedReason::NoCreditorBic)
    } else if transfer.debtor != *debtor {
        Some(RefusedReason::DebtorDiffers)
    } else if !YEARS.contains(&transfer.execution_on.year()) {
        Some(RefusedReason::Day)
    } else {
        None
    }
}

/// The sum of the amounts in major units, whatever their currencies, with the decimals of the finest.
pub(super) fn control_sum(transfers: &[Transfer]) -> Result<Decimal, OrderError> {
    let sum = transfers.iter().try_fold(Decimal::ZERO, |sum, transfer| {
        let amount = transfer.amount;
        let amount =
            Decimal::from_i128_with_scale(i128::from(amount.minor()), amount.currency().exponent());
        sum.checked_add(amount)
    });
    sum.filter(|sum| sum.mantissa().to_string().len() <= SUM_DIGITS_MAX)
        .ok_or(OrderError::SumTooLarge)
}

/// One block for each day, currency and account of ours, in that order.
pub(super) fn of(
    message_id: &Reference,
    is_batch_booked: bool,
    transfers: Vec<Transfer>,
) -> Result<Vec<Block>, OrderError> {
    let mut groups: BTreeMap<(time::Date, _, Iban), Vec<Transfer>> = BTreeMap::new();
    for transfer in transfers {
        let key = (transfer.execution_on, transfer.amount.currency(), transfer.debtor.iban.clone());
        groups.entry(key).or_default().push(transfer);
    }
    if groups.len() > BLOCKS_MAX {
        return Err(OrderError::TooManyBlocks { found: groups.len() });
    }
    let mut blocks = Vec::with_capacity(groups.len());
    for (number, ((execution_on, currency, _), transfers)) in (1..).zip(groups) {
        let scheme = transfers[0].scheme();
        let is_of_one = transfers.iter().all(|transfer| transfer.scheme() == scheme);
        blocks.push(Block {
            id: numbered(message_id, number),
            execution_on,
            currency,
            debtor: transfers[0].debtor.clone(),
            is_batch_booked,
            scheme: is_of_one.then_some(scheme),
            control_sum: control_sum(&transfers)?,
            transfers,
        });
    }
    Ok(blocks)
}

/// The reference of a block.
fn numbered(message_id: &Reference, number: usize) -> Reference {
    format!("{message_id}-{number}")
        .parse()
        .expect("30 characters, a hyphen and a number of four digits are a reference")
}
