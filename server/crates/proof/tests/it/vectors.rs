//! Values that were computed without this crate, so that others can trust the description.

use domain::account::AccountType;
use domain::currency::Currency;
use proof::chain::{Link, canonical_bytes};
use proof::export::Sealed;
use proof::record::{Account, Record};
use proof::signature::statement;

use crate::story::{DAYS, account_id, file, header, shop, signer, story};
use crate::tools;

const GENESIS: &str = "5b12bae1045cc7e1c780f0317ab70c0d27d9be0dfbb8f74bfce7ab0ba5f73df2";
const HASH: &str = "a2a018bd42c11b527da27b81ba5c231bcae85d9ce5f4a7e7c03fb56f125a32b4";

fn fees() -> Record {
    Record::Account(Account {
        id: account_id(2),
        kind: "platform_fees".to_owned(),
        account_type: AccountType::Revenue,
        owner: None,
        currency: Currency::EUR,
    })
}

#[test]
fn the_example_of_the_documentation_is_true() {
    let genesis = Link::genesis(shop());
    let canonical = canonical_bytes(genesis.hash, 1, &fees());
    let link = genesis.next(&fees());

    assert_eq!(genesis.hash.to_string(), GENESIS);
    assert_eq!(canonical.len(), 144);
    assert!(canonical.starts_with(b"\0\0\0\x0fpaydesk-books/1\0\0\0\x07account\0\0\0\x20"));
    assert!(canonical.ends_with(b"\0\0\0\x07revenue\0\0\0\0\0\0\0\x03EUR"));
    assert_eq!((link.sequence, link.hash.to_string().as_str()), (1, HASH));
    let sealed = Sealed { record: fees(), link, signature: None };
    let text = String::from_utf8(file(&header(), &[sealed])).unwrap();
    assert_eq!(
        text.lines().nth(1).unwrap(),
        format!(
            "{{\"kind\":\"account\",\"sequence\":1,\"id\":\"acc_00000000000000000000000002\",\
             \"account_kind\":\"platform_fees\",\"account_type\":\"revenue\",\"owner\":null,\
             \"currency\":\"EUR\",\"hash\":\"{HASH}\"}}"
        )
    );
}

#[test]
fn a_record_of_one_kind_cannot_pass_for_one_of_another() {
    let genesis = Link::genesis(shop());
    for (left, right) in [(0, 1), (1, 2), (2, 5)] {
        let records = story();
        let hashes = [left, right].map(|at: usize| genesis.next(&records[at].record).hash);

        assert_ne!(hashes[0], hashes[1]);
    }
    let kinds: Vec<_> = proof::record::Kind::ALL.map(proof::record::Kind::as_str).into();
    assert_eq!(kinds, ["account", "posting", "audit", "balance", "close"]);
}

#[test]
fn what_is_signed_is_five_lines_of_text() {
    let genesis = Link::genesis(shop());

    let text = statement(shop(), DAYS[0], &genesis);

    assert_eq!(
        text,
        format!(
            "paydesk-books/1 day close\nshop: shp_00000000000000000000000001\n\
             date: 2026-11-18\nsequence: 0\nhash: {GENESIS}\n"
        )
    );
}

#[test]
fn the_chain_can_be_checked_by_twenty_lines_of_python() {
    let text = file(&header(), &story());

    tools::python_agrees(&text);
}

#[test]
fn openssl_accepts_the_signature_of_a_day() {
    let sealed = story();
    let close = sealed.iter().find(|sealed| sealed.signature.is_some()).unwrap();
    let signature = close.signature.unwrap();
    let text = statement(shop(), DAYS[0], &close.link);

    tools::openssl_agrees(&signer().public_key(), &text, &signature);
}
