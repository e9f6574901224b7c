//! Random histories of several sellers in several currencies: sales, releases, refunds with their
//! claw-backs, pay-outs, exchanges and buyers' wallets together keep every law of the books.

mod books;

use domain::clawback::{Policy, Remainder, Source};
use domain::payout::event::Fact;
use proptest::prelude::*;

use books::{Asked, Books};

/// One thing that happens; numbers are taken modulo what there is.
#[derive(Debug, Clone)]
enum Happening {
    Sale { seller: usize, currency: usize, minor: i64 },
    WalletSale { seller: usize, currency: usize, minor: i64 },
    Release(usize),
    ReserveReleased(usize),
    Refund { payment: usize, minor: i64, policy: Policy, to_wallet: bool },
    Payout { seller: usize, currency: usize, minor: i64 },
    Asked { payout: usize, asked: Asked },
    Learnt { payout: usize, fact: Fact },
    Exchange { seller: usize, from: usize, to: usize, minor: i64 },
}

fn policy() -> impl Strategy<Value = Policy> {
    let order = Just(Source::ALL.to_vec()).prop_shuffle();
    (order, 0_usize..=3, prop::sample::select(Remainder::ALL)).prop_map(
        |(order, sources, remainder)| {
            Policy::new(order[..sources].to_vec(), remainder).expect("no source is named twice")
        },
    )
}

fn fact() -> impl Strategy<Value = Fact> {
    prop_oneof![
        Just(Fact::Accepted),
        Just(Fact::InTransit),
        Just(Fact::Paid),
        Just(Fact::Failed),
        Just(Fact::Returned),
        (0_u16..4).prop_map(|submission| Fact::Unknown { submission }),
        (0_u16..4).prop_map(|submission| Fact::NothingFound { submission }),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    let of = || (0_usize..3, 0_usize..3, 1_i64..20_000);
    let asked = prop::sample::select(vec![
        Asked::Approve,
        Asked::Submit,
        Asked::Submit,
        Asked::Hold,
        Asked::Resume,
        Asked::Cancel,
    ]);
    prop_oneof![
        4 => of().prop_map(|(seller, currency, minor)| Happening::Sale { seller, currency, minor }),
        1 => of().prop_map(|(seller, currency, minor)| {
            Happening::WalletSale { seller, currency, minor }
        }),
        4 => (0_usize..64).prop_map(Happening::Release),
        2 => (0_usize..64).prop_map(Happening::ReserveReleased),
        4 => (0_usize..64, 1_i64..20_000, policy(), any::<bool>()).prop_map(
            |(payment, minor, policy, to_wallet)| {
                Happening::Refund { payment, minor, policy, to_wallet }
            }
        ),
        3 => of().prop_map(|(seller, currency, minor)| {
            Happening::Payout { seller, currency, minor }
        }),
        6 => (0_usize..16, asked).prop_map(|(payout, asked)| Happening::Asked { payout, asked }),
        5 => (0_usize..16, fact()).prop_map(|(payout, fact)| Happening::Learnt { payout, fact }),
        2 => (0_usize..3, 0_usize..3, 0_usize..3, 1_i64..20_000).prop_map(
            |(seller, from, to, minor)| Happening::Exchange { seller, from, to, minor }
        ),
    ]
}

proptest! {
    #[test]
    fn no_history_breaks_the_books(
        happenings in prop::collection::vec(happening(), 0..80),
        basis_points in 0_u32..=10_000,
    ) {
        let mut books = Books::new(basis_points);
        for happening in happenings {
            match happening {
                Happening::Sale { seller, currency, minor } => books.sale(seller, currency, minor),
                Happening::WalletSale { seller, currency, minor } => {
                    books.wallet_sale(seller, currency, minor);
                }
                Happening::Release(payment) => books.release(payment),
                Happening::ReserveReleased(payment) => books.reserve_released(payment),
                Happening::Refund { payment, minor, policy, to_wallet } => {
                    books.refund(payment, minor, &policy, to_wallet);
                }
                Happening::Payout { seller, currency, minor } => {
                    books.payout(seller, currency, minor);
                }
                Happening::Asked { payout, asked } => books.ask(payout, asked),
                Happening::Learnt { payout, fact } => books.learn(payout, fact),
                Happening::Exchange { seller, from, to, minor } => {
                    books.exchange(seller, from, to, minor);
                }
            }
            books.check();
        }
    }
}
