//! Account numbers: which are taken, and what is said of those that are not.

use domain::iban::{Iban, IbanError};
use proptest::prelude::*;

/// The national numbers of the registry's own examples, and what is made of them.
const GERMAN: &str = "DE89370400440532013000";

fn refused(text: &str) -> IbanError {
    text.parse::<Iban>().unwrap_err()
}

/// `country` and `national` with the check digits that belong between them.
fn with_check_digits(country: &str, national: &str) -> String {
    let rearranged = format!("{national}{country}00");
    let remainder = rearranged.chars().fold(0_u32, |remainder, character| {
        let value = character.to_digit(36).unwrap();
        (remainder * if value < 10 { 10 } else { 100 } + value) % 97
    });
    format!("{country}{:02}{national}", 98 - remainder)
}

#[test]
fn the_examples_of_the_registry_are_taken() {
    for text in [
        GERMAN,
        "GB29NWBK60161331926819",
        "FR1420041010050500013M02606",
        "NO9386011117947",
        "MT84MALT011000012345MTLCAST001S",
        "BR9700360305000010009795493P1",
        "LC55HEMM000100010012001200023015",
        "XK051212012345678906",
        "VA59001123000012345678",
    ] {
        assert_eq!(text.parse::<Iban>().unwrap().as_str(), text);
    }
}

#[test]
fn a_number_is_read_in_any_case_and_spacing_and_printed_in_groups_of_four() {
    let typed = "\tde 8937 0400 4405\u{a0}3201 3000\n";

    let iban: Iban = typed.parse().unwrap();

    assert_eq!(iban.as_str(), GERMAN);
    assert_eq!(iban.to_string(), "DE89 3704 0044 0532 0130 00");
    assert_eq!(iban.to_string().parse(), Ok(iban));
}

#[test]
fn lists_and_logs_show_the_ends_alone() {
    let iban: Iban = GERMAN.parse().unwrap();

    assert_eq!(iban.masked(), "DE89 **** **** **** **30 00");
    assert_eq!(format!("{iban:?}"), iban.masked());
    assert_eq!("NO9386011117947".parse::<Iban>().unwrap().masked(), "NO93 **** ***7 947");
}

#[test]
fn each_refusal_says_what_is_wrong() {
    assert_eq!(refused(""), IbanError::NoCountry);
    assert_eq!(refused("4242"), IbanError::NoCountry);
    assert_eq!(refused("US12345678"), IbanError::UnknownCountry("US".to_owned()));
    assert_eq!(refused("DE89-3704"), IbanError::Character { place: 5 });
    assert_eq!(refused("DE89 3704 ä"), IbanError::Character { place: 9 });
    let length = IbanError::Length { country: "DE", expected: 22, found: 21 };
    assert_eq!(refused(&GERMAN[..21]), length);
    assert_eq!(refused("DE8937040044053201300A"), IbanError::Digit { place: 22 });
    assert_eq!(refused("DEA9370400440532013000"), IbanError::Digit { place: 3 });
    assert_eq!(refused("GB2912345678901234567A"), IbanError::Letter { place: 5 });
    assert_eq!(refused("DE88370400440532013000"), IbanError::CheckDigits);
    assert_eq!(length.to_string(), "an account number of DE has 22 characters, this one has 21");
}

#[test]
fn check_digits_that_are_never_given_out_are_refused_although_they_leave_one() {
    // The account parts were chosen so that 97, 98 and 02 are right: then 00, 01 and 99 are
    // congruent to them.
    for (right, never) in [("97", "00"), ("98", "01"), ("02", "99")] {
        let national = (0..10_000)
            .map(|number| format!("{number:018}"))
            .find(|national| with_check_digits("DE", national)[2..4] == *right)
            .unwrap();

        assert!(format!("DE{right}{national}").parse::<Iban>().is_ok(), "{right}");
        assert_eq!(refused(&format!("DE{never}{national}")), IbanError::CheckDigits, "{never}");
    }
}

#[test]
fn a_number_is_written_as_its_electronic_form_and_checked_when_it_is_read() {
    let iban: Iban = GERMAN.parse().unwrap();

    let json = serde_json::to_string(&iban).unwrap();

    assert_eq!(json, format!("\"{GERMAN}\""));
    assert_eq!(serde_json::from_str::<Iban>(&json).unwrap(), iban);
    assert!(serde_json::from_str::<Iban>("\"DE88370400440532013000\"").is_err());
}

#[test]
fn the_country_says_whether_it_is_in_the_single_area() {
    let is_sepa = |text: &str| text.parse::<Iban>().unwrap().is_sepa();

    assert!(is_sepa(GERMAN));
    assert!(is_sepa("CH9300762011623852957"));
    assert!(!is_sepa("TR330006100519786457841326"));
    assert_eq!("CH9300762011623852957".parse::<Iban>().unwrap().country(), "CH");
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,40}|[A-Z]{2}[0-9A-Za-z ]{0,40}") {
        let _ = text.parse::<Iban>();
    }

    #[test]
    fn every_number_with_its_check_digits_is_taken_and_reads_back(
        number in "[0-9]{18}",
        bank in "[A-Z]{4}",
        british in "[0-9]{14}",
    ) {
        for text in [with_check_digits("DE", &number), with_check_digits("GB", &(bank + &british))] {
            let iban: Iban = text.parse().unwrap();

            prop_assert_eq!(iban.as_str(), text.as_str());
            prop_assert_eq!(iban.to_string().parse::<Iban>().unwrap(), iban);
        }
    }

    #[test]
    fn one_wrong_character_or_two_swapped_neighbours_are_always_noticed(
        number in "[0-9]{18}",
        at in 2_usize..21,
        to in "[0-9]",
    ) {
        let right = with_check_digits("DE", &number);
        let mut mistyped = right.clone();
        mistyped.replace_range(at..=at, &to);
        let mut swapped = right.clone().into_bytes();
        swapped.swap(at, at + 1);
        let swapped = String::from_utf8(swapped).unwrap();

        for wrong in [mistyped, swapped].iter().filter(|wrong| **wrong != right) {
            prop_assert_eq!(refused(wrong), IbanError::CheckDigits);
        }
    }

    #[test]
    fn the_masked_form_holds_nothing_of_the_middle(number in "[1-9]{18}") {
        let iban: Iban = with_check_digits("DE", &number).parse().unwrap();

        let masked: String = iban.masked().replace(' ', "");

        prop_assert_eq!(masked.len(), iban.as_str().len());
        prop_assert_eq!(&masked[4..18], "**************");
    }
}
