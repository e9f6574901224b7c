//! Four eyes: when a second person is needed, and who that may be.

use domain::four_eyes::{Actor, Circumstances, Objection, Reason, may_approve, reasons};
use domain::id::{ApiKeyId, StaffId};
use domain::money::MoneyError;
use uuid::Uuid;

use crate::examples::{eur, payee, staff, usd};

fn usual() -> Circumstances {
    Circumstances {
        amount: eur(100_000),
        limit: Some(eur(100_000)),
        last_paid_to: Some(payee(1)),
        pays_to: payee(1),
    }
}

#[test]
fn the_usual_pay_out_up_to_the_limit_needs_nobody_else() {
    assert_eq!(reasons(&usual()), Ok(vec![]));
}

#[test]
fn each_reason_is_named() {
    let needs = |circumstances| reasons(&circumstances).unwrap();

    assert_eq!(needs(Circumstances { amount: eur(100_001), ..usual() }), [Reason::AboveLimit]);
    assert_eq!(needs(Circumstances { limit: None, ..usual() }), [Reason::AboveLimit]);
    assert_eq!(needs(Circumstances { last_paid_to: None, ..usual() }), [Reason::FirstPayout]);
    assert_eq!(needs(Circumstances { pays_to: payee(2), ..usual() }), [Reason::AccountChanged]);
    assert_eq!(
        needs(Circumstances { limit: Some(eur(0)), last_paid_to: None, ..usual() }),
        [Reason::AboveLimit, Reason::FirstPayout]
    );
}

#[test]
fn a_limit_in_another_currency_decides_nothing() {
    let mixed = Circumstances { limit: Some(usd(1)), ..usual() };

    assert!(matches!(reasons(&mixed), Err(MoneyError::CurrencyMismatch { .. })));
}

#[test]
fn the_second_person_is_a_person_and_not_the_first() {
    let key = Actor::Shop(ApiKeyId::from_uuid(Uuid::from_u128(1)));

    for maker in [staff(1), key, Actor::Schedule] {
        assert_eq!(may_approve(maker, None, staff(2), true), Ok(()), "{maker:?}");
        assert_eq!(may_approve(maker, None, key, true), Err(Objection::NotAPerson));
        assert_eq!(may_approve(maker, None, Actor::Schedule, true), Err(Objection::NotAPerson));
        assert_eq!(may_approve(maker, None, maker, false), Ok(()));
    }
    assert_eq!(may_approve(staff(1), None, staff(1), true), Err(Objection::MakerIsChecker));
}

#[test]
fn whoever_verified_a_new_bank_account_is_not_the_second_person() {
    let verifier = Some(StaffId::from_uuid(Uuid::from_u128(2)));

    for maker in [staff(1), Actor::Schedule] {
        let own = may_approve(maker, verifier, staff(2), true);
        assert_eq!(own, Err(Objection::VerifierIsChecker), "{maker:?}");
        assert_eq!(may_approve(maker, verifier, staff(3), true), Ok(()));
        assert_eq!(may_approve(maker, verifier, staff(2), false), Ok(()));
    }
}
