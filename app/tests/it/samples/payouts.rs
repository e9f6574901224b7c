//! Sample pay-outs: 0 waits for a second person, 1 is the operator's own, 2 is held, 3 has failed, 4
//! may only be looked at, 5 contradicts itself, and of 6 somebody has said what became of it.

use app::view::payments::EntryView;
use app::view::payouts::{
    AdviceParts, AdviceRow, AdviceView, BankFileView, CoverageView, PayeeState, PayeeView,
    PayoutChange, PayoutFilter, PayoutListView, PayoutMay, PayoutPosting, PayoutRow, PayoutState,
    PayoutView, ScheduleView, SellerPayoutsView, SetbackView, Wish, WishView,
};
use app::view::rulings::{DoubtView, ProposedView, RuledView};
use domain::currency::Currency;
use domain::four_eyes::{Objection, Reason};
use domain::id::{PayoutId, SellerId};
use domain::payout::Phase;
use domain::payout::ruling::Ending;

use crate::samples::{at, eur, id, number};

const PHASES: [Phase; 7] =
    [Phase::Draft, Phase::Draft, Phase::Held, Phase::Failed, Phase::Paid, Phase::Paid, Phase::Paid];

/// All of them that fit, with an older page where nothing narrows them.
pub(crate) fn list(filter: &PayoutFilter) -> PayoutListView {
    let fits = |row: &PayoutRow| match filter.state {
        None => true,
        Some(PayoutState::In(phase)) => row.phase == phase,
        Some(PayoutState::SecondPerson) => row.phase == Phase::Draft,
        Some(PayoutState::InDoubt) => row.is_in_doubt,
    };
    let rows: Vec<PayoutRow> = (0..5).map(row).filter(fits).collect();
    PayoutListView {
        next: rows.last().map(|row| row.id),
        rows,
        sellers: vec![(id(0), "Ada\u{2019}s Books".to_owned())],
        currencies: vec![Currency::EUR],
        as_of: at(4_000),
    }
}

/// One of them.
pub(crate) fn one(id: PayoutId) -> Option<PayoutView> {
    let number = number(id);
    let row = (number < 7).then(|| row(number))?;
    let waits = matches!(row.phase, Phase::Draft | Phase::Held);
    Some(PayoutView {
        version: 7,
        payee: payee(PayeeState::Verified),
        maker: "Cleo Marin".to_owned(),
        approver: (!waits).then(|| "Ada Lindqvist".to_owned()),
        submissions: u16::from(!waits),
        bank_file: (row.phase == Phase::Failed)
            .then(|| BankFileView::In(crate::samples::id(9), at(2_000).date())),
        provider_reference: (!waits).then(|| "trf_1".to_owned()),
        failure: (row.phase == Phase::Failed)
            .then(|| ("AC04".to_owned(), "the account is <closed>".to_owned())),
        ended_at: (!waits).then(|| at(3_000)),
        coverage: waits.then(|| CoverageView {
            available: eur(10_000),
            waiting: eur(2_000),
            after: eur(4_300),
        }),
        history: vec![PayoutChange {
            event: "hold".to_owned(),
            by: "Cleo Marin".to_owned(),
            to: Phase::Held,
            ruling: None,
            reason: Some("asked the seller <first>".to_owned()),
            because_of: (row.phase == Phase::Held).then(failed),
            irregular: None,
            at: at(1_500),
        }],
        postings: if waits { Vec::new() } else { vec![posting()] },
        advice: Some(advice(!waits)),
        doubt: doubt(number),
        ruled: (number == 4).then(ruled),
        may: may(number),
        as_of: at(4_000),
        row,
    })
}

fn doubt(number: u128) -> Option<DoubtView> {
    let proposal = ProposedView {
        ending: Ending::Returned,
        by: "Cleo Marin".to_owned(),
        reason: "statement 11, line <3>".to_owned(),
        is_own: false,
        may_confirm: true,
        may_withdraw: true,
    };
    match number {
        5 => {
            let endings = vec![Ending::Paid, Ending::Returned];
            Some(DoubtView { endings, proposal: None })
        }
        6 => Some(DoubtView { endings: Vec::new(), proposal: Some(proposal) }),
        _ => None,
    }
}

fn ruled() -> RuledView {
    RuledView {
        ending: Ending::Paid,
        by: "Cleo Marin".to_owned(),
        confirmed_by: "Ada Lindqvist".to_owned(),
    }
}

/// What concerns pay-outs of a seller: the first has everything, others nothing.
pub(crate) fn of_seller(seller: SellerId, wish: Option<Wish>) -> SellerPayoutsView {
    let is_first = number(seller) == 0;
    let wish = wish.map(|wish| match wish.amount.as_str() {
        "57.00" => WishView::Possible {
            amount: eur(5_700),
            payable: eur(10_000),
            after: eur(4_300),
            idempotency_key: "pyo_key".to_owned(),
        },
        _ => WishView::Refused("amount_invalid".to_owned()),
    });
    SellerPayoutsView {
        accounts: if is_first {
            vec![payee(PayeeState::New), payee(PayeeState::Verified)]
        } else {
            Vec::new()
        },
        payable: if is_first { vec![eur(10_000)] } else { Vec::new() },
        wish,
        rows: if is_first { vec![row(0)] } else { Vec::new() },
        setback: is_first.then(|| SetbackView {
            payout: failed(),
            amount: eur(5_700),
            phase: Phase::Returned,
            held: 2,
        }),
        schedules: if is_first {
            vec![ScheduleView {
                rhythm: "every Monday".to_owned(),
                minimum: eur(1_000),
                last: Some((at(0).date(), "there was not enough".to_owned())),
            }]
        } else {
            Vec::new()
        },
        may_make: true,
        may_verify: is_first,
    }
}

/// The one that has failed.
fn failed() -> PayoutId {
    id(3)
}

fn row(number: u128) -> PayoutRow {
    let phase = PHASES[usize::try_from(number).unwrap()];
    let is_draft = phase == Phase::Draft;
    PayoutRow {
        id: id(number),
        seller: id(0),
        seller_name: "Ada\u{2019}s Books".to_owned(),
        amount: eur(5_700),
        phase,
        is_in_doubt: number > 4,
        reasons: if is_draft { vec![Reason::AboveLimit, Reason::FirstPayout] } else { Vec::new() },
        refusal: (phase == Phase::Held).then(|| "no_verified_account".to_owned()),
        created_at: at(-10_000),
    }
}

fn may(number: u128) -> PayoutMay {
    let stops = PayoutMay { hold: true, cancel: true, ..PayoutMay::default() };
    match number {
        0 => PayoutMay { approve: true, ..stops },
        1 => PayoutMay { objection: Some(Objection::MakerIsChecker), ..stops },
        2 => PayoutMay { resume: true, cancel: true, ..PayoutMay::default() },
        3 => PayoutMay { make_again: true, ..PayoutMay::default() },
        _ => PayoutMay::default(),
    }
}

fn payee(state: PayeeState) -> PayeeView {
    PayeeView {
        id: id(9),
        currency: Currency::EUR,
        iban: "DE89 **** **** **** **30 00".to_owned(),
        holder: "Ada Books GmbH".to_owned(),
        state,
        verified_by: (state == PayeeState::Verified).then(|| "Cleo Marin".to_owned()),
        created_at: at(-90_000),
    }
}

fn posting() -> PayoutPosting {
    let entry =
        |account: &str, debit, credit| EntryView { account: account.to_owned(), debit, credit };
    PayoutPosting {
        cause: "begun/1".to_owned(),
        at: at(2_000),
        entries: vec![
            entry("Seller available, Ada\u{2019}s Books", Some(eur(5_700)), None),
            entry("Pay-outs in transit, house bank", None, Some(eur(5_700))),
        ],
    }
}

fn advice(is_final: bool) -> AdviceView {
    let parts = AdviceParts {
        released: eur(11_000),
        reserve: eur(-500),
        clawed_back: eur(-1_500),
        exchanged: eur(0),
        came_again: eur(0),
        other: eur(0),
        sum: eur(9_000),
    };
    AdviceView {
        is_final,
        opening: eur(1_000),
        moved: parts.clone(),
        paid: eur(5_700),
        stays: eur(4_300),
        rows: vec![AdviceRow {
            about: "FF-2026-1187-A".to_owned(),
            address: Some(format!("/console/payments/{}", id::<domain::id::kind::Payment>(0))),
            parts,
        }],
        total: 3,
    }
}
