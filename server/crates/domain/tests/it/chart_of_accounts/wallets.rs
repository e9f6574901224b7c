//! The examples of what wallets, pay-outs, exchanges and our own cash post.

use domain::account::Account;
use domain::clawback::{Balances, Policy, Remainder, Source, Taken, plan};
use domain::currency::Currency;
use domain::exchange::{Exchange, Rate, exchange};
use domain::posting::exchange::{covered, exchanged, realised};
use domain::posting::payout::{PayoutMovement, Step};
use domain::posting::wallet::WalletMovement;
use domain::posting::{Posting, PostingError, cash};

use crate::examples::{BUYER, PARTIES, PAYOUT_ACCOUNT, PAYOUT_PARTIES, eur, refund, usd};

type Examples = Vec<(&'static str, Result<Posting, PostingError>)>;

/// Each chapter's head, with its examples.
pub(super) fn chapters() -> [(&'static str, Examples); 4] {
    [
        (
            "\n## Wallets\n\nWhat moves in wallets because of one payment. A refund or chargeback \
             is posted as above, against what is pending; its claw-back follows in the same \
             transaction and fills that up from the seller's other money.\n",
            wallet(),
        ),
        (
            "\n## Pay-outs\n\nWhat a pay-out posts. A fact that skips steps posts them all: a \
             pay-out that is paid after it had failed is begun and paid.\n",
            payout(),
        ),
        (
            "\n## Exchanges\n\nOne balanced leg per currency, through the two positions of the \
             pair. Amounts that are not in euro name their currency.\n",
            exchanges(),
        ),
        ("\n## Cash\n\nOur own money on its way from the processor to the bank.\n", our_cash()),
    ]
}

fn wallet() -> Examples {
    let all_free =
        WalletMovement::Released { total: eur(9_500), available: eur(9_500), reserved: eur(0) };
    let with_reserve =
        WalletMovement::Released { total: eur(9_500), available: eur(8_550), reserved: eur(950) };
    let reserve = WalletMovement::ReserveReleased { total: eur(950), amount: eur(950) };
    let paid = WalletMovement::PaidFromWallet {
        buyer: BUYER,
        total: eur(10_000),
        amount: eur(10_000),
        fee: eur(500),
    };
    let topped_up = WalletMovement::ToppedUp {
        buyer: BUYER,
        refund: refund(1),
        amount: eur(4_000),
        fee_given_back: eur(200),
    };
    let spread = Taken {
        pending: eur(0),
        available: eur(2_000),
        reserved: eur(950),
        debt: eur(850),
        next_sales: eur(0),
    };
    vec![
        ("Released: 95.00", all_free.posting(PARTIES.seller)),
        ("Released: 95.00, of which 10 % are kept back", with_reserve.posting(PARTIES.seller)),
        ("Reserve released: 9.50", reserve.posting(PARTIES.seller)),
        ("Paid from a buyer's wallet: 100.00, our fee 5 %", paid.posting(PARTIES.seller)),
        ("Refunded to the buyer's wallet: 40.00", topped_up.posting(PARTIES.seller)),
        (
            "Clawed back: the seller's 38.00 of a refund, all of it available",
            clawed_back(Taken { available: eur(3_800), reserved: eur(0), debt: eur(0), ..spread }),
        ),
        (
            "Clawed back: 38.00, of which 20.00 were available, 9.50 reserved, and the rest is a debt",
            clawed_back(spread),
        ),
    ]
}

fn clawed_back(taken: Taken) -> Result<Posting, PostingError> {
    WalletMovement::ClawedBack { of: "refunded/ref".into(), taken }.posting(PARTIES.seller)
}

fn payout() -> Examples {
    let of = |step| PayoutMovement { step, number: 1, amount: eur(5_700) }.posting(PAYOUT_PARTIES);
    vec![
        ("Pay-out begun: 57.00", of(Step::Begun)),
        ("Pay-out paid: 57.00", of(Step::Paid)),
        ("Pay-out failed: 57.00", of(Step::Failed)),
        ("Pay-out returned after it was paid: 57.00", of(Step::Returned)),
    ]
}

/// 100.05 EUR at 1.0830, of which we keep 1.5 %: worth 108.35, and 106.73 and 1.63 make 108.36.
pub(super) fn rounded() -> Exchange {
    let rate = Rate::new(Currency::EUR, Currency::USD, "1.0830".parse().unwrap()).unwrap();
    exchange(eur(10_005), rate, 150).unwrap()
}

fn exchanges() -> Examples {
    let seller = Account::SellerAvailable(PARTIES.seller);
    vec![
        (
            "Exchanged: 100.05 EUR at 1.0830, of which we keep 1.5 %",
            exchanged("exchanged".into(), &rounded(), seller, seller),
        ),
        (
            "Covered at the bank: 100.05 EUR for 108.40 USD",
            covered("covered".into(), PAYOUT_ACCOUNT, eur(10_005), usd(10_840)),
        ),
        (
            "Gain realised: 0.05 USD are left of the position against the euro",
            realised("realised".into(), Currency::EUR, usd(-5)),
        ),
        (
            "Loss realised: 0.05 USD are missing in the position against the euro",
            realised("realised".into(), Currency::EUR, usd(5)),
        ),
    ]
}

fn our_cash() -> Examples {
    let processor = PARTIES.processor;
    vec![
        ("The processor pays out to us: 97.10", cash::sent("sent".into(), processor, eur(9_710))),
        (
            "The bank's statement shows it: 97.10",
            cash::arrived("arrived".into(), processor, PAYOUT_ACCOUNT, eur(9_710)),
        ),
    ]
}

#[test]
fn a_claw_back_that_pending_or_the_next_sales_carry_moves_nothing() {
    let balances = Balances { pending: eur(3_800), available: eur(500), reserved: eur(500) };

    for policy in [
        Policy::default(),
        Policy::new(vec![Source::Pending], Remainder::NextSales).unwrap(),
        Policy::new(vec![], Remainder::NextSales).unwrap(),
    ] {
        let taken = plan(eur(3_800), balances, &policy).unwrap();
        assert_eq!(clawed_back(taken), Err(PostingError::Empty), "{policy:?}");
    }
}
