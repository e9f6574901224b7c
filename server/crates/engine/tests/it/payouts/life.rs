//! The life of a pay-out, and what is refused on its way.

use domain::currency::Currency;
use domain::id::ApiKeyId;
use domain::money::Money;
use domain::payout::Phase;
use domain::payout::decide::Refused;
use engine::db::new_plain_id;
use engine::payouts::actor::By;
use engine::payouts::commands::{self, AskError};
use engine::payouts::create::{CreateError, NewPayout, create};
use engine::payouts::preview;
use sqlx::PgPool;

use super::{Counter, OTHER_IBAN};
use crate::fake_provider::Behaviour;
use crate::world::eur;

#[sqlx::test(migrations = "../../../migrations")]
async fn a_pay_out_is_made_approved_submitted_and_paid_with_one_entry_each(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;

    let made = counter.make(eur(57_00), counter.analyst()).await.unwrap();
    assert_eq!((made.state.phase, made.state.needs_second), (Phase::Draft, true), "the first");
    assert_eq!(counter.books().await, [100_00, 0, 0], "a draft posts nothing");
    let shown = preview::preview(counter.desk.pool(), made.shop, made.id).await.unwrap().unwrap();
    assert_eq!((shown.available, shown.available_after), (eur(100_00), eur(43_00)));
    counter.approve(made.id, counter.approver()).await.unwrap();
    counter.submit().await;
    assert_eq!(counter.phase(made.id).await, Phase::Submitted);
    assert_eq!(counter.books().await, [43_00, 57_00, 0]);
    counter.provider.becomes(&made.id.to_string(), "in_transit", None);
    counter.inquire().await;
    assert_eq!(counter.phase(made.id).await, Phase::InTransit);
    counter.provider.becomes(&made.id.to_string(), "paid", None);
    counter.inquire().await;

    assert_eq!(counter.phase(made.id).await, Phase::Paid);
    assert_eq!(counter.books().await, [43_00, 0, 57_00]);
    assert_eq!(counter.provider.transfers(), [(made.id.to_string(), "57.00".to_owned())]);
    let events = ["create", "approve", "submit", "accepted", "in_transit", "paid"];
    assert_eq!(counter.events(made.id).await, events);
    let told = "select string_agg(type, ' ' order by sequence) from outbox";
    let told: String = sqlx::query_scalar(told).fetch_one(counter.desk.pool()).await.unwrap();
    assert_eq!(
        told,
        "payout.created payout.approved payout.submitted payout.in_transit payout.paid"
    );
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_pay_out_that_comes_again_days_later_is_the_sellers_again_and_holds_the_others(
    pool: PgPool,
) {
    let counter = Counter::open(pool, eur(300_00)).await;
    let first = counter.paid(eur(100_00)).await;
    let draft = counter.make(eur(20_00), counter.analyst()).await.unwrap();
    assert_eq!(draft.state.phase, Phase::Approved, "nobody else is needed any more");

    counter.provider.becomes(&first.to_string(), "returned", Some("AC04"));
    counter.inquire().await;

    let returned = counter.read(first).await;
    assert_eq!(returned.state.phase, Phase::Returned);
    assert_eq!(returned.failure, Some(("AC04".into(), "AC04".into())));
    assert_eq!(counter.books().await, [300_00, 0, 0]);
    assert_eq!(counter.phase(draft.id).await, Phase::Held);
    counter.submit().await;
    assert_eq!(counter.provider.calls().len(), 1, "what is held is not submitted");
    let next = counter.make(eur(10_00), counter.analyst()).await.unwrap();
    assert_eq!(next.state.phase, Phase::Draft, "the account needs to be looked at");
    let resumed = counter.ask(draft.id, counter.approver());
    commands::resume(&counter.desk.engine, &resumed).await.unwrap();
    counter.submit().await;
    assert_eq!(counter.phase(draft.id).await, Phase::Submitted);
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_the_provider_refuses_has_failed_and_is_the_sellers_again(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let id = counter.approved(eur(57_00)).await;
    counter.provider.will(&[Behaviour::Refuse]);

    counter.submit().await;

    let failed = counter.read(id).await;
    assert_eq!(failed.state.phase, Phase::Failed);
    assert_eq!(failed.failure.unwrap().0, "invalid_iban");
    assert_eq!(counter.books().await, [100_00, 0, 0]);
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_chargeback_before_the_submission_keeps_the_pay_out_back_until_it_is_covered(
    pool: PgPool,
) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let id = counter.approved(eur(57_00)).await;
    counter.lose(eur(60_00)).await;

    counter.submit().await;
    let kept = counter.read(id).await;
    assert_eq!(kept.state.phase, Phase::Approved);
    assert_eq!(kept.refusal.as_deref(), Some("amount_too_large"));
    assert_eq!(counter.provider.calls(), Vec::<String>::new());
    counter.earn(eur(17_00)).await;
    counter.desk.make_due().await;
    counter.submit().await;

    let covered = counter.read(id).await;
    assert_eq!((covered.state.phase, covered.refusal), (Phase::Submitted, None));
    assert_eq!(counter.books().await, [0, 57_00, 0]);
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_pay_out_whose_bank_account_was_replaced_is_given_up_and_its_money_is_free(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let id = counter.approved(eur(57_00)).await;
    counter.verified(OTHER_IBAN).await;

    counter.submit().await;

    assert_eq!(counter.phase(id).await, Phase::Cancelled);
    assert_eq!(counter.provider.calls(), Vec::<String>::new());
    let shop = counter.desk.world.shop;
    let history = engine::payouts::history(counter.desk.pool(), shop, id).await.unwrap();
    let why = "the seller's bank account has changed since the pay-out was made";
    assert_eq!(history.last().unwrap().detail["reason"], why);
    counter.make(eur(100_00), counter.analyst()).await.unwrap();
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_cannot_be_paid_is_refused_and_nothing_is_written(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    counter.make(eur(60_00), counter.analyst()).await.unwrap();
    let rows = "select (select count(*) from payout) + (select count(*) from payout_history)
                     + (select count(*) from outbox) + (select count(*) from job)";
    let before = counter.desk.world.count(rows).await;
    let usd = Money::from_minor(1_00, Currency::USD);

    let too_much = counter.make(eur(40_01), counter.analyst()).await.unwrap_err();
    let nothing = counter.make(eur(0), counter.analyst()).await.unwrap_err();
    let negative = counter.make(eur(-1), counter.analyst()).await.unwrap_err();
    let foreign = counter.make(usd, counter.analyst()).await.unwrap_err();
    let reader = counter.desk.world.person("Rea", domain::permission::Role::Operator).await;
    let not_allowed = counter.make(eur(1), By::Person(reader)).await.unwrap_err();
    let stranger = NewPayout {
        shop: new_plain_id(),
        seller: counter.seller(),
        amount: eur(1),
        account: None,
        by: counter.analyst(),
        approves: true,
        slot: None,
    };
    let stranger = create(&counter.desk.engine, &stranger).await.unwrap_err();

    let CreateError::Refused(Refused::TooMuch { available, .. }) = too_much else {
        panic!("{too_much:?}")
    };
    assert_eq!(available, eur(40_00), "less what the other one will take");
    assert!(matches!(nothing, CreateError::Refused(Refused::NotPositive)), "{nothing:?}");
    assert!(matches!(negative, CreateError::Refused(Refused::NotPositive)), "{negative:?}");
    assert!(matches!(foreign, CreateError::NoAccount), "{foreign:?}");
    assert!(matches!(not_allowed, CreateError::NotAllowed), "{not_allowed:?}");
    assert!(matches!(stranger, CreateError::SellerUnknown), "{stranger:?}");
    assert_eq!(counter.desk.world.count(rows).await, before);
    counter.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_does_not_fit_where_a_pay_out_stands_is_refused(pool: PgPool) {
    let counter = Counter::open(pool, eur(100_00)).await;
    let made = counter.make(eur(57_00), counter.analyst()).await.unwrap();
    let engine = &counter.desk.engine;
    let ask = counter.ask(made.id, counter.approver());

    let stale = commands::approve(engine, &super::Ask { version: Some(7), ..ask.clone() }).await;
    let elsewhere = super::Ask { shop: new_plain_id(), ..ask.clone() };
    let elsewhere = commands::approve(engine, &elsewhere).await;
    let not_held = commands::resume(engine, &ask).await;
    commands::hold(engine, &ask).await.unwrap();
    let held = commands::approve(engine, &ask).await;
    commands::resume(engine, &ask).await.unwrap();
    commands::approve(engine, &ask).await.unwrap();
    let again = commands::approve(engine, &ask).await;
    counter.submit().await;
    let key = By::Shop(new_plain_id::<domain::id::kind::ApiKey>() as ApiKeyId);
    let under_way = commands::cancel(engine, &counter.ask(made.id, key)).await;

    assert!(matches!(stale, Err(AskError::Changed)), "{stale:?}");
    assert!(matches!(elsewhere, Err(AskError::NotFound)), "{elsewhere:?}");
    assert!(matches!(not_held, Err(AskError::Refused(Refused::NotHeld))), "{not_held:?}");
    assert!(matches!(held, Err(AskError::Refused(Refused::Held))), "{held:?}");
    assert!(matches!(again, Err(AskError::Refused(Refused::AlreadyApproved))), "{again:?}");
    assert!(matches!(under_way, Err(AskError::Refused(Refused::UnderWay))), "{under_way:?}");
    counter.close().await;
}
