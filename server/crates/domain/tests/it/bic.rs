//! Codes of banks: which are taken, and what is said of those that are not.

use domain::bic::{Bic, BicError};
use proptest::prelude::*;

fn refused(text: &str) -> BicError {
    text.parse::<Bic>().unwrap_err()
}

#[test]
fn codes_of_banks_and_of_branches_are_taken_in_any_case() {
    for (text, code, country) in [
        ("DEUTDEFF", "DEUTDEFF", "DE"),
        ("deut de ff 500", "DEUTDEFF500", "DE"),
        ("CBSBLT26XXX", "CBSBLT26XXX", "LT"),
        ("BOFAUS6H", "BOFAUS6H", "US"),
    ] {
        let bic: Bic = text.parse().unwrap();

        assert_eq!((bic.as_str(), bic.country()), (code, country));
        assert_eq!(bic.to_string(), code);
        let json = serde_json::to_string(&bic).unwrap();
        assert_eq!(serde_json::from_str::<Bic>(&json).unwrap(), bic);
    }
}

#[test]
fn each_refusal_says_what_is_wrong() {
    assert_eq!(refused(""), BicError::Length { found: 0 });
    assert_eq!(refused("DEUTDEF"), BicError::Length { found: 7 });
    assert_eq!(refused("DEUTDEFF50"), BicError::Length { found: 10 });
    assert_eq!(refused("DEUT-DEFF"), BicError::Character { place: 5 });
    assert_eq!(refused("DEU1DEFF"), BicError::Letter { place: 4 });
    assert_eq!(refused("DEUTD3FF"), BicError::Letter { place: 6 });
    assert_eq!(refused("DEUTZZFF"), BicError::UnknownCountry("ZZ".to_owned()));
    assert_eq!(refused("DEUTDE0F"), BicError::Place);
    assert_eq!(refused("DEUTDEFO"), BicError::Place);
    assert_eq!(refused("DEUTZZFF").to_string(), "ZZ is not a country");
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,14}|[A-Z0-9 ]{0,14}") {
        let _ = text.parse::<Bic>();
    }

    #[test]
    fn what_is_taken_reads_back_and_fits_the_pattern_of_the_schema(
        text in "[A-Z]{4}(DE|FR|US)[A-Z0-9]{2}([A-Z0-9]{3})?",
    ) {
        let Ok(bic) = text.parse::<Bic>() else {
            prop_assert!(matches!(&text.as_bytes()[6..8], [b'0' | b'1', _] | [_, b'O']));
            return Ok(());
        };
        prop_assert_eq!(bic.as_str(), text.as_str());
    }
}
