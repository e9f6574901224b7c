//! `server/docs/chart-of-accounts.md`: the accounts, and what each movement does to them.

mod wallets;

use std::fmt::Write;

use domain::account::{Account, AccountKind};
use domain::currency::Currency;
use domain::matching::{Difference, MismatchKind, Resolution};
use domain::posting::{Movement, Posting, unexplained};

use crate::document;
use crate::examples::{PARTIES, dispute, eur, refund};

const HEAD: &str = "# The chart of accounts

Generated from `domain::account`, `domain::posting` and `domain::matching` by a test
(`UPDATE_DOCS=1 cargo test -p domain` writes it anew), so it cannot drift from the code.

Debits are positive and credits negative; every posting sums to zero in each currency. An account
exists once per shop, owner and currency, and in parts, one per bucket, that are summed when read.

## Accounts

| account | type | owner | what it counts |
|---|---|---|---|
";

#[test]
fn the_chart_of_accounts_says_what_the_rules_post() {
    let mut text = HEAD.to_owned();
    for kind in AccountKind::ALL {
        let (owner, counts) = described(kind);
        let (name, side) = (kind.as_str(), kind.account_type().as_str());
        writeln!(text, "| `{name}` | {side} | {owner} | {counts} |")
            .expect("text can be written to");
    }
    text.push_str("\n## Movements\n\nWhat a change of a payment posts, with an example each.\n");
    for (title, movement) in movements() {
        section(&mut text, title, &movement.posting(PARTIES).expect("the example balances"));
    }
    let line = unexplained("line/unexplained".into(), PARTIES.processor, eur(-500));
    section(
        &mut text,
        "A line of -5.00 that no payment explains",
        &line.expect("the example balances"),
    );
    for (head, examples) in wallets::chapters() {
        text.push_str(head);
        for (title, posting) in examples {
            section(&mut text, title, &posting.expect("the example balances"));
        }
    }
    text.push_str("\n## Resolutions\n\nWhat the resolution of a mismatch over 1.00 posts.\n");
    for (kind, resolution) in resolutions() {
        let title = format!("{}: {}", kind.as_str(), resolution.as_str()).replace('_', " ");
        match example(kind).resolve(resolution, "adjustment".into()).expect("it fits the kind") {
            Some(posting) => section(&mut text, &title, &posting),
            None => write!(text, "\n### {title}\n\nNothing.\n").expect("text can be written to"),
        }
    }
    document::check("chart-of-accounts.md", &text);
}

fn described(kind: AccountKind) -> (&'static str, &'static str) {
    match kind {
        AccountKind::ProcessorReceivable => {
            ("processor account", "what the processor owes us for captures that it has not settled")
        }
        AccountKind::ProcessorBalance => {
            ("processor account", "what the processor has settled and holds for us")
        }
        AccountKind::ProcessorFees => {
            ("processor account", "what the processor keeps for its work")
        }
        AccountKind::Suspense => {
            ("processor account", "what reports say and nobody has explained yet")
        }
        AccountKind::WriteOffs => ("shop", "differences that were written off, either way"),
        AccountKind::PlatformFees => ("shop", "what we keep of each sale"),
        AccountKind::SellerPending => ("seller", "what the seller has earned and may not have yet"),
        AccountKind::SellerAvailable => ("seller", "what the seller can be paid"),
        AccountKind::SellerReserved => {
            ("seller", "what is kept back of releases, against refunds and chargebacks")
        }
        AccountKind::BuyerWallet => ("buyer", "what the buyer has with the shop and can pay with"),
        AccountKind::CashInTransit => {
            ("processor account", "what the processor paid out and no bank statement shows yet")
        }
        AccountKind::Bank => ("payout account", "what we have at one bank or pay-out provider"),
        AccountKind::PayoutsInTransit => {
            ("payout account", "what was submitted to be paid and has not left the bank")
        }
        AccountKind::ExchangePosition => (
            "the pair's other currency",
            "what exchanges brought in or took out: the counterweight of wallets and bank",
        ),
        AccountKind::ExchangeSpread => ("shop", "what we keep of each exchange"),
        AccountKind::ExchangeGains => ("shop", "gains less losses of positions, once closed"),
        AccountKind::Rounding => ("shop", "what figures rounded one by one leave, either way"),
    }
}

fn movements() -> Vec<(&'static str, Movement)> {
    let (amount, fee) = (eur(10_000), eur(500));
    let (part, part_fee) = (eur(4_000), eur(200));
    let settled = |kept| Movement::Settled {
        total: amount,
        gross: amount,
        fee: eur(kept),
        expected_fee: eur(165),
    };
    vec![
        ("Captured: 100.00, our fee 5 %", Movement::Captured { total: amount, amount, fee }),
        ("Settled: 100.00 less the agreed 1.65", settled(165)),
        ("Settled: 100.00 less 2.65, of which 1.65 were agreed", settled(265)),
        (
            "Refunded: 40.00",
            Movement::Refunded { refund: refund(1), amount: part, fee_given_back: part_fee },
        ),
        (
            "Refund returned: 40.00",
            Movement::RefundReturned { refund: refund(1), amount: part, fee_kept: part_fee },
        ),
        (
            "Refunded elsewhere: 40.00 at the processor, not by us",
            Movement::RefundedElsewhere { total: part, amount: part, fee_given_back: part_fee },
        ),
        (
            "Returned elsewhere: 40.00 at the processor, not asked back by us",
            Movement::ReturnedElsewhere { total: part, amount: part, fee_kept: part_fee },
        ),
        (
            "Charged back: 100.00",
            Movement::ChargedBack { total: amount, amount, fee_given_back: fee },
        ),
        (
            "Disputed: 100.00",
            Movement::Disputed { dispute: dispute(1), amount, fee_given_back: fee },
        ),
        (
            "Dispute won: 100.00",
            Movement::DisputeWon { dispute: dispute(1), amount, fee_kept: fee },
        ),
        ("Refund settled: 40.00", Movement::RefundSettled { total: part, amount: part }),
    ]
}

fn resolutions() -> impl Iterator<Item = (MismatchKind, Resolution)> {
    MismatchKind::ALL
        .iter()
        .flat_map(|&kind| kind.resolutions().iter().map(move |&resolution| (kind, resolution)))
}

fn example(kind: MismatchKind) -> Difference {
    Difference {
        kind,
        processor: PARTIES.processor,
        seller: Some(PARTIES.seller),
        fee_basis_points: 500,
        held: eur(100),
    }
}

fn section(text: &mut String, title: &str, posting: &Posting) {
    write!(text, "\n### {title}\n\n| account | debit | credit |\n|---|---:|---:|\n")
        .expect("text can be written to");
    for entry in posting.entries() {
        let account: Account = entry.account;
        let name = account.kind().as_str();
        let size = match entry.amount.currency() {
            Currency::EUR => entry.amount.to_decimal_string(),
            _ => entry.amount.to_string(),
        };
        let line = match size.strip_prefix('-') {
            None => format!("| `{name}` | {size} | |"),
            Some(credit) => format!("| `{name}` | | {credit} |"),
        };
        writeln!(text, "{line}").expect("text can be written to");
    }
}
