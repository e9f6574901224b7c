//! Mismatches: each resolution balances, and clears what waits on the holding account.

use domain::account::{Account, AccountKind};
use domain::matching::{Difference, MismatchClass, MismatchKind, Resolution, ResolutionError};
use domain::posting::Posting;
use proptest::prelude::*;

use crate::examples::{PARTIES, eur};

fn difference(kind: MismatchKind, minor: i64) -> Difference {
    Difference {
        kind,
        processor: PARTIES.processor,
        seller: Some(PARTIES.seller),
        fee_basis_points: 500,
        held: eur(minor),
    }
}

fn moved(posting: &Posting, account: Account) -> i64 {
    let entries = posting.entries().iter();
    entries.filter(|entry| entry.account == account).map(|entry| entry.amount.minor()).sum()
}

fn holding(kind: MismatchKind) -> Account {
    match kind {
        MismatchKind::MissingAtProcessor | MismatchKind::Amount => {
            Account::ProcessorReceivable(PARTIES.processor)
        }
        _ => Account::Suspense(PARTIES.processor),
    }
}

#[test]
fn a_surprise_fee_of_1_00_becomes_a_processor_fee_when_it_is_accepted() {
    let fee = difference(MismatchKind::Fee, 100);

    let posting = fee.resolve(Resolution::AcceptFee, "test".into()).unwrap().unwrap();

    assert_eq!(moved(&posting, Account::ProcessorFees(PARTIES.processor)), 100);
    assert_eq!(moved(&posting, Account::Suspense(PARTIES.processor)), -100);
}

#[test]
fn a_seller_who_is_charged_gets_our_fee_on_it_back() {
    let amount = difference(MismatchKind::Amount, 100);

    let posting = amount.resolve(Resolution::ChargeSeller, "test".into()).unwrap().unwrap();

    assert_eq!(moved(&posting, Account::SellerPending(PARTIES.seller)), 95);
    assert_eq!(moved(&posting, Account::PlatformFees), 5);
    assert_eq!(moved(&posting, Account::ProcessorReceivable(PARTIES.processor)), -100);
}

#[test]
fn nobody_is_charged_where_there_is_no_seller() {
    let mut amount = difference(MismatchKind::Amount, 100);
    amount.seller = None;

    let answer = amount.resolve(Resolution::ChargeSeller, "test".into());

    assert_eq!(answer, Err(ResolutionError::NoSeller));
}

#[test]
fn each_kind_has_its_resolutions_and_refuses_the_others() {
    for &kind in MismatchKind::ALL {
        assert!(!kind.resolutions().is_empty(), "{kind:?}");
        for &resolution in Resolution::ALL {
            let answer = difference(kind, 100).resolve(resolution, "test".into());
            let fits = kind.resolutions().contains(&resolution);
            assert_eq!(
                answer != Err(ResolutionError::NotForThisKind),
                fits,
                "{kind:?} {resolution:?}"
            );
        }
    }
}

#[test]
fn only_what_a_procedure_mends_is_automatic() {
    let automatic: Vec<_> =
        MismatchKind::ALL.iter().filter(|kind| kind.class() == MismatchClass::Automatic).collect();

    assert_eq!(automatic, [&MismatchKind::Status]);
}

#[test]
fn every_word_reads_back_as_itself() {
    for &kind in MismatchKind::ALL {
        assert_eq!(MismatchKind::from_word(kind.as_str()), Some(kind));
    }
    for &resolution in Resolution::ALL {
        assert_eq!(Resolution::from_word(resolution.as_str()), Some(resolution));
    }
    for kind in AccountKind::ALL {
        assert_eq!(AccountKind::from_word(kind.as_str()), Some(kind));
    }
}

proptest! {
    #[test]
    fn each_resolution_balances_and_clears_what_is_held(
        minor in -10_000_000_i64..10_000_000,
        kind in prop::sample::select(MismatchKind::ALL),
        basis_points in 0_u32..=10_000,
    ) {
        prop_assume!(minor != 0);
        let mismatch = Difference { fee_basis_points: basis_points, ..difference(kind, minor) };
        for &resolution in kind.resolutions() {
            let posting = mismatch.resolve(resolution, "test".into()).unwrap();

            if resolution == Resolution::Ignore {
                prop_assert_eq!(posting, None);
                continue;
            }
            let posting = posting.unwrap();
            let sum: i64 = posting.entries().iter().map(|entry| entry.amount.minor()).sum();
            prop_assert_eq!(sum, 0);
            prop_assert_eq!(moved(&posting, holding(kind)), -minor, "{:?} {:?}", kind, resolution);
        }
    }
}
