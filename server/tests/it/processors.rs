//! Processors in the console: which are called, why, and deciding otherwise.

use domain::permission::Role;
use sqlx::PgPool;

use crate::support::World;

const ANA: &str = "ana@test.example";
const OLGA: &str = "olga@test.example";

#[sqlx::test(migrations = "../migrations")]
async fn a_processor_is_forced_open_in_the_console_with_a_reason_and_for_a_while(pool: PgPool) {
    let world = World::new(pool).await;
    world.staff(ANA, Role::Analyst).await;
    world.staff(OLGA, Role::Operator).await;
    let (ana, olga) = (world.sign_in(ANA).await, world.sign_in(OLGA).await);
    let id = account(&world.pool).await;
    let page = format!("/console/processors/{id}");
    let action = format!("/console/actions/processors/{id}/force");
    let fields = |version, minutes, reason| {
        [("version", version), ("wish", "open"), ("minutes", minutes), ("reason", reason)]
    };

    let list = world.page("/console/processors", &ana).await.text;
    let before = world.page(&page, &ana).await.text;
    let looked = world.page(&page, &olga).await.text;
    let unreasoned = world.form(&action, &ana, &fields("0", "60", "")).await;
    let endless = world.form(&action, &ana, &fields("0", "0", "it is broken")).await;
    let forbidden = world.form(&action, &olga, &fields("0", "60", "it is broken")).await;
    let forced = world.form(&action, &ana, &fields("0", "60", "it is broken")).await;
    let stale = world.form(&action, &ana, &fields("0", "60", "it is broken")).await;
    let after = world.page(&page, &ana).await.text;
    let listed = world.page("/console/processors", &ana).await.text;

    assert!(list.contains(&page) && list.contains("Called"), "{list}");
    assert!(
        before.contains("Decide whether it is called") && before.contains("5 failures in a row")
    );
    assert!(!looked.contains("Decide whether it is called"));
    let to = |what: &str| format!("{page}?{what}");
    assert_eq!(unreasoned.header("location"), to("problem=reason_needed&field=reason"));
    assert_eq!(endless.header("location"), to("problem=duration_missing&field=minutes"));
    assert_eq!(forbidden.header("location"), to("problem=not_allowed"));
    assert_eq!(forced.header("location"), to("notice=circuit_forced"));
    assert_eq!(stale.header("location"), to("problem=stale"));
    assert!(after.contains("it is broken") && after.contains("Ends by itself"), "{after}");
    assert!(listed.contains("Not called") && listed.contains("by a person"), "{listed}");
}

#[sqlx::test(migrations = "../migrations")]
async fn another_shops_processor_is_not_there(pool: PgPool) {
    let world = World::new(pool).await;
    world.staff(ANA, Role::Admin).await;
    let ana = world.sign_in(ANA).await;
    sqlx::query(
        "with other as (insert into shop (shop_id, name) values (gen_random_uuid(), 'Other')
                        returning shop_id)
         update processor_account set shop_id = other.shop_id from other",
    )
    .execute(&world.pool)
    .await
    .unwrap();
    let id = account(&world.pool).await;
    let action = format!("/console/actions/processors/{id}/force");
    let fields =
        [("version", "0"), ("wish", "open"), ("minutes", "60"), ("reason", "it is broken")];

    let page = world.page(&format!("/console/processors/{id}"), &ana).await;
    let forced = world.form(&action, &ana, &fields).await;

    assert_eq!(page.status, 404);
    assert_eq!(forced.status, 404);
    let circuits: i64 =
        sqlx::query_scalar("select count(*) from circuit").fetch_one(&world.pool).await.unwrap();
    assert_eq!(circuits, 0);
}

async fn account(pool: &PgPool) -> String {
    let id: uuid::Uuid = sqlx::query_scalar("select processor_account_id from processor_account")
        .fetch_one(pool)
        .await
        .unwrap();
    domain::id::ProcessorAccountId::from_uuid(id).to_string()
}
