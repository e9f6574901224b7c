//! Account numbers against the vectors and the registry of the corpus, where that is at hand.

use std::path::PathBuf;

use domain::iban::{Iban, IbanError};
use serde_json::Value;

/// What the file calls official although the registry does not have it: territories write their
/// numbers with the code of France or Finland, and Congo uses the form without having registered it.
const NOT_REGISTERED: &str = "AX BL CG GF GP MF MQ NC PF PM RE TF WF YT";
/// What has been registered since the file was written, with the same structure as there, and with
/// another one.
const REGISTERED_SINCE: (&str, &str) = ("EG HN UA", "BI DJ NI");

/// A file of the corpus, or nothing where the corpus is not at hand.
fn corpus(path: &str) -> Option<String> {
    let Some(root) = std::env::var_os("PAYDESK_CORPUS") else {
        eprintln!("skipped: PAYDESK_CORPUS not set");
        return None;
    };
    Some(std::fs::read_to_string(PathBuf::from(root).join(path)).unwrap())
}

#[test]
fn every_vector_of_the_corpus_is_judged_as_it_says() {
    let Some(text) = corpus("reference/iban/iban_vectors_dev.json") else { return };
    let vectors: Value = serde_json::from_str(&text).unwrap();
    let vectors = vectors.as_array().unwrap();

    let wrong: Vec<&Value> = vectors
        .iter()
        .filter(|vector| {
            let iban = vector["iban"].as_str().unwrap().parse::<Iban>();
            iban.is_ok() != vector["valid"].as_bool().unwrap()
        })
        .collect();

    assert!(vectors.len() >= 300, "{} vectors are too few", vectors.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_country_of_the_corpus_is_known_if_the_registry_has_it() {
    let Some(text) = corpus("reference/iban/php-iban_registry.txt") else { return };
    let mut lines = text.lines().map(|line| line.split('|').collect::<Vec<_>>());
    let head = lines.next().unwrap();
    let column = |name: &str| head.iter().position(|title| *title == name).unwrap();
    let (code, example, length, official) = (
        column("country_code"),
        column("iban_example"),
        column("iban_length"),
        column("swift_official"),
    );

    for row in lines {
        let country = row[code];
        let listed = |list: &str| list.split(' ').any(|known| known == country);
        let read = row[example].parse::<Iban>();
        if listed(REGISTERED_SINCE.1) {
            assert!(!matches!(read, Err(IbanError::UnknownCountry(_))), "{country}");
        } else if listed(REGISTERED_SINCE.0) || row[official] == "1" && !listed(NOT_REGISTERED) {
            assert_eq!(read.map(|iban| iban.as_str().len()), Ok(row[length].parse().unwrap()));
        } else {
            assert_eq!(read, Err(IbanError::UnknownCountry(country.to_owned())));
        }
    }
}
