//! Support codes: read aloud, typed in, and back to the checkout.

use domain::id::CheckoutId;
use domain::support_code::SupportCode;
use proptest::prelude::*;
use uuid::Uuid;

const SINCE_MS: u64 = 1_704_067_200_000;

/// Ids of checkouts that were made between 2024 and 2163.
fn checkouts() -> impl Strategy<Value = CheckoutId> {
    (0..1_u64 << 42, any::<u128>()).prop_map(|(ms, random)| {
        let rest = random & ((1 << 80) - 1);
        CheckoutId::from_uuid(Uuid::from_u128(u128::from(ms + SINCE_MS) << 80 | rest))
    })
}

proptest! {
    #[test]
    fn a_code_leads_back_to_its_checkout(checkout in checkouts()) {
        let code = SupportCode::of(checkout);

        let (first, last) = code.to_string().parse::<SupportCode>().unwrap().ids();

        prop_assert!(first <= checkout && checkout <= last);
        prop_assert_eq!(code.bucket(), checkout.bucket());
    }

    #[test]
    fn a_code_is_read_however_it_is_written_down(checkout in checkouts()) {
        let code = SupportCode::of(checkout);
        let sloppy = code.to_string().to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");

        prop_assert_eq!(sloppy.parse::<SupportCode>(), Ok(code));
    }

    #[test]
    fn two_letters_that_changed_places_are_noticed(checkout in checkouts(), at in 0_usize..9) {
        let code = SupportCode::of(checkout).to_string().replace('-', "");
        let mut letters: Vec<char> = code.chars().collect();
        let alike = |a: char, b: char| a == b || ['0', 'Z'] == [a, b] || ['Z', '0'] == [a, b];
        prop_assume!(!alike(letters[at], letters[at + 1]));
        letters.swap(at, at + 1);

        prop_assert!(letters.into_iter().collect::<String>().parse::<SupportCode>().is_err());
    }
}

#[test]
fn what_is_no_code_is_refused() {
    for text in ["", "-", "7GK2", "7GK2-M9QX-4T", "7GK2-M9QX-4TBBB", "7GK2-M9UX-4TB", "p-1", "ä"] {
        assert!(text.parse::<SupportCode>().is_err(), "{text}");
    }
}
