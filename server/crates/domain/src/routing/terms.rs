//! What a processor account takes.

use std::fmt;
use std::str::FromStr;

use crate::currency::Currency;
use crate::money::Money;
use crate::routing::Wanted;

/// How a shopper pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Method {
    /// A card.
    Card,
    /// A wallet, such as one on a phone.
    Wallet,
    /// A bank transfer.
    BankTransfer,
    /// A voucher that is paid in cash.
    Voucher,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 4] = [Self::Card, Self::Wallet, Self::BankTransfer, Self::Voucher];

    /// The word that stands in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Wallet => "wallet",
            Self::BankTransfer => "bank_transfer",
            Self::Voucher => "voucher",
        }
    }

    /// What people read.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Wallet => "wallet",
            Self::BankTransfer => "bank transfer",
            Self::Voucher => "voucher",
        }
    }

    /// The method that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == word)
    }
}

/// A country, by the two capital letters of ISO 3166.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country([u8; 2]);

/// The text names no country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a country is two capital letters")]
pub struct NotACountry;

impl FromStr for Country {
    type Err = NotACountry;

    fn from_str(text: &str) -> Result<Self, NotACountry> {
        let letters: [u8; 2] = text.as_bytes().try_into().map_err(|_| NotACountry)?;
        if letters.iter().all(u8::is_ascii_uppercase) {
            Ok(Self(letters))
        } else {
            Err(NotACountry)
        }
    }
}

impl fmt::Display for Country {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", char::from(self.0[0]), char::from(self.0[1]))
    }
}

/// What an account takes. Empty lists mean everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// What shoppers can pay with.
    pub methods: Vec<Method>,
    /// What it charges in.
    pub currencies: Vec<Currency>,
    /// Where its shoppers may be.
    pub countries: Vec<Country>,
    /// The smallest and the largest payment that it takes, for currencies that have such limits.
    pub limits: Vec<(Money, Money)>,
    /// Where no rule decides, accounts of the lowest number come first.
    pub priority: i32,
    /// Its share among accounts of the same priority and cost.
    pub weight: u32,
    /// Whose stored methods it accepts beside its own: those of accounts with the same word.
    pub vault: Option<String>,
    /// If not, it only finishes what it has begun.
    pub takes_new: bool,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            methods: Vec::new(),
            currencies: Vec::new(),
            countries: Vec::new(),
            limits: Vec::new(),
            priority: 100,
            weight: 100,
            vault: None,
            takes_new: true,
        }
    }
}

impl Terms {
    /// Whether every method of `other` is one of these.
    pub fn have_methods_of(&self, other: &Self) -> bool {
        let has = |method| self.methods.is_empty() || self.methods.contains(method);
        if other.methods.is_empty() {
            Method::ALL.iter().all(has)
        } else {
            other.methods.iter().all(has)
        }
    }

    /// Why such payments are not taken, if one of them is not.
    ///
    /// What is not known of a payment bars nothing: the shopper's method is chosen on the
    /// processor's page, which offers only what the account has.
    pub fn bar(&self, wanted: &Wanted) -> Option<String> {
        let &Wanted { amount, parts_minor: (smallest, largest), method, country, .. } = wanted;
        let currency = amount.currency();
        if !self.takes_new {
            return Some("it takes nothing new".into());
        }
        if !self.currencies.is_empty() && !self.currencies.contains(&currency) {
            return Some(format!("it does not take {currency}"));
        }
        if let Some(method) = method
            && !self.methods.is_empty()
            && !self.methods.contains(&method)
        {
            return Some(format!("it has no {}", method.words()));
        }
        if let Some(country) = country
            && !self.countries.is_empty()
            && !self.countries.contains(&country)
        {
            return Some(format!("it is not for {country}"));
        }
        let of_currency = |limit: &&(Money, Money)| limit.0.currency() == currency;
        let (least, most) = self.limits.iter().find(of_currency)?;
        if smallest < least.minor() {
            return Some(format!("it takes no less than {least}"));
        }
        (largest > most.minor()).then(|| format!("it takes no more than {most}"))
    }
}
