//! The open accounts of a chain and what each has done since the last close.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

use domain::id::AccountId;
use domain::money::Money;
use time::Date;

use crate::record::{Account, Balance};

/// The accounts that are open at one place of the chain.
#[derive(Debug, Default)]
pub(crate) struct Books {
    open: HashMap<AccountId, Open>,
}

/// An open account and its day so far.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) account: Account,
    pub(crate) opening_minor: i128,
    pub(crate) debits_minor: i128,
    pub(crate) credits_minor: i128,
    /// Whether its balance for the close that is under way has been seen.
    is_listed: bool,
}

impl Open {
    fn closing_minor(&self) -> i128 {
        self.opening_minor + self.debits_minor - self.credits_minor
    }
}

impl Books {
    /// Opens an account at zero; `false` if it is open already.
    pub(crate) fn open(&mut self, account: Account) -> bool {
        match self.open.entry(account.id) {
            Slot::Occupied(_) => false,
            Slot::Vacant(slot) => {
                slot.insert(Open {
                    account,
                    opening_minor: 0,
                    debits_minor: 0,
                    credits_minor: 0,
                    is_listed: false,
                });
                true
            }
        }
    }

    /// An open account.
    pub(crate) fn find(&self, id: AccountId) -> Option<&Open> {
        self.open.get(&id)
    }

    /// Moves an account; nothing happens if it is not open.
    pub(crate) fn apply(&mut self, id: AccountId, amount: Money) {
        if let Some(open) = self.open.get_mut(&id) {
            let minor = i128::from(amount.minor());
            if minor > 0 {
                open.debits_minor += minor;
            } else {
                open.credits_minor -= minor;
            }
        }
    }

    /// Takes over what a balance says, and that it was said.
    pub(crate) fn adopt(&mut self, balance: &Balance) {
        let open = Open {
            account: balance.account.clone(),
            opening_minor: balance.opening_minor,
            debits_minor: balance.debits_minor,
            credits_minor: balance.credits_minor,
            is_listed: true,
        };
        self.open.insert(balance.account.id, open);
    }

    /// The first account, by id, whose balance was not seen.
    pub(crate) fn first_unlisted(&self) -> Option<AccountId> {
        self.open.values().filter(|open| !open.is_listed).map(|open| open.account.id).min()
    }

    /// The balances of all open accounts for a close on `date`, by account id.
    pub(crate) fn balances(&self, date: Date) -> Vec<Balance> {
        let mut balances: Vec<Balance> = self
            .open
            .values()
            .map(|open| Balance {
                date,
                account: open.account.clone(),
                opening_minor: open.opening_minor,
                debits_minor: open.debits_minor,
                credits_minor: open.credits_minor,
                closing_minor: open.closing_minor(),
            })
            .collect();
        balances.sort_unstable_by_key(|balance| balance.account.id);
        balances
    }

    /// Begins the next day: what closed is what opens, and who closed at zero is forgotten.
    pub(crate) fn roll(&mut self) {
        self.open.retain(|_, open| {
            open.opening_minor = open.closing_minor();
            open.debits_minor = 0;
            open.credits_minor = 0;
            open.is_listed = false;
            open.opening_minor != 0
        });
    }

    /// How many accounts are open.
    pub(crate) fn count(&self) -> u64 {
        u64::try_from(self.open.len()).unwrap_or(u64::MAX)
    }
}
