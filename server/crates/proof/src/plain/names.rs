//! Names of accounts that both programs accept: `Liabilities:SellerPending:0199…:EUR`.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use domain::account::AccountType;
use domain::currency::Currency;
use domain::id::AccountId;
use uuid::Uuid;

use crate::record::Account;

/// The names of all accounts of a journal.
#[derive(Debug, Default)]
pub(super) struct Names {
    by_id: HashMap<AccountId, Name>,
    /// Who has a name: two accounts must not share one.
    owners: HashMap<String, AccountId>,
    used: HashSet<String>,
    currencies: HashSet<Currency>,
}

/// The name of one account.
#[derive(Debug, Clone)]
pub(super) struct Name {
    pub(super) text: String,
    /// What it counts in, if that is known.
    pub(super) currency: Option<Currency>,
}

impl Name {
    /// What an entry is booked on whose account was never opened.
    pub(super) fn unknown(id: AccountId) -> Self {
        Self { text: format!("Equity:Unknown:{}", upper(id.uuid())), currency: None }
    }

    /// Where the balances come from that a journal begins with.
    pub(super) fn opening_balances() -> Self {
        Self { text: "Equity:OpeningBalances".to_owned(), currency: None }
    }

    fn of(account: &Account) -> Self {
        let mut text = String::from(match account.account_type {
            AccountType::Asset => "Assets",
            AccountType::Liability => "Liabilities",
            AccountType::Equity => "Equity",
            AccountType::Revenue => "Income",
            AccountType::Expense => "Expenses",
        });
        text.push(':');
        for word in account.kind.split('_') {
            let mut letters = word.chars();
            text.extend(letters.next().map(|first| first.to_ascii_uppercase()));
            text.push_str(letters.as_str());
        }
        if let Some(owner) = account.owner {
            write!(text, ":{}", upper(owner)).expect("a string takes everything");
        }
        write!(text, ":{}", account.currency).expect("a string takes everything");
        Self { text, currency: Some(account.currency) }
    }
}

impl Names {
    /// Gives an account its name, once.
    pub(super) fn declare(&mut self, account: &Account) {
        if self.by_id.contains_key(&account.id) {
            return;
        }
        let mut name = Name::of(account);
        if self.owners.contains_key(&name.text) {
            // The same kind, owner and currency under another id: still another account.
            write!(name.text, ":{}", upper(account.id.uuid())).expect("a string takes everything");
        }
        self.owners.insert(name.text.clone(), account.id);
        self.by_id.insert(account.id, name);
    }

    pub(super) fn find(&self, id: AccountId) -> Option<&Name> {
        self.by_id.get(&id)
    }

    /// Whether the name has not been asked for before.
    pub(super) fn is_first_use(&mut self, name: &str) -> bool {
        !self.used.contains(name) && self.used.insert(name.to_owned())
    }

    /// Whether the currency has not been asked for before.
    pub(super) fn is_first_currency(&mut self, currency: Currency) -> bool {
        self.currencies.insert(currency)
    }
}

/// Parts of a name begin with a capital letter or a digit.
fn upper(uuid: Uuid) -> String {
    uuid.to_string().to_ascii_uppercase()
}
