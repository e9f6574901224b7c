//! One small shop with three sellers, as the pages would see it.

use app::view::checkouts::{
    CheckoutState, CheckoutView, OrderLine, OverallState, SellerOrder, SellerStatus, StatusView,
};
use app::view::staff::{Operator, Role};
use domain::currency::Currency;
use domain::id::{CheckoutId, Id, Kind, ShopId, StaffId};
use domain::money::Money;
use domain::payment::Status;
use time::OffsetDateTime;
use uuid::Uuid;

pub(crate) mod alerts;
pub(crate) mod bank_files;
pub(crate) mod dead_letters;
pub(crate) mod exchanges;
pub(crate) mod files;
pub(crate) mod ledger;
pub(crate) mod mismatches;
pub(crate) mod payments;
pub(crate) mod payouts;
pub(crate) mod processors;
pub(crate) mod proof;
pub(crate) mod revenue;
pub(crate) mod sellers;
pub(crate) mod webhooks;
pub(crate) mod why;

/// The key of the sample checkouts.
pub(crate) const KEY: &str = "k3yOfTheSampleCheckout";

/// The sample id with `number`.
pub(crate) fn id<K: Kind>(number: u128) -> Id<K> {
    Id::from_uuid(Uuid::from_u128(0x0193_4d5e_a1b2_7c3d_8e4f_5a6b_7c8d_0000 + number))
}

/// The number of a sample id.
pub(crate) fn number<K: Kind>(id: Id<K>) -> u128 {
    id.uuid().as_u128().wrapping_sub(0x0193_4d5e_a1b2_7c3d_8e4f_5a6b_7c8d_0000)
}

/// So many cents of euro.
pub(crate) fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

/// A moment on the sample day, 21 November 2026, so many seconds after 09:00 UTC.
pub(crate) fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_795_251_600 + seconds).unwrap()
}

/// An analyst.
pub(crate) fn operator() -> Operator {
    Operator {
        id: id::<domain::id::kind::Staff>(1) as StaffId,
        name: "Ada Lindqvist".to_owned(),
        email: "ada@fern.example".to_owned(),
        role: Role::Analyst,
        shop: id::<domain::id::kind::Shop>(1) as ShopId,
        shop_name: "Fern & Fold".to_owned(),
    }
}

/// The sample checkouts, numbered by their state: 0 open, 1 under way, 2 paid, 3 cancelled, 4
/// expired.
pub(crate) fn checkout(id: CheckoutId, key: &str) -> Option<CheckoutView> {
    let states = [
        CheckoutState::Open,
        CheckoutState::Processing,
        CheckoutState::Paid,
        CheckoutState::Cancelled,
        CheckoutState::Expired,
    ];
    let state = *states.get(usize::try_from(number(id)).ok()?)?;
    (key == KEY).then(|| CheckoutView {
        id,
        key: key.to_owned(),
        shop: "Fern & Fold".to_owned(),
        reference: "FF-2026-1187".to_owned(),
        state,
        sellers: sellers(),
        total: eur(124_989),
        expires_at: at(3_600),
        processor: "Sandbox".to_owned(),
        return_url: Some("https://shop.example/orders/1187".to_owned()),
        idempotency_key: "01934d5ea1b27c3d".to_owned(),
        version: 7,
        is_demo: true,
    })
}

fn sellers() -> Vec<SellerOrder> {
    let line = |description: &str, minor| OrderLine {
        description: description.to_owned(),
        amount: eur(minor),
    };
    vec![
        SellerOrder {
            seller: "Ada\u{2019}s Books".to_owned(),
            reference: "FF-2026-1187-A".to_owned(),
            lines: vec![
                line("The Art of Double Entry, hardback", 3_990),
                line("Field notebook, dotted, 3 pieces", 1_500),
            ],
            subtotal: eur(5_490),
        },
        SellerOrder {
            seller: "Nordlys Keramik".to_owned(),
            reference: "FF-2026-1187-B".to_owned(),
            lines: vec![
                line("Stoneware dinner set for six, sea green", 118_000),
                line("Delivery", 1_499),
            ],
            subtotal: eur(119_499),
        },
    ]
}

/// The sample statuses, numbered in the order of the states below.
pub(crate) fn status(id: CheckoutId, key: &str) -> Option<StatusView> {
    use OverallState as S;
    let (state, first, second) = match number(id) {
        0 => (S::Processing, Status::Captured, Status::Pending),
        1 => (S::Paid, Status::Captured, Status::Settled),
        2 => (S::Declined, Status::Pending, Status::Pending),
        3 => (S::Unknown, Status::Captured, Status::Unknown),
        4 => (S::PartlyPaid, Status::Captured, Status::Failed),
        5 => (S::ActionRequired, Status::Pending, Status::Pending),
        _ => return None,
    };
    let part = |seller: &str, status, minor| SellerStatus {
        seller: seller.to_owned(),
        status,
        amount: eur(minor),
    };
    (key == KEY).then(|| StatusView {
        id,
        key: key.to_owned(),
        shop: "Fern & Fold".to_owned(),
        reference: "FF-2026-1187".to_owned(),
        state,
        payments: vec![
            part("Ada\u{2019}s Books", first, 5_490),
            part("Nordlys Keramik", second, 119_499),
        ],
        total: eur(124_989),
        is_final: matches!(state, S::Paid | S::PartlyPaid),
        return_url: Some("https://shop.example/orders/1187".to_owned()),
        version: 3,
        updated_at: at(12),
        is_demo: true,
    })
}
