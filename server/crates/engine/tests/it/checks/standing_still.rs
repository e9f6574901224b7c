//! A check that cannot look: it is said, it keeps no other from looking, and it goes on by itself.

use engine::checks::{self, Rule};
use engine::watch::look;
use sqlx::PgPool;

use crate::desk::Desk;

impl Desk {
    /// What is not resolved of the books: subject and message.
    async fn of_the_books(&self) -> Vec<(String, String)> {
        sqlx::query_as(
            "select subject, message from alert
             where kind = 'books_broken' and state <> 'resolved' order by subject",
        )
        .fetch_all(self.pool())
        .await
        .unwrap()
    }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_rule_that_cannot_be_looked_at_is_an_alert_and_the_others_go_on(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.sold("order").await;
    desk.sql("alter table payout rename to payout_elsewhere").await;

    let mut told = Vec::new();
    for _ in 0..checks::FAILURES_MAX {
        assert!(checks::round(&desk.engine).await.is_err());
        told.push(desk.of_the_books().await);
    }

    let last = told.pop().unwrap();
    assert!(told.iter().all(Vec::is_empty), "once or twice is nothing yet: {told:?}");
    assert_eq!((last.len(), last[0].0.as_str()), (1, "payouts_are_posted:unknown"));
    assert!(last[0].1.starts_with("Nobody knows whether the books hold."), "{last:?}");
    let now = time::OffsetDateTime::now_utc();
    for proof in checks::proofs(desk.pool()).await.unwrap() {
        let is_the_one = proof.rule == Rule::PayoutsArePosted;
        assert_eq!(proof.stands_still(now), is_the_one, "{proof:?}");
        assert_eq!(proof.passed_at.is_none(), is_the_one, "{proof:?}");
    }
    desk.sql("alter table payout_elsewhere rename to payout").await;
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_rule_that_nobody_has_looked_at_for_a_day_is_an_alert_until_somebody_does(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.breaches().await;
    desk.sql(
        "update proof_check set passed_at = now() - interval '2 days' where name = 'leases_end'",
    )
    .await;

    look::look(&desk.engine).await.unwrap();

    let open = desk.of_the_books().await;
    assert_eq!(open.len(), 1, "{open:?}");
    assert_eq!(open[0].0, "leases_end:unknown");
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn days_that_no_calendar_has_do_not_enter_the_books(pool: PgPool) {
    let desk = Desk::open(pool).await;
    desk.sold("order").await;

    for (statement, constraint) in [
        (
            "insert into posting (bucket, posting_id, shop_id, object_id, cause, effective_on)
             select bucket, payment_id, shop_id, payment_id, 'never', 'infinity' from payment",
            "posting_effective_check",
        ),
        (
            "insert into posting (bucket, posting_id, shop_id, object_id, cause, recorded_at)
             select bucket, payment_id, shop_id, payment_id, 'never', '20000-01-01' from payment",
            "posting_recorded_check",
        ),
        (
            "insert into audit_log (audit_id, actor, action, object_type, object_id, at)
             values (gen_random_uuid(), 'x', 'x', 'x', 'x', '-infinity')",
            "audit_log_at_check",
        ),
    ] {
        let refused = sqlx::query(statement).execute(desk.pool()).await.unwrap_err();
        let refused = refused.into_database_error().unwrap();
        assert_eq!(refused.constraint(), Some(constraint), "{refused}");
    }
    desk.close().await;
}
