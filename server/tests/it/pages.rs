//! Headers, health, and pages of our own for what is not there or breaks.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use server::web::layers;
use sqlx::PgPool;
use tower::ServiceExt;

use crate::support::{Answer, World};

async fn page(world: &World, path: &str) -> Answer {
    let request = Request::get(path).header("accept", "text/html");
    world.send(request.body(Body::empty()).unwrap()).await
}

#[sqlx::test(migrations = "../migrations")]
async fn an_unknown_address_gets_our_own_page(pool: PgPool) {
    let world = World::new(pool).await;
    for path in [
        "/nothing",
        "/checkout/none/none",
        "/checkout/chk_01jd5gq3hrf0a9b8c7d6e5f4g3/key",
        "/status/x/y",
    ] {
        let answer = page(&world, path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text.contains("<html"), "{path}");
    }
    let post = world.send(Request::post("/nothing").body(Body::empty()).unwrap()).await;
    assert_eq!(post.status, 404);
}

#[sqlx::test(migrations = "../migrations")]
async fn every_answer_carries_the_headers_that_protect(pool: PgPool) {
    let world = World::new(pool).await;
    for path in
        ["/nothing", "/console/sign-in", "/v1/x", "/health/live", "/pkg/x.css", "/checkout/x/y"]
    {
        let answer = page(&world, path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe-inline"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(!answer.header("referrer-policy").is_empty(), "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn health_says_whether_the_service_can_be_used(pool: PgPool) {
    let world = World::new(pool).await;
    assert_eq!(page(&world, "/health/live").await.status, 204);
    assert_eq!(page(&world, "/health/ready").await.status, 204);

    world.pool.close().await;

    assert_eq!(page(&world, "/health/live").await.status, 204);
    assert_eq!(page(&world, "/health/ready").await.problem().1, "unavailable");
    let problem = world.get("/v1/checkouts/order").await;
    assert_eq!((problem.status.as_u16(), problem.problem().1.as_str()), (503, "unavailable"));
    assert!(!problem.header("retry-after").is_empty());
    assert!(!problem.text.contains("pool"), "{}", problem.text);
}

/// What a handler says when it breaks must stay inside.
#[expect(clippy::panic, reason = "this is what is tested")]
async fn broken() -> StatusCode {
    panic!("secret of the house")
}

#[tokio::test]
async fn what_breaks_is_answered_without_internals() {
    let router = Router::new().route("/v1/broken", get(broken)).route("/broken", get(broken));
    let router = layers::around(router);
    let ask = async |path: &str| {
        let request = Request::get(path).body(Body::empty()).unwrap();
        Answer::read(router.clone().oneshot(request).await.unwrap()).await
    };

    let problem = ask("/v1/broken").await;
    let page = ask("/broken").await;

    assert_eq!(problem.problem(), (500, "internal".into(), String::new()));
    assert_eq!(page.status, 500);
    assert!(page.text.contains("<html"));
    for answer in [problem, page] {
        assert!(!answer.text.contains("secret"), "{}", answer.text);
    }
}
