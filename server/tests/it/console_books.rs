//! Sellers and statements in the console.

use domain::permission::Role;
use serde_json::json;
use sqlx::PgPool;

use crate::lifecycle::{at_work, post, single};
use crate::support::{PASSWORD, World};

const ANA: &str = "ana@test.example";

/// The cookie of somebody who is signed in.
async fn signed_in(world: &World) -> String {
    world.staff(ANA, Role::Analyst).await;
    let form = [("email", ANA), ("password", PASSWORD), ("next", "")];
    let answer = world.form("/console/actions/sign-in", "", &form).await;
    let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    assert!(!cookie.is_empty());
    cookie
}

#[sqlx::test(migrations = "../migrations")]
async fn staff_follow_a_sellers_money_from_the_list_to_each_line(pool: PgPool) {
    let (_psp, world) = at_work(pool).await;
    let cookie = signed_in(&world).await;
    single(&world, "order", true).await;
    let released = post(&world, "/v1/payments/order-1/release", "one", &json!({})).await;
    assert_eq!(released.status, 200, "{}", released.text);

    let list = world.page("/console/sellers", &cookie).await;
    assert!(list.text.contains("Test Books"), "{}", list.text);
    let seller = link(&list.text, "/console/sellers/sel_");
    let page = world.page(&seller, &cookie).await;
    assert!(page.text.contains("on delivery, and at the latest 14 days after the capture"));
    let statement = link(&page.text, "/console/ledger/seller_available?");
    let page = world.page(&statement, &cookie).await;
    assert_eq!(page.status, 200);
    for shown in ["released/4749", "order-1", "Seller available, Test Books"] {
        assert!(page.text.contains(shown), "{shown} is not in {}", page.text);
    }

    let file = world.page(&link(&page.text, "/console/ledger/seller_available/"), &cookie).await;
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    let lines: Vec<&str> = file.text.lines().collect();
    assert_eq!(lines.len(), 2, "{}", file.text);
    assert!(lines[1].ends_with(",order-1,-47.49,-47.49,EUR"), "{}", lines[1]);

    let trial = world.page("/console/ledger", &cookie).await;
    let fees = world.page(&link(&trial.text, "/console/ledger/platform_fees?"), &cookie).await;
    assert!(fees.text.contains("Platform fees"), "the shop's own account has no owner");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_statement_of_what_there_is_not_is_not_found(pool: PgPool) {
    let (_psp, world) = at_work(pool).await;
    let cookie = signed_in(&world).await;
    single(&world, "order", true).await;
    for address in [
        "/console/ledger/nothing?currency=EUR",
        "/console/ledger/platform_fees",
        "/console/ledger/platform_fees?currency=USD",
        "/console/ledger/seller_pending?currency=EUR",
        "/console/ledger/platform_fees/statement.csv?currency=ZZZ",
        "/console/sellers/sel_00000000000000000000000001",
    ] {
        assert_eq!(world.page(address, &cookie).await.status, 404, "{address}");
    }
    let out = world.page("/console/ledger/platform_fees/statement.csv?currency=EUR", "").await;
    assert_eq!(out.status, 303, "whoever is signed out gets nothing");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_earned_is_on_a_page_in_a_file_and_in_the_api(pool: PgPool) {
    let (_psp, world) = at_work(pool).await;
    let cookie = signed_in(&world).await;
    single(&world, "order", true).await;
    let today = time::OffsetDateTime::now_utc().date();

    let page = world.page("/console/ledger/revenue", &cookie).await;
    let file = world.page(&link(&page.text, "/console/ledger/revenue.csv?"), &cookie).await;
    let fees = world.page(&link(&page.text, "/console/ledger/platform_fees?"), &cookie).await;
    let query = format!("from={today}&to={today}&by=day");
    let answer = world.get(&format!("/v1/revenue?{query}")).await.json();

    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    let lines: Vec<&str> = file.text.lines().collect();
    assert_eq!(lines.len(), 2, "{}", file.text);
    assert!(lines[0].starts_with("from,to,currency,platform_fees,"), "{}", lines[0]);
    assert!(lines[1].contains(",EUR,2.50,") && lines[1].ends_with(",2.50"), "{}", lines[1]);
    assert!(fees.text.contains("order-1"), "the figure leads to its lines: {}", fees.text);
    let total = &answer["totals"][0];
    assert_eq!(answer["periods"][0], *total, "{answer}");
    assert_eq!(total["platform_fees"], "2.50");
    assert_eq!((&total["result"], &total["currency"]), (&json!("2.50"), &json!("EUR")));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_report_of_what_cannot_be_is_refused_with_the_reason(pool: PgPool) {
    let world = World::new(pool).await;
    let cookie = signed_in(&world).await;

    for (query, code, param) in [
        ("to=2026-01-01", "field_missing", "from"),
        ("from=2026-01-02&to=2026-01-01", "field_invalid", "to"),
        ("from=2026-01-01&to=2026-01-01&by=year", "field_invalid", "by"),
        ("from=2020-01-01&to=2026-01-01&by=day", "field_invalid", "from"),
        ("from=2020-01-01&to=2026-01-01&day=1", "field_unknown", "day"),
    ] {
        let (_, found, of) = world.get(&format!("/v1/revenue?{query}")).await.problem();
        assert_eq!((found.as_str(), of.as_str()), (code, param), "{query}");
    }
    let backwards = "/console/ledger/revenue?from=2026-01-02&to=2026-01-01&by=day";
    let page = world.page(backwards, &cookie).await;
    assert!(page.text.contains("The last day is before the first."), "{}", page.text);
    let long = "/console/ledger/revenue?from=2020-01-01&to=2026-01-01&by=day";
    assert!(world.page(long, &cookie).await.text.contains("too many days"));
    let file = world.page(&long.replace("revenue?", "revenue.csv?"), &cookie).await;
    assert_eq!((file.status.as_u16(), file.header("location")), (303, long));
    assert_eq!(world.page("/console/ledger/revenue.csv?by=year", &cookie).await.status, 404);
    assert_eq!(world.page("/console/ledger/revenue.csv", "").await.status, 303);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_statement_whose_days_are_in_the_wrong_order_says_so_beside_the_field(pool: PgPool) {
    let (_psp, world) = at_work(pool).await;
    let cookie = signed_in(&world).await;
    single(&world, "order", true).await;
    let days = "currency=EUR&from=2026-02-02&to=2026-02-01";
    let address = format!("/console/ledger/platform_fees?{days}");

    let page = world.page(&address, &cookie).await;
    let file = format!("/console/ledger/platform_fees/statement.csv?{days}");
    let file = world.page(&file, &cookie).await;

    assert_eq!(page.status, 200);
    for part in [
        "The first day is after the last.",
        r#"id="from-error""#,
        r#"aria-describedby="from-error""#,
        r#"value="2026-02-02""#,
        r#"value="2026-02-01""#,
    ] {
        assert!(page.text.contains(part), "{part} is not in {}", page.text);
    }
    assert!(!page.text.contains("Closing") && !page.text.contains("statement.csv"));
    assert_eq!(file.header("location"), address, "the file leads to the page that says why");
}

/// The first link of the page that begins so.
fn link(page: &str, begin: &str) -> String {
    let href = format!("href=\"{begin}");
    let at = page.find(&href).unwrap_or_else(|| panic!("no link to {begin} in {page}"));
    let rest = &page[at + "href=\"".len()..];
    rest[..rest.find('"').unwrap()].replace("&amp;", "&")
}
