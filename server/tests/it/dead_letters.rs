//! Dead letters in the console: seen by their shop, decided about by those who may, each once.

use domain::id::JobId;
use domain::permission::Role;
use sqlx::PgPool;

use crate::support::{World, paid_with};

const ANA: &str = "ana@test.example";
const REA: &str = "rea@test.example";

/// A payment whose work was given up.
async fn dead(world: &World, key: &str) -> JobId {
    world.create(key, &paid_with(key, "pm_card_visa")).await;
    let job: uuid::Uuid = sqlx::query_scalar(
        "with dead as (delete from job where job_id = (select min(job_id::text)::uuid from job) returning *)
         insert into dead_letter (bucket, job_id, kind, subject_id, payload, ordering_key, attempts,
                                  last_error, error_class, created_at)
         select bucket, job_id, kind, subject_id, payload, ordering_key, 1, 'refused <b>twice</b>',
                'refused', created_at from dead returning job_id",
    )
    .fetch_one(&world.pool)
    .await
    .unwrap();
    JobId::from_uuid(job)
}

/// Nobody waits for any work any more.
async fn end_all(world: &World) {
    sqlx::query("update payment set phase = 'failed'").execute(&world.pool).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn dead_letters_are_listed_shown_retried_together_and_discarded_with_a_reason(pool: PgPool) {
    let world = World::new(pool).await;
    world.staff(ANA, Role::Analyst).await;
    let cookie = world.sign_in(ANA).await;
    let (one, two) = (dead(&world, "one").await, dead(&world, "two").await);

    let list = world.page("/console/dead-letters", &cookie).await;
    assert_eq!(list.status, 200);
    assert!(list.text.contains("2\u{a0}dead letters"), "{}", list.text);
    assert!(list.text.contains(&one.to_string()) && list.text.contains(&two.to_string()));
    assert!(!list.text.contains("<b>twice"), "what the outside said is text");
    let page = world.page(&format!("/console/dead-letters/{one}"), &cookie).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("Retry all 2 like this"));

    let form = format!("/console/actions/dead-letters/{one}/discard");
    let empty = world.form(&form, &cookie, &[("reason", " ")]).await;
    assert!(empty.header("location").ends_with("?problem=reason_missing&field=reason"));
    let waited = world.form(&form, &cookie, &[("reason", "paid in cash")]).await;
    let said = waited.header("location");
    assert!(said.ends_with("?problem=dead_letter_waited_for"), "{said}");
    assert!(world.page(said, &cookie).await.text.contains("asks the processor first"));
    end_all(&world).await;
    let done = world.form(&form, &cookie, &[("reason", "paid in cash")]).await;
    assert!(done.header("location").ends_with("?notice=dead_letter_discarded"));
    let page = world.page(&format!("/console/dead-letters/{one}"), &cookie).await;
    assert!(page.text.contains("paid in cash") && page.text.contains("Staff ana@test.example"));

    let form = format!("/console/actions/dead-letters/{two}/retry-like");
    let done = world.form(&form, &cookie, &[]).await;
    assert_eq!(done.header("location"), "/console/dead-letters?notice=dead_letters_retried");
    let again = world.form(&form, &cookie, &[]).await;
    assert_eq!(again.header("location"), "/console/dead-letters?problem=dead_letter_gone");
    assert_eq!(world.count("dead_letter").await, 1, "what is discarded stays");
    assert_eq!(world.count("audit_log").await, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn who_may_not_decide_about_dead_letters_sees_no_forms_and_is_refused(pool: PgPool) {
    let world = World::new(pool).await;
    world.staff(REA, Role::Operator).await;
    let cookie = world.sign_in(REA).await;
    let job = dead(&world, "one").await;

    let page = world.page(&format!("/console/dead-letters/{job}"), &cookie).await;
    assert_eq!(page.status, 200);
    assert!(!page.text.contains("/console/actions/dead-letters"));
    for act in ["retry", "retry-like", "discard"] {
        let path = format!("/console/actions/dead-letters/{job}/{act}");
        let answer = world.form(&path, &cookie, &[("reason", "because")]).await;
        assert!(answer.header("location").ends_with("?problem=not_allowed"), "{act}");
    }
    let signed_out = world.form("/console/actions/dead-letters/x/retry", "", &[]).await;
    assert_eq!(signed_out.header("location"), "/console/sign-in");

    assert_eq!(world.count("dead_letter").await, 1);
    assert_eq!(world.count("audit_log").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_command_line_lists_shows_retries_and_discards_dead_letters(pool: PgPool) {
    let world = World::new(pool).await;
    let (one, two) = (dead(&world, "one").await, dead(&world, "two").await);
    let url = world.database_url();
    let run = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_paydesk"))
            .args(["dead-letters", "--database-url", &url])
            .args(arguments)
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };

    let (_, listed) = run(&["list"]);
    let (_, others) = run(&["list", "--kind", "deliver_webhook"]);
    let (_, shown) = run(&["show", &one.to_string()]);
    let (no_reason, _) = run(&["discard", &one.to_string(), "--reason", " ", "--by", "Ana"]);
    let (too_early, _) =
        run(&["discard", &one.to_string(), "--reason", "paid in cash", "--by", "Ana"]);
    end_all(&world).await;
    let (discarded, _) =
        run(&["discard", &one.to_string(), "--reason", "paid in cash", "--by", "Ana"]);
    let (retried, _) = run(&["retry", &two.to_string(), "--like"]);
    let (again, _) = run(&["retry", &two.to_string()]);

    assert!(listed.contains("2  execute_payment  refused"), "{listed}");
    assert!(listed.contains(&one.to_string()) && listed.contains("2 fit"), "{listed}");
    assert!(others.contains("0 fit"), "{others}");
    assert!(shown.contains("2 wait of the same kind and cause"), "{shown}");
    assert!(discarded && retried && !no_reason && !too_early && !again);
    let reason: String = sqlx::query_scalar("select discard_reason from dead_letter")
        .fetch_one(&world.pool)
        .await
        .unwrap();
    assert_eq!(reason, "paid in cash (Ana, at the command line)");
    assert_eq!(world.count("audit_log").await, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn one_dead_letter_is_retried_by_its_form_once_and_keeps_its_history(pool: PgPool) {
    let world = World::new(pool).await;
    world.staff(ANA, Role::Analyst).await;
    let cookie = world.sign_in(ANA).await;
    let (one, two) = (dead(&world, "one").await, dead(&world, "two").await);
    let form = format!("/console/actions/dead-letters/{one}/retry");

    let done = world.form(&form, &cookie, &[]).await;
    let again = world.form(&form, &cookie, &[]).await;

    assert_eq!(done.header("location"), "/console/dead-letters?notice=dead_letter_retried");
    assert_eq!(again.header("location"), "/console/dead-letters?problem=dead_letter_gone");
    let (attempt, uncounted): (i32, i32) =
        sqlx::query_as("select attempt, uncounted from job where job_id = $1")
            .bind(one.uuid())
            .fetch_one(&world.pool)
            .await
            .unwrap();
    assert_eq!(
        (attempt, uncounted),
        (1, 1),
        "it has all its tries again, and knows the one before"
    );
    let left: Vec<uuid::Uuid> =
        sqlx::query_scalar("select job_id from dead_letter").fetch_all(&world.pool).await.unwrap();
    assert_eq!(left, [two.uuid()], "the other stays");
    let logged: Vec<String> =
        sqlx::query_scalar("select action from audit_log").fetch_all(&world.pool).await.unwrap();
    assert_eq!(logged, ["dead_letter.retried"]);
}

/// What was given up of telling the operator of an alert, of the shop or of none.
async fn untold(world: &World, alert: &str) -> JobId {
    let of_shop = alert == "own";
    let job: uuid::Uuid = sqlx::query_scalar(
        "with alert as (
             insert into alert (alert_id, shop_id, kind, subject, severity, message, facts)
             values (gen_random_uuid(), $1, 'circuit_opened', $2, 'critical', 'south is out', '{}')
             returning alert_id)
         insert into dead_letter (bucket, job_id, kind, subject_id, payload, attempts, last_error,
                                  error_class, created_at)
         select bucket_of(alert_id), alert_id, 'tell_operator', alert_id, '{}', 60, 'answered 500',
                'answered', now() from alert
         returning job_id",
    )
    .bind(of_shop.then(|| world.shop.uuid()))
    .bind(alert)
    .fetch_one(&world.pool)
    .await
    .unwrap();
    JobId::from_uuid(job)
}

#[sqlx::test(migrations = "../migrations")]
async fn the_dead_letters_of_anothers_alerts_or_of_no_shop_are_not_there_for_staff(pool: PgPool) {
    let world = World::new(pool).await;
    let (own, of_none) = (untold(&world, "own").await, untold(&world, "none").await);
    world.staff(ANA, Role::Analyst).await;
    let ana = world.sign_in(ANA).await;
    world.staff(REA, Role::Admin).await;
    let other = engine::shops::save_shop(&world.pool, "Other Shop", None).await.unwrap();
    sqlx::query("update staff set shop_id = $1 where email = $2")
        .bind(other.uuid())
        .bind(REA)
        .execute(&world.pool)
        .await
        .unwrap();
    let rea = world.sign_in(REA).await;

    for (cookie, job) in [(&rea, own), (&rea, of_none), (&ana, of_none)] {
        let list = world.page("/console/dead-letters", cookie).await.text;
        let overview = world.page("/console", cookie).await.text;
        let page = world.page(&format!("/console/dead-letters/{job}"), cookie).await;
        assert!(!list.contains(&job.to_string()), "{list}");
        assert!(!overview.contains("2\u{a0}dead letters"), "{overview}");
        assert_eq!(page.status, 404);
        for act in ["retry", "retry-like", "discard"] {
            let path = format!("/console/actions/dead-letters/{job}/{act}");
            let answer = world.form(&path, cookie, &[("reason", "not mine")]).await;
            let gone = "/console/dead-letters?problem=dead_letter_gone";
            assert_eq!(answer.header("location"), gone, "{act}");
        }
    }
    assert_eq!(world.count("dead_letter where discarded_at is null").await, 2);

    let seen = world.page(&format!("/console/dead-letters/{own}"), &ana).await;
    assert_eq!(seen.status, 200, "their own is");
    let like = format!("/console/actions/dead-letters/{own}/retry-like");
    world.form(&like, &ana, &[]).await;
    let left: Vec<uuid::Uuid> =
        sqlx::query_scalar("select job_id from dead_letter").fetch_all(&world.pool).await.unwrap();
    assert_eq!(left, [of_none.uuid()], "and what is like it elsewhere is left alone");
    let everything = engine::dead_letters::Filter::default();
    let at_the_command_line = engine::dead_letters::list(&world.pool, &everything, 10).await;
    assert_eq!(at_the_command_line.unwrap().total, 1);
}
