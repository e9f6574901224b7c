//! Where a provider says one thing and then another, two people say what is true, and it is booked.

use domain::four_eyes::Objection;
use domain::id::{ApiKeyId, PayoutId};
use domain::payout::Phase;
use domain::payout::decide::Refused;
use domain::payout::ruling::{Ending, Ruling};
use domain::permission::Role;
use engine::db::new_plain_id;
use engine::payouts::PayoutRecord;
use engine::payouts::actor::By;
use engine::payouts::commands::{Ask, AskError};
use engine::payouts::rulings;
use engine::reconciliation::mismatches::ReasonError;
use sqlx::PgPool;

use super::Counter;
use crate::fake_provider::Behaviour;
use crate::world::eur;

const PROOF: &str = "statement 11, line 3";

impl Counter {
    /// A pay-out of 57.00 that was paid, and that the provider then says has failed.
    async fn contradicted(&self) -> PayoutId {
        let id = self.paid(eur(57_00)).await;
        self.contradicts(id).await;
        id
    }

    async fn contradicts(&self, id: PayoutId) {
        self.provider.becomes(&id.to_string(), "failed", Some("AC04"));
        self.inquire().await;
        let state = self.read(id).await.state;
        assert_eq!((state.phase, state.in_doubt), (Phase::Paid, true));
    }

    async fn say(&self, id: PayoutId, ending: Ending, by: By) -> Result<PayoutRecord, AskError> {
        let ask = Ask { reason: Some(PROOF.into()), ..self.ask(id, by) };
        rulings::propose(&self.desk.engine, &ask, ending).await
    }

    async fn agree(&self, id: PayoutId, by: By) -> Result<PayoutRecord, AskError> {
        rulings::confirm(&self.desk.engine, &self.ask(id, by)).await
    }

    async fn open_alerts(&self) -> i64 {
        let open =
            "select count(*) from alert where kind = 'irregular_fact' and state <> 'resolved'";
        self.desk.world.count(open).await
    }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn that_it_was_paid_ends_the_doubt_and_lets_the_sellers_others_go_on(pool: PgPool) {
    let counter = Counter::open(pool, eur(300_00)).await;
    let id = counter.paid(eur(57_00)).await;
    let other = counter.make(eur(10_00), counter.analyst()).await.unwrap().id;
    let checkers = counter.make(eur(5_00), counter.approver()).await.unwrap().id;
    counter.contradicts(id).await;
    assert_eq!([counter.phase(other).await, counter.phase(checkers).await], [Phase::Held; 2]);
    assert_eq!(counter.open_alerts().await, 1);

    let proposed = counter.say(id, Ending::Paid, counter.analyst()).await.unwrap();
    assert!(proposed.state.in_doubt, "one person alone changes nothing");
    assert_eq!(counter.open_alerts().await, 1);
    let ruled = counter.agree(id, counter.approver()).await.unwrap();

    let (by, confirmed_by) = (counter.desk.world.analyst.id, counter.desk.world.approver.id);
    let ruling = Ruling { ending: Ending::Paid, by, confirmed_by: Some(confirmed_by) };
    assert_eq!((ruled.state.phase, ruled.state.in_doubt), (Phase::Paid, false));
    assert_eq!((ruled.state.ruling, ruled.failure), (Some(ruling), None));
    assert_eq!(counter.books().await, [243_00, 0, 57_00], "nothing moved");
    assert_eq!(counter.phase(other).await, Phase::Approved);
    assert_eq!(counter.phase(checkers).await, Phase::Held, "nobody lets go of their own");
    assert_eq!(counter.open_alerts().await, 0);
    let told = "select count(*) from outbox where type = 'payout.paid'";
    assert_eq!(counter.desk.world.count(told).await, 2);
    let audited = "select count(*) from audit_log where detail ->> 'ruling' = 'paid'
                   and action in ('payout.propose_ruling', 'payout.confirm_ruling')";
    assert_eq!(counter.desk.world.count(audited).await, 2);
    counter.inquire().await;
    assert!(!counter.read(id).await.state.in_doubt, "the provider has said so before");
    assert_eq!(counter.open_alerts().await, 0);
    counter.submit().await;
    assert_eq!(counter.phase(other).await, Phase::Submitted);
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn that_it_came_back_is_booked_and_the_others_wait_for_a_look_at_the_account(pool: PgPool) {
    let counter = Counter::open(pool, eur(300_00)).await;
    let id = counter.paid(eur(57_00)).await;
    let other = counter.make(eur(10_00), counter.analyst()).await.unwrap().id;
    counter.contradicts(id).await;
    counter.say(id, Ending::Returned, counter.approver()).await.unwrap();
    let second = counter.desk.world.person("Cleo", Role::Approver).await;

    let ruled = counter.agree(id, By::Person(second)).await.unwrap();

    assert_eq!((ruled.state.phase, ruled.state.in_doubt), (Phase::Returned, false));
    assert_eq!(ruled.failure.map(|(code, _)| code).as_deref(), Some("AC04"));
    assert_eq!(counter.books().await, [300_00, 0, 0]);
    assert_eq!(counter.phase(other).await, Phase::Held, "as after any return");
    assert_eq!(counter.open_alerts().await, 0);
    let events = counter.events(id).await;
    assert_eq!(events[events.len() - 2..], ["propose_ruling", "confirm_ruling"]);
    counter.provider.becomes(&id.to_string(), "returned", Some("AC04"));
    counter.inquire().await;
    assert_eq!(counter.books().await, [300_00, 0, 0], "it came back once");
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn nobody_rules_alone_without_proof_or_without_the_role_and_nothing_is_written(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let id = counter.contradicted().await;
    let reader = By::Person(counter.desk.world.person("Rea", Role::Operator).await);
    let key: ApiKeyId = new_plain_id();
    let before = counter.read(id).await;
    let engine = &counter.desk.engine;

    let silent = rulings::propose(engine, &counter.ask(id, counter.analyst()), Ending::Paid).await;
    let by_reader = counter.say(id, Ending::Paid, reader.clone()).await;
    let by_shop = counter.say(id, Ending::Paid, By::Shop(key)).await;
    let never = counter.say(id, Ending::Failed, counter.analyst()).await;
    let nothing_said = counter.agree(id, counter.approver()).await;
    let elsewhere = Ask { shop: new_plain_id(), ..counter.ask(id, counter.approver()) };
    let elsewhere = rulings::confirm(engine, &elsewhere).await;

    assert!(matches!(silent, Err(AskError::Reason(ReasonError::TooShort))), "{silent:?}");
    assert!(matches!(by_reader, Err(AskError::NotAllowed)), "{by_reader:?}");
    assert!(matches!(by_shop, Err(AskError::NotAllowed)), "{by_shop:?}");
    assert!(matches!(never, Err(AskError::Refused(Refused::NotInQuestion))), "{never:?}");
    assert!(matches!(nothing_said, Err(AskError::Refused(Refused::NoRuling))), "{nothing_said:?}");
    assert!(matches!(elsewhere, Err(AskError::NotFound)), "{elsewhere:?}");
    assert_eq!(counter.read(id).await.version, before.version);
    let said = counter.say(id, Ending::Paid, counter.approver()).await.unwrap();
    let alone = counter.agree(id, counter.approver()).await;
    let by_analyst = counter.agree(id, counter.analyst()).await;
    let own = Refused::FourEyes(Objection::MakerIsChecker);
    assert!(matches!(alone, Err(AskError::Refused(why)) if why == own), "{alone:?}");
    assert!(matches!(by_analyst, Err(AskError::NotAllowed)), "{by_analyst:?}");
    assert_eq!(counter.read(id).await.version, said.version);
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_was_said_is_withdrawn_or_overtaken_by_a_provider_that_corrects_itself(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let id = counter.contradicted().await;
    let engine = &counter.desk.engine;
    counter.say(id, Ending::Returned, counter.analyst()).await.unwrap();
    let ask = counter.ask(id, counter.approver());

    let withdrawn = rulings::withdraw(engine, &ask).await.unwrap();
    let again = rulings::withdraw(engine, &ask).await;
    counter.say(id, Ending::Returned, counter.analyst()).await.unwrap();
    counter.provider.becomes(&id.to_string(), "paid", None);
    counter.inquire().await;
    let late = counter.agree(id, counter.approver()).await;

    assert_eq!((withdrawn.state.ruling, withdrawn.state.in_doubt), (None, true));
    assert!(matches!(again, Err(AskError::Refused(Refused::NoRuling))), "{again:?}");
    let known = counter.read(id).await;
    assert_eq!((known.state.in_doubt, known.state.ruling, known.failure), (false, None, None));
    assert!(matches!(late, Err(AskError::Refused(Refused::NoRuling))), "{late:?}");
    assert_eq!(counter.books().await, [43_00, 0, 57_00]);
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_can_never_be_believed_is_ruled_on_once_no_call_can_arrive_any_more(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let id = counter.approved(eur(57_00)).await;
    counter.provider.will(&[Behaviour::WrongAmount]);
    counter.submit().await;
    assert!(counter.read(id).await.state.in_doubt);

    let early = counter.say(id, Ending::Failed, counter.analyst()).await;
    counter.let_calls_expire().await;
    counter.inquire().await;
    counter.say(id, Ending::Failed, counter.analyst()).await.unwrap();
    let ruled = counter.agree(id, counter.approver()).await.unwrap();

    assert!(matches!(early, Err(AskError::Refused(Refused::NotInQuestion))), "{early:?}");
    assert_eq!((ruled.state.phase, ruled.state.in_doubt), (Phase::Failed, false));
    assert_eq!(counter.books().await, [100_00, 0, 0]);
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn two_who_agree_at_once_book_it_once(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let id = counter.contradicted().await;
    counter.say(id, Ending::Returned, counter.analyst()).await.unwrap();
    let second = counter.desk.world.person("Cleo", Role::Approver).await;

    let (one, other) =
        tokio::join!(counter.agree(id, counter.approver()), counter.agree(id, By::Person(second)));

    assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1, "{one:?} {other:?}");
    assert_eq!(counter.books().await, [100_00, 0, 0]);
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_row_of_one_person_or_without_its_doubt_is_refused_by_the_database(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let id = counter.contradicted().await;
    counter.say(id, Ending::Paid, counter.analyst()).await.unwrap();

    for (planted, constraint) in [
        (
            "update payout set ruling_confirmed_by = ruling_by, in_doubt = false",
            "payout_ruling_second_check",
        ),
        ("update payout set in_doubt = false", "payout_ruling_phase_check"),
        ("update payout set ruling = 'lost'", "payout_ruling_check"),
        ("update payout set ruling_by = null", "payout_ruling_check"),
        ("update payout set ruling = null", "payout_ruling_check"),
    ] {
        let refused = sqlx::query(planted).execute(counter.desk.pool()).await.unwrap_err();
        let error = refused.as_database_error().expect("the database refuses it");
        assert_eq!(error.constraint(), Some(constraint), "{planted}");
    }
    counter.close().await;
}
