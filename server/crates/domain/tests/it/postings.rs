//! Postings: every movement balances, whatever its amounts, and nothing else can be made.

use domain::account::{Account, AccountKind};
use domain::currency::Currency;
use domain::money::Money;
use domain::posting::{Entry, Movement, Posting, PostingError, transfer, unexplained};
use proptest::prelude::*;

use crate::examples::{PARTIES, dispute, eur, refund};

fn entry(minor: i64, currency: Currency) -> Entry {
    Entry { account: Account::PlatformFees, amount: Money::from_minor(minor, currency) }
}

#[test]
fn the_capture_of_49_99_at_5_percent_gives_the_seller_47_49() {
    let movement = Movement::Captured { total: eur(4_999), amount: eur(4_999), fee: eur(250) };

    let posting = movement.posting(PARTIES).unwrap();

    let lines: Vec<(AccountKind, i64)> =
        posting.entries().iter().map(|line| (line.account.kind(), line.amount.minor())).collect();
    let expected = [
        (AccountKind::ProcessorReceivable, 4_999),
        (AccountKind::SellerPending, -4_749),
        (AccountKind::PlatformFees, -250),
    ];
    assert_eq!(lines, expected);
    assert_eq!(posting.cause(), "captured/4999");
}

#[test]
fn a_posting_that_does_not_balance_cannot_be_made() {
    let lines = vec![entry(100, Currency::EUR), entry(-99, Currency::EUR)];

    let unbalanced = PostingError::Unbalanced { currency: Currency::EUR, excess_minor: 1 };
    assert_eq!(Posting::new("test", lines), Err(unbalanced));
}

#[test]
fn a_posting_balances_in_each_currency_by_itself() {
    let lines = vec![entry(100, Currency::EUR), entry(-100, Currency::USD)];
    assert!(matches!(Posting::new("test", lines), Err(PostingError::Unbalanced { .. })));

    let legs =
        [(100, Currency::EUR), (-100, Currency::EUR), (-9, Currency::USD), (9, Currency::USD)];
    let lines = legs.map(|(minor, currency)| entry(minor, currency)).to_vec();
    assert!(Posting::new("test", lines).is_ok());
}

#[test]
fn a_posting_moves_something_and_has_no_line_of_zero() {
    assert_eq!(Posting::new("test", Vec::new()), Err(PostingError::Empty));
    assert_eq!(Posting::new("test", vec![entry(0, Currency::EUR)]), Err(PostingError::Empty));

    let lines = [5, 0, -5].map(|minor| entry(minor, Currency::EUR)).to_vec();
    assert_eq!(Posting::new("test", lines).unwrap().entries().len(), 2);
}

#[test]
fn a_sum_that_would_wrap_around_to_zero_does_not_balance() {
    let wraps = vec![entry(i64::MIN, Currency::EUR); 2];

    assert!(matches!(Posting::new("test", wraps), Err(PostingError::Unbalanced { .. })));
}

fn movement() -> impl Strategy<Value = Movement> {
    let money = || prop_oneof![-1_000_i64..100_000, any::<i64>()].prop_map(eur);
    (0_u8..10, money(), money(), money(), money()).prop_map(
        |(kind, total, amount, fee, expected)| {
            let refund = refund(1);
            match kind {
                0 => Movement::Captured { total, amount, fee },
                1 => Movement::Settled { total, gross: amount, fee, expected_fee: expected },
                2 => Movement::Refunded { refund, amount, fee_given_back: fee },
                3 => Movement::RefundReturned { refund, amount, fee_kept: fee },
                4 => Movement::RefundedElsewhere { total, amount, fee_given_back: fee },
                5 => Movement::ChargedBack { total, amount, fee_given_back: fee },
                6 => Movement::Disputed { dispute: dispute(1), amount, fee_given_back: fee },
                7 => Movement::DisputeWon { dispute: dispute(1), amount, fee_kept: fee },
                8 => Movement::ReturnedElsewhere { total, amount, fee_kept: fee },
                _ => Movement::RefundSettled { total, amount },
            }
        },
    )
}

fn excess(posting: &Posting) -> i128 {
    posting.entries().iter().map(|entry| i128::from(entry.amount.minor())).sum()
}

proptest! {
    #[test]
    fn every_movement_balances_or_says_why_it_cannot_be_made(movement in movement()) {
        match movement.posting(PARTIES) {
            Ok(posting) => {
                prop_assert_eq!(excess(&posting), 0);
                prop_assert!(posting.entries().iter().all(|entry| !entry.amount.is_zero()));
            }
            Err(error) => {
                prop_assert!(matches!(error, PostingError::Empty | PostingError::OutOfRange));
            }
        }
    }

    #[test]
    fn transfers_and_unexplained_lines_balance_in_both_directions(minor in -1_000_000_i64..1_000_000) {
        prop_assume!(minor != 0);
        let held = Account::Suspense(PARTIES.processor);

        let moved = transfer("test".into(), held, Account::WriteOffs, eur(minor)).unwrap();
        let line = unexplained("test".into(), PARTIES.processor, eur(minor)).unwrap();

        prop_assert_eq!(excess(&moved), 0);
        prop_assert_eq!(moved.entries()[0], Entry { account: Account::WriteOffs, amount: eur(minor) });
        prop_assert_eq!(excess(&line), 0);
        prop_assert_eq!(line.entries()[1], Entry { account: held, amount: eur(-minor) });
    }
}
