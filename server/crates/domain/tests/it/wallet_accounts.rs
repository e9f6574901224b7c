//! Accounts: each is stored by a word and an owner that lead back to it.

use std::collections::BTreeSet;

use domain::account::{Account, AccountKind, AccountType, owner_of_position, position_of_owner};
use domain::currency::Currency;
use uuid::Uuid;

#[test]
fn every_kind_of_account_has_a_word_of_its_own() {
    let words: BTreeSet<&str> = AccountKind::ALL.iter().map(|kind| kind.as_str()).collect();

    assert_eq!(words.len(), AccountKind::ALL.len());
    for kind in AccountKind::ALL {
        assert_eq!(AccountKind::from_word(kind.as_str()), Some(kind));
    }
    assert_eq!(AccountKind::from_word("seller"), None);
}

#[test]
fn the_position_of_a_pair_is_owned_by_its_other_currency() {
    let against_usd = Account::ExchangePosition(Currency::USD);
    let against_jpy = Account::ExchangePosition(Currency::JPY);

    assert_ne!(against_usd.owner(), against_jpy.owner());
    assert_eq!(against_usd.owner().and_then(position_of_owner), Some(Currency::USD));
    assert_eq!(against_usd.kind().account_type(), AccountType::Equity);
    assert_eq!(owner_of_position(Currency::USD).get_version_num(), 8);
}

#[test]
fn an_owner_that_stands_for_no_currency_is_none() {
    for uuid in [Uuid::nil(), Uuid::max(), Uuid::from_bytes(*b"USD and the rest")] {
        assert_eq!(position_of_owner(uuid), None);
    }
}
