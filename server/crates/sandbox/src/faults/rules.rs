//! Rules that say where a fault strikes: by operation, card, amount, reference, account,
//! processor, chance and count.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::{
    accounts::Account,
    faults::fault::Fault,
    ids::{MILLION, Mint},
    money::{format_amount, format_percent, parse_percent},
};

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Operation {
    Payment,
    Capture,
    Cancel,
    Refund,
    Registration,
    Transfer,
    Inquiry,
}

/// What is known of the thing that a call or webhook is about.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Facts<'a> {
    /// The payment's, refund's or transfer's reference, or the registration's nonce.
    pub(crate) reference: Option<&'a str>,
    /// In minor units, with its currency.
    pub(crate) amount: Option<(i64, &'a str)>,
    /// The slug of the practice card.
    pub(crate) card: Option<&'a str>,
}

/// A rule as it is sent.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RuleBody {
    fault: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<Operation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    card: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference_prefix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    processor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<u32>,
}

/// A rule that is in force.
#[derive(Debug)]
pub(crate) struct Rule {
    body: RuleBody,
    pub(crate) fault: Fault,
    rate_ppm: u32,
    struck: AtomicU32,
}

impl Rule {
    /// Reads a rule; an error is a sentence for the caller.
    pub(crate) fn read(body: RuleBody) -> Result<Self, String> {
        let fault = Fault::parse(&body.fault)?;
        let rate_ppm = match &body.rate {
            None => MILLION,
            Some(rate) => parse_percent(rate)
                .ok_or_else(|| format!("a rate is a share like 2.5%, not {rate}"))?,
        };
        Ok(Self { body, fault, rate_ppm, struck: AtomicU32::new(0) })
    }

    /// Says whether the rule speaks of cards, which are known only where one is charged.
    pub(crate) fn is_about_cards(&self) -> bool {
        self.body.card.is_some()
    }

    /// Says whether the rule strikes here, and counts it.
    pub(crate) fn strikes(
        &self,
        mint: &Mint,
        operation: Option<Operation>,
        account: &Account,
        facts: &Facts<'_>,
    ) -> bool {
        if !self.fits(operation, account, facts) {
            return false;
        }
        let name = [self.fault.name(), &account.name, facts.reference.unwrap_or_default()];
        if self.rate_ppm < MILLION && mint.roll(MILLION, &name) >= self.rate_ppm {
            return false;
        }
        let left = |struck: u32| {
            self.body.times.is_none_or(|times| struck < times).then(|| struck.saturating_add(1))
        };
        self.struck.fetch_update(Ordering::AcqRel, Ordering::Acquire, left).is_ok()
    }

    fn fits(&self, operation: Option<Operation>, account: &Account, facts: &Facts<'_>) -> bool {
        let body = &self.body;
        let is_amount = |amount: &String| {
            facts.amount.is_some_and(|(minor, currency)| *amount == format_amount(minor, currency))
        };
        body.operation.is_none_or(|wanted| operation == Some(wanted))
            && body.account.as_ref().is_none_or(|name| *name == account.name)
            && body.processor.as_ref().is_none_or(|name| *name == account.processor.name)
            && body.card.as_deref().is_none_or(|card| facts.card == Some(card))
            && body.amount.as_ref().is_none_or(is_amount)
            && body.reference_prefix.as_deref().is_none_or(|prefix| {
                facts.reference.is_some_and(|reference| reference.starts_with(prefix))
            })
    }

    /// Shows the rule, and how often it struck.
    pub(crate) fn view(&self) -> Value {
        let mut shown = json!(self.body);
        if self.rate_ppm < MILLION {
            shown["rate"] = json!(format_percent(self.rate_ppm));
        }
        shown["struck"] = json!(self.struck.load(Ordering::Acquire));
        shown
    }
}
