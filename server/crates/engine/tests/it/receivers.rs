//! Several receivers of one stream of events: each hears all that it wants, and none waits for
//! another.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use domain::event::Announcement;
use domain::id::{ShopId, WebhookEndpointId};
use engine::db::new_plain_id;
use engine::webhooks::endpoints::{self, AddError, ENDPOINTS_MAX, NewEndpoint};
use engine::webhooks::{Deliver, lane};
use engine::{dead_letters, reconciliation::actor::Actor};
use jobs::{Lane, Step};
use serde_json::Value;
use sqlx::PgPool;
use tokio::net::TcpListener;

use crate::desk::Desk;

/// A server that notes what it takes, unless it is down.
#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<Heard>>);

#[derive(Default)]
struct Heard {
    is_down: bool,
    refused: usize,
    /// The ids and the types of the events, as they came.
    events: Vec<(String, String)>,
}

impl Receiver {
    async fn start() -> (Self, String) {
        let receiver = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let take = async |State(Self(heard)): State<Self>, headers: HeaderMap, body: String| {
            let mut heard = heard.lock().unwrap();
            if heard.is_down {
                heard.refused += 1;
                return StatusCode::SERVICE_UNAVAILABLE;
            }
            let body: Value = serde_json::from_str(&body).unwrap();
            let id = headers["webhook-id"].to_str().unwrap().to_owned();
            heard.events.push((id, body["type"].as_str().unwrap().to_owned()));
            StatusCode::NO_CONTENT
        };
        let router = Router::new().route("/", post(take)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (receiver, url)
    }

    fn is_down(&self, is_down: bool) {
        self.0.lock().unwrap().is_down = is_down;
    }

    fn refused(&self) -> usize {
        self.0.lock().unwrap().refused
    }

    /// What it took, in the order of the ids.
    fn heard(&self) -> Vec<(String, String)> {
        let mut events = self.0.lock().unwrap().events.clone();
        events.sort();
        events
    }

    fn types(&self) -> Vec<String> {
        let mut types: Vec<String> = self.heard().into_iter().map(|(_, kind)| kind).collect();
        types.sort();
        types
    }
}

fn deliveries(desk: &Desk) -> Lane<Deliver> {
    lane(Deliver::start(desk.pool(), true))
}

/// How often each endpoint was tried, and how often it took an event, by name.
async fn tries(desk: &Desk) -> Vec<(String, i64, i64)> {
    sqlx::query_as(
        "select receiver.name, count(*), count(*) filter (where status = 204)
         from webhook_attempt join webhook_endpoint as receiver using (webhook_endpoint_id)
         group by receiver.name order by receiver.name",
    )
    .fetch_all(desk.pool())
    .await
    .unwrap()
}

fn tried(name: &str, tries: i64, taken: i64) -> (String, i64, i64) {
    (name.into(), tries, taken)
}

fn endpoint(name: &str, url: &str) -> NewEndpoint {
    NewEndpoint { name: name.into(), url: url.into(), secret: None, event_types: Vec::new() }
}

#[sqlx::test(migrations = "../../../migrations")]
async fn several_receivers_hear_one_stream_and_one_that_is_down_delays_no_other(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let (books, books_url) = Receiver::start().await;
    let (analytics, analytics_url) = Receiver::start().await;
    desk.hears("books", &books_url, &[]).await;
    desk.hears("analytics", &analytics_url, &[Announcement::Captured]).await;
    books.is_down(true);
    desk.sold("one").await;
    desk.sold("two").await;
    desk.held("three").await;
    let lane = deliveries(&desk);

    assert_eq!(desk.step(&lane).await, Step { claimed: 5, failed: 3 });
    assert_eq!(analytics.types(), ["payment.captured", "payment.captured"], "at once");
    assert_eq!((books.refused(), books.heard().len()), (3, 0));
    desk.make_due().await;
    assert_eq!(desk.step(&lane).await, Step { claimed: 3, failed: 3 }, "those of one alone");
    books.is_down(false);
    desk.make_due().await;
    assert_eq!(desk.step(&lane).await, Step { claimed: 3, failed: 0 });
    desk.make_due().await;
    assert_eq!(desk.step(&lane).await, Step { claimed: 0, failed: 0 });

    let all = ["payment.authorized", "payment.captured", "payment.captured"];
    assert_eq!(books.types(), all, "each event once");
    let captured = books.heard().into_iter().filter(|(_, kind)| kind == "payment.captured");
    assert_eq!(captured.collect::<Vec<_>>(), analytics.heard(), "under the same ids");
    assert_eq!(tries(&desk).await, [tried("analytics", 2, 2), tried("books", 9, 3)]);
    assert_eq!(desk.world.count("select count(*) from outbox").await, 3);
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_one_receiver_never_takes_is_a_dead_letter_of_its_own(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let (books, books_url) = Receiver::start().await;
    let (analytics, analytics_url) = Receiver::start().await;
    let of_books = desk.hears("books", &books_url, &[]).await.id;
    desk.hears("analytics", &analytics_url, &[]).await;
    books.is_down(true);
    desk.sold("order").await;
    let mut lane = deliveries(&desk);
    lane.policy = "cancel".parse().unwrap();

    assert_eq!(desk.step(&lane).await, Step { claimed: 2, failed: 1 });
    let letters = dead_letters::list(desk.pool(), &dead_letters::Filter::default(), 10).await;
    let letters = letters.unwrap().rows;
    books.is_down(false);
    let ana = Actor::Person(desk.world.analyst.clone());
    dead_letters::retry(&desk.engine, None, letters[0].id, &ana).await.unwrap();
    assert_eq!(desk.step(&lane).await, Step { claimed: 1, failed: 0 });

    assert_eq!(letters.len(), 1);
    assert_eq!(books.heard(), analytics.heard());
    assert_eq!(analytics.heard().len(), 1);
    let untaken = endpoints::untaken(desk.pool(), desk.world.shop, of_books).await.unwrap();
    assert_eq!(untaken.len(), 1);
    assert_eq!(untaken[0].event.to_string(), books.heard()[0].0);
    assert_eq!((untaken[0].attempt, untaken[0].status), (1, Some(503)));
    let other: ShopId = new_plain_id();
    assert!(endpoints::untaken(desk.pool(), other, of_books).await.unwrap().is_empty());
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn what_waits_for_an_endpoint_that_is_disabled_ends_with_a_reason(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let (books, books_url) = Receiver::start().await;
    let (analytics, analytics_url) = Receiver::start().await;
    let of_books = desk.hears("books", &books_url, &[]).await.id;
    desk.hears("analytics", &analytics_url, &[]).await;
    books.is_down(true);
    desk.sold("before").await;
    let lane = deliveries(&desk);
    desk.step(&lane).await;

    let shop = desk.world.shop;
    let disabled = endpoints::disable(desk.pool(), shop, of_books, "a test").await.unwrap();
    let again = endpoints::disable(desk.pool(), shop, of_books, "a test").await.unwrap();
    books.is_down(false);
    desk.sold("after").await;
    desk.make_due().await;
    assert_eq!(desk.step(&lane).await, Step { claimed: 2, failed: 0 });

    assert_eq!((books.heard().len(), analytics.heard().len()), (0, 2));
    assert!(disabled.as_ref().is_some_and(|endpoint| endpoint.disabled_at.is_some()));
    assert_eq!(disabled, again, "a repeat changes nothing");
    let untaken = endpoints::untaken(desk.pool(), shop, of_books).await.unwrap();
    assert_eq!(untaken[0].error.as_deref(), Some("the endpoint is disabled"));
    assert_eq!(desk.world.count("select count(*) from job").await, 0);
    assert_eq!(desk.world.count("select count(*) from dead_letter").await, 0);
    let logged = "select count(*) from audit_log where object_type = 'webhook_endpoint'";
    assert_eq!(desk.world.count(logged).await, 3, "added twice, disabled once");
    desk.close().await;
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_name_is_that_of_one_endpoint_until_it_is_disabled(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let (pool, shop) = (desk.pool(), desk.world.shop);
    let add = |new| async move { endpoints::add(pool, shop, new, false, "a test").await };
    let books = || endpoint("books", "https://shop.example/hook");

    let racing = futures::future::join_all((0..8).map(|_| add(books()))).await;
    let added: Vec<_> = racing.iter().flatten().collect();
    assert_eq!(added.len(), 1);
    let taken = racing.iter().filter(|one| matches!(one, Err(AddError::NameTaken))).count();
    assert_eq!(taken, 7);
    endpoints::disable(pool, shop, added[0].0.id, "a test").await.unwrap();
    add(books()).await.unwrap();

    assert_eq!(endpoints::list(pool, shop).await.unwrap().len(), 1);
    assert_eq!(desk.world.count("select count(*) from webhook_endpoint").await, 2);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_shop_has_a_bounded_number_of_endpoints_also_when_they_are_added_at_once(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let (pool, shop) = (desk.pool(), desk.world.shop);
    let add = |number: usize| async move {
        let new = endpoint(&format!("no-{number}"), "https://shop.example/hook");
        endpoints::add(pool, shop, new, false, "a test").await
    };

    let racing = futures::future::join_all((0..ENDPOINTS_MAX + 4).map(add)).await;

    assert_eq!(racing.iter().filter(|one| one.is_ok()).count(), ENDPOINTS_MAX);
    assert!(
        racing
            .iter()
            .filter_map(|one| one.as_ref().err())
            .all(|error| { matches!(error, AddError::TooMany) })
    );
    assert_eq!(endpoints::list(pool, shop).await.unwrap().len(), ENDPOINTS_MAX);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn an_endpoint_that_nothing_may_be_sent_to_is_not_added(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let (pool, shop) = (desk.pool(), desk.world.shop);
    let good = endpoint("books", "https://shop.example/hook");
    let with_secret = |secret: &str| NewEndpoint { secret: Some(secret.into()), ..good.clone() };

    for (new, expected) in [
        (endpoint("books", "http://10.0.0.1/"), "inside of a private network"),
        (endpoint("books", "ftp://shop.example/"), "neither http nor https"),
        (endpoint("books", "https://shop.example/4242424242424242"), "card number"),
        (endpoint("4242424242424242", "https://shop.example/"), "card number"),
        (with_secret("whsec_c2hvcnQ="), "24 to 64 bytes"),
    ] {
        let refused = endpoints::add(pool, shop, new, false, "a test").await.unwrap_err();
        assert!(refused.to_string().contains(expected), "{refused}");
    }

    assert_eq!(desk.world.count("select count(*) from webhook_endpoint").await, 0);
    assert_eq!(desk.world.count("select count(*) from audit_log").await, 0);
}

#[sqlx::test(migrations = "../../../migrations")]
async fn the_endpoint_of_another_shop_is_not_there(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let id = desk.hears("books", "https://shop.example/hook", &[]).await.id;
    let other: ShopId = new_plain_id();
    let unknown: WebhookEndpointId = new_plain_id();

    assert_eq!(endpoints::find(desk.pool(), other, id).await.unwrap(), None);
    assert_eq!(endpoints::disable(desk.pool(), other, id, "a test").await.unwrap(), None);
    assert_eq!(endpoints::find(desk.pool(), desk.world.shop, unknown).await.unwrap(), None);
    let own = endpoints::find(desk.pool(), desk.world.shop, id).await.unwrap().unwrap();
    assert_eq!(own.disabled_at, None);
}
