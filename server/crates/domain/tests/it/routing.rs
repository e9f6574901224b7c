//! Routing: the same payment finds the same account, never one that cannot take it.

use domain::currency::Currency;
use domain::fee::ProcessorTariff;
use domain::id::ProcessorAccountId;
use domain::money::Money;
use domain::routing::circuit::{Change, Circuit, CircuitState, Tally, Thresholds, after_call};
use domain::routing::terms::{Country, Method, Terms};
use domain::routing::{Candidate, Conditions, Rule, Wanted, choose};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

const CURRENCIES: [Currency; 3] = [Currency::EUR, Currency::USD, Currency::JPY];

fn id(number: u128) -> ProcessorAccountId {
    ProcessorAccountId::from_uuid(Uuid::from_u128(number))
}

fn country(word: &str) -> Country {
    word.parse().expect("two capital letters")
}

fn candidate(number: u128, name: &str) -> Candidate {
    Candidate {
        id: id(number),
        name: name.into(),
        terms: Terms::default(),
        tariff: ProcessorTariff { basis_points: 100, fixed_minor: 0 },
        circuit: CircuitState::Closed,
        excluded: None,
    }
}

fn wanted(minor: i64) -> Wanted {
    let amount = Money::from_minor(minor, Currency::EUR);
    Wanted { amount, parts_minor: (minor, minor), method: None, country: None, seed: 7 }
}

fn rule(priority: i32, target: u128, weight: u32) -> Rule {
    Rule { priority, conditions: Conditions::default(), target: id(target), weight }
}

#[test]
fn the_cheapest_of_equals_is_chosen_and_the_sentence_names_both_prices() {
    let mut south = candidate(2, "south");
    south.tariff.basis_points = 90;

    let choice = choose(&wanted(10_000), &[candidate(1, "north"), south], &[]).unwrap();

    assert_eq!(choice.order, [id(2), id(1)]);
    assert_eq!(choice.reason, "south because it costs 0.90 EUR and the next, north, 1.00 EUR");
}

#[test]
fn a_rule_decides_before_price_and_the_next_rule_where_its_target_is_down() {
    let mut south = candidate(2, "south");
    let conditions = Conditions { currency: Some(Currency::EUR), ..Conditions::default() };
    let rules = [Rule { conditions, ..rule(10, 2, 100) }, rule(20, 1, 100)];
    south.tariff.basis_points = 900;

    let up = choose(&wanted(10_000), &[candidate(1, "north"), south.clone()], &rules).unwrap();
    south.circuit = CircuitState::Open;
    let down = choose(&wanted(10_000), &[candidate(1, "north"), south], &rules).unwrap();

    assert_eq!(up.order, [id(2), id(1)]);
    assert_eq!(up.reason, "south because rule 10 (EUR) names it");
    assert_eq!(down.order, [id(1), id(2)]);
    assert_eq!(
        down.reason,
        "north because rule 20 names it; passed over: south (its circuit is open)"
    );
}

#[test]
fn an_account_that_is_down_is_chosen_only_if_no_other_can_take_the_payment() {
    let mut south = candidate(2, "south");
    south.circuit = CircuitState::Open;
    let mut north = candidate(1, "north");
    north.terms.currencies = vec![Currency::JPY];

    let choice = choose(&wanted(100), &[north, south], &[]).unwrap();

    assert_eq!(choice.account(), id(2));
    assert_eq!(
        choice.reason,
        "south because no other account can take it now, although its circuit is open; \
         passed over: north (it does not take EUR)"
    );
}

/// How a candidate is made unfit.
type Spoil = fn(&mut Candidate);

#[test]
fn what_bars_an_account_is_said_of_each() {
    let barred = |change: fn(&mut Candidate)| {
        let mut candidate = candidate(1, "north");
        change(&mut candidate);
        let wanted =
            Wanted { method: Some(Method::Card), country: Some(country("CH")), ..wanted(4_999) };
        choose(&wanted, &[candidate], &[]).unwrap_err().reason
    };
    let eur = |minor| Money::from_minor(minor, Currency::EUR);
    let cases: [(Spoil, &str); 7] = [
        (|one| one.terms.takes_new = false, "it takes nothing new"),
        (|one| one.terms.currencies = vec![Currency::USD], "it does not take EUR"),
        (|one| one.terms.methods = vec![Method::Voucher], "it has no card"),
        (|one| one.terms.countries = vec![country("AT")], "it is not for CH"),
        (|one| one.terms.limits = vec![limits(5_000, 9_000)], "it takes no less than 50.00 EUR"),
        (|one| one.terms.limits = vec![limits(1, 4_998)], "it takes no more than 49.98 EUR"),
        (|one| one.excluded = Some("it was tried already"), "it was tried already"),
    ];
    assert_eq!(eur(4_999).to_string(), "49.99 EUR");
    for (change, why) in cases {
        let expected = format!("no account can take 49.99 EUR; passed over: north ({why})");
        assert_eq!(barred(change), expected);
    }
}

fn limits(least: i64, most: i64) -> (Money, Money) {
    (Money::from_minor(least, Currency::EUR), Money::from_minor(most, Currency::EUR))
}

#[test]
fn payments_are_shared_by_weight_and_each_always_finds_the_same_account() {
    let candidates = [candidate(1, "north"), candidate(2, "south")];
    let rules = [rule(10, 1, 30), rule(10, 2, 70)];
    let account =
        |seed| choose(&Wanted { seed, ..wanted(100) }, &candidates, &rules).unwrap().account();

    let north = (0..10_000).filter(|&seed| account(seed) == id(1)).count();

    assert!((2_800..3_200).contains(&north), "{north} of 10000");
    assert!((0..1_000).all(|seed| account(seed) == account(seed)));
    let reason = choose(&wanted(100), &candidates, &rules).unwrap().reason;
    assert!(reason.contains("rule 10 names it, with 70 of 100 by weight"), "{reason}");
}

#[test]
fn of_ten_payments_one_goes_to_an_account_that_is_tried_again() {
    let mut south = candidate(2, "south");
    south.circuit = CircuitState::HalfOpen;
    south.tariff.basis_points = 1;
    let candidates = [candidate(1, "north"), south];
    let account =
        |seed| choose(&Wanted { seed, ..wanted(10_000) }, &candidates, &[]).unwrap().account();

    let probes = (0..10_000).filter(|&seed| account(seed) == id(2)).count();

    assert!((900..1_100).contains(&probes), "{probes} of 10000");
}

#[test]
fn one_in_ten_goes_to_an_account_that_is_tried_again_though_it_never_comes_first_but_no_rule_is_broken()
 {
    let mut backup = candidate(2, "backup");
    backup.circuit = CircuitState::HalfOpen;
    backup.terms.priority = 900;
    backup.tariff.basis_points = 900;
    let candidates = [candidate(1, "north"), backup];
    let choice = |seed, rules: &[Rule]| {
        choose(&Wanted { seed, ..wanted(10_000) }, &candidates, rules).unwrap()
    };

    let probes: Vec<_> =
        (0..10_000).map(|seed| choice(seed, &[])).filter(|one| one.account() == id(2)).collect();
    let named = (0..1_000).filter(|&seed| choice(seed, &[rule(10, 1, 100)]).account() == id(2));

    assert!((900..1_100).contains(&probes.len()), "{} of 10000", probes.len());
    let expected = "backup because one payment in ten shows whether it is up again, \
                    although its circuit is half-open";
    assert_eq!(probes[0].reason, expected);
    assert_eq!(probes[0].order, [id(2), id(1)]);
    assert_eq!(named.count(), 0);
}

#[test]
fn the_limits_of_an_account_are_for_each_payment_and_not_for_their_sum() {
    let with = |least, most| {
        let mut account = candidate(1, "north");
        account.terms.limits = vec![limits(least, most)];
        let basket = Wanted { parts_minor: (3_000, 5_000), ..wanted(8_000) };
        choose(&basket, &[account], &[]).map_err(|none| none.reason)
    };

    assert!(with(3_000, 5_000).is_ok(), "their sum is above what one payment may be");
    let small = with(3_001, 9_000).unwrap_err();
    let large = with(1, 4_999).unwrap_err();
    assert!(small.contains("it takes no less than 30.01 EUR"), "{small}");
    assert!(large.contains("it takes no more than 49.99 EUR"), "{large}");
}

fn currency() -> impl Strategy<Value = Currency> {
    select(CURRENCIES.to_vec())
}

fn a_wanted() -> impl Strategy<Value = Wanted> {
    let country = option::of(select(vec![country("CH"), country("AT")]));
    (2_i64..200_000, currency(), option::of(select(Method::ALL.to_vec())), country, any::<u64>())
        .prop_map(|(minor, currency, method, country, seed)| Wanted {
            amount: Money::from_minor(minor, currency),
            parts_minor: (minor / 3 + 1, minor - minor / 3),
            method,
            country,
            seed,
        })
}

fn some_terms() -> impl Strategy<Value = Terms> {
    (
        subsequence(Method::ALL.to_vec(), 0..=4),
        subsequence(CURRENCIES.to_vec(), 0..=3),
        subsequence(vec![country("CH"), country("AT")], 0..=2),
        option::of((currency(), 1_i64..100_000, 0_i64..100_000)),
        0_i32..3,
        0_u32..200,
        prop::bool::weighted(0.9),
    )
        .prop_map(|(methods, currencies, countries, limit, priority, weight, takes_new)| {
            Terms {
                methods,
                currencies,
                countries,
                limits: limit
                    .map(|(currency, least, more)| {
                        let money = |minor| Money::from_minor(minor, currency);
                        (money(least), money(least + more))
                    })
                    .into_iter()
                    .collect(),
                priority,
                weight,
                vault: None,
                takes_new,
            }
        })
}

fn some_candidates() -> impl Strategy<Value = Vec<Candidate>> {
    let circuit = select(vec![CircuitState::Closed, CircuitState::HalfOpen, CircuitState::Open]);
    let one = (some_terms(), 0_u32..300, circuit, prop::bool::weighted(0.2));
    vec(one, 0..6).prop_map(|all| {
        all.into_iter()
            .enumerate()
            .map(|(number, (terms, basis_points, circuit, is_excluded))| Candidate {
                terms,
                tariff: ProcessorTariff { basis_points, fixed_minor: 10 },
                circuit,
                excluded: is_excluded.then_some("it was tried already"),
                ..candidate(number as u128, &format!("account-{number}"))
            })
            .collect()
    })
}

fn some_rules() -> impl Strategy<Value = Vec<Rule>> {
    let one = (0_i32..3, option::of(currency()), 0_u128..6, 0_u32..100);
    vec(one, 0..5).prop_map(|all| {
        all.into_iter()
            .map(|(priority, currency, target, weight)| Rule {
                conditions: Conditions { currency, ..Conditions::default() },
                ..rule(priority, target, weight)
            })
            .collect()
    })
}

/// The law of terms, written without the code under test.
fn may_take(candidate: &Candidate, wanted: &Wanted) -> bool {
    let terms = &candidate.terms;
    let parts = [wanted.parts_minor.0, wanted.parts_minor.1];
    candidate.excluded.is_none()
        && terms.takes_new
        && (terms.currencies.is_empty() || terms.currencies.contains(&wanted.amount.currency()))
        && wanted.method.is_none_or(|one| terms.methods.is_empty() || terms.methods.contains(&one))
        && wanted
            .country
            .is_none_or(|one| terms.countries.is_empty() || terms.countries.contains(&one))
        && terms
            .limits
            .iter()
            .filter(|(least, _)| least.currency() == wanted.amount.currency())
            .all(|(least, most)| {
                parts.iter().all(|part| (least.minor()..=most.minor()).contains(part))
            })
}

proptest! {
    #[test]
    fn no_account_is_ever_chosen_that_cannot_take_the_payment(
        wanted in a_wanted(), candidates in some_candidates(), rules in some_rules(),
    ) {
        let able: Vec<_> = candidates.iter().filter(|one| may_take(one, &wanted)).collect();
        match choose(&wanted, &candidates, &rules) {
            Err(_) => prop_assert!(able.is_empty()),
            Ok(choice) => {
                let mut order = choice.order.clone();
                order.sort_unstable();
                let expected: Vec<_> = able.iter().map(|one| one.id).collect();
                prop_assert_eq!(order, expected, "each that can, once, and no other");
            }
        }
    }

    #[test]
    fn no_account_that_is_down_is_chosen_while_one_that_is_up_can_take_the_payment(
        wanted in a_wanted(), candidates in some_candidates(), rules in some_rules(),
    ) {
        let is_up = |one: &&Candidate| one.circuit == CircuitState::Closed;
        let up = candidates.iter().filter(|one| may_take(one, &wanted)).filter(is_up).count();
        if let Ok(choice) = choose(&wanted, &candidates, &rules) && up > 0 {
            let chosen = candidates.iter().find(|one| one.id == choice.account()).unwrap();
            prop_assert!(chosen.circuit != CircuitState::Open);
        }
    }

    #[test]
    fn the_choice_depends_on_nothing_but_what_is_asked(
        wanted in a_wanted(), candidates in some_candidates(), rules in some_rules(),
    ) {
        let mut turned = candidates.clone();
        turned.reverse();
        prop_assert_eq!(choose(&wanted, &candidates, &rules), choose(&wanted, &turned, &rules));
    }

    #[test]
    fn every_choice_and_every_refusal_is_one_short_sentence_that_names_the_account(
        wanted in a_wanted(), candidates in some_candidates(), rules in some_rules(),
    ) {
        let reason = match choose(&wanted, &candidates, &rules) {
            Err(none) => none.reason,
            Ok(choice) => {
                let chosen = candidates.iter().find(|one| one.id == choice.account()).unwrap();
                prop_assert!(choice.reason.starts_with(&chosen.name), "{}", choice.reason);
                choice.reason
            }
        };
        prop_assert!((10..500).contains(&reason.len()) && !reason.contains('\n'), "{reason}");
    }
}

fn tally(calls: u32, failures: u32, failures_in_row: u32) -> Tally {
    Tally { calls, failures, failures_in_row, probes_passed: 0 }
}

#[test]
fn a_circuit_opens_at_its_thresholds_and_not_one_call_before() {
    let thresholds = Thresholds::default();
    let opens = |tally| after_call(CircuitState::Closed, tally, false, &thresholds);

    assert_eq!(opens(tally(4, 4, 4)), None);
    let why = "5 calls failed one after the other".to_owned();
    assert_eq!(opens(tally(5, 5, 5)), Some(Change::Opens(why)));
    assert_eq!(opens(tally(9, 8, 2)), None);
    assert_eq!(opens(tally(100, 49, 2)), None);
    let why = "5 of 10 calls failed within 60 s".to_owned();
    assert_eq!(opens(tally(10, 5, 2)), Some(Change::Opens(why)));
}

#[test]
fn a_half_open_circuit_closes_after_enough_good_calls_and_opens_at_the_first_bad_one() {
    let thresholds = Thresholds::default();
    let passed = |probes_passed| Tally { probes_passed, ..Tally::default() };
    let after = |tally, good| after_call(CircuitState::HalfOpen, tally, good, &thresholds);

    assert_eq!(after(passed(2), true), None);
    assert_eq!(after(passed(3), true), Some(Change::Closes));
    assert!(matches!(after(passed(2), false), Some(Change::Opens(_))));
}

#[test]
fn what_was_under_way_when_a_circuit_opened_neither_closes_nor_prolongs_it() {
    let thresholds = Thresholds::default();

    for good in [true, false] {
        assert_eq!(after_call(CircuitState::Open, tally(50, 50, 50), good, &thresholds), None);
    }
}

#[test]
fn an_open_circuit_lets_calls_through_when_its_time_is_over() {
    let now = OffsetDateTime::UNIX_EPOCH;
    let circuit =
        Circuit { state: CircuitState::Open, retry_at: Some(now + Duration::SECOND), forced: None };

    assert_eq!(circuit.state_at(now), CircuitState::Open);
    assert_eq!(circuit.state_at(now + Duration::SECOND), CircuitState::HalfOpen);
}

#[test]
fn what_a_person_decided_counts_until_it_expires_by_itself() {
    let now = OffsetDateTime::UNIX_EPOCH;
    let until = now + Duration::MINUTE;
    let circuit = Circuit { forced: Some((CircuitState::Open, until)), ..Circuit::default() };

    assert_eq!(circuit.state_at(until - Duration::SECOND), CircuitState::Open);
    assert_eq!(circuit.state_at(until), CircuitState::Closed);
    assert!(!circuit.is_forced_at(until));
}
