//! A shop whose server is slow keeps nobody else waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use engine::webhooks::{Deliver, endpoints, lane};
use jobs::Waker;
use sqlx::PgPool;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::desk::Desk;

/// A server that answers every request with 200, or takes them and never answers.
async fn shop_server(answers: bool) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hooks", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let count = Arc::clone(&count);
            tokio::spawn(async move {
                let mut request = vec![0; 65_536];
                while stream.read(&mut request).await.is_ok_and(|bytes| bytes > 0) {
                    count.fetch_add(1, Ordering::Relaxed);
                    if !answers {
                        std::future::pending::<()>().await;
                    }
                    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
                    if stream.write_all(answer).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (url, asked)
}

/// An endpoint at `url` of a shop of its own.
async fn of_another_shop(desk: &Desk, url: &str) -> Uuid {
    let webhook = Some((url, "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ="));
    let shop = engine::shops::save_shop(desk.pool(), url, webhook).await.unwrap();
    endpoints::list(desk.pool(), shop).await.unwrap()[0].id.uuid()
}

/// `count` events for an endpoint, due since `minutes`.
async fn events(desk: &Desk, endpoint: Uuid, count: i32, minutes: i32) {
    sqlx::query(
        "with event as (
             insert into outbox (bucket, object_id, sequence, event_id, shop_id, type, payload)
             select bucket_of(id), id, 1, id, shop_id, 'payment.captured', '{}'
             from (select gen_random_uuid() as id from generate_series(1, $2)) as new,
                  webhook_endpoint
             where webhook_endpoint_id = $1
             returning bucket, object_id, sequence, event_id
         )
         insert into job (bucket, job_id, kind, subject_id, payload, due_at)
         select bucket, event_id, 'deliver_webhook', event_id,
                jsonb_build_object('object', object_id, 'sequence', sequence, 'endpoint', $1),
                now() - make_interval(mins => $3)
         from event",
    )
    .bind(endpoint)
    .bind(count)
    .bind(minutes)
    .execute(desk.pool())
    .await
    .unwrap();
}

/// Has the lane run until `asked` was asked 20 times: well before the first delivery to a receiver
/// that hangs is given up, after ten seconds.
async fn run_until_heard(desk: &Desk, asked: &AtomicUsize) {
    let shutdown = CancellationToken::new();
    let lane = lane(Deliver::start(desk.pool(), true));
    let running = tokio::spawn(lane.run(desk.pool().clone(), Waker::default(), shutdown.clone()));
    let all_heard = async {
        while asked.load(Ordering::Relaxed) < 20 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(9), all_heard).await.expect("the other one hears");
    shutdown.cancel();
    running.abort();
}

async fn put_back(desk: &Desk, endpoint: Uuid) -> i64 {
    sqlx::query_scalar("select count(*) from job where waits_for = $1")
        .bind(endpoint)
        .fetch_one(desk.pool())
        .await
        .unwrap()
}

#[sqlx::test(migrations = "../../../migrations")]
async fn one_slow_shop_does_not_hold_the_deliveries_of_the_others(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let (slow_url, slow_asked) = shop_server(false).await;
    let (fast_url, fast_asked) = shop_server(true).await;
    let slow = of_another_shop(&desk, &slow_url).await;
    events(&desk, slow, 300, 60).await;
    events(&desk, of_another_shop(&desk, &fast_url).await, 20, 1).await;

    run_until_heard(&desk, &fast_asked).await;

    assert!(slow_asked.load(Ordering::Relaxed) <= 16, "more than its share");
    assert_eq!(desk.world.count("select count(*) from dead_letter").await, 0);
    let put_back = put_back(&desk, slow).await;
    assert!(put_back > 0, "what cannot be sent yet waits in the queue and holds no slot");
}

#[sqlx::test(migrations = "../../../migrations")]
async fn one_slow_receiver_does_not_hold_the_deliveries_of_the_others_of_its_shop(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let (slow_url, slow_asked) = shop_server(false).await;
    let (fast_url, fast_asked) = shop_server(true).await;
    let slow = desk.hears("slow", &slow_url, &[]).await.id.uuid();
    let fast = desk.hears("fast", &fast_url, &[]).await.id.uuid();
    events(&desk, slow, 300, 60).await;
    events(&desk, fast, 20, 1).await;

    run_until_heard(&desk, &fast_asked).await;

    assert!(slow_asked.load(Ordering::Relaxed) <= 16, "more than its share");
    assert!(put_back(&desk, slow).await > 0);
    assert_eq!(put_back(&desk, fast).await, 0, "nothing of the fast one was put back");
}

#[sqlx::test(migrations = "../../../migrations")]
async fn a_shop_all_of_whose_receivers_hang_leaves_room_for_the_others(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let (slow_url, slow_asked) = shop_server(false).await;
    let (fast_url, fast_asked) = shop_server(true).await;
    for name in ["one", "two", "three", "four", "five"] {
        let slow = desk.hears(name, &slow_url, &[]).await.id.uuid();
        events(&desk, slow, 100, 60).await;
    }
    events(&desk, of_another_shop(&desk, &fast_url).await, 20, 1).await;

    run_until_heard(&desk, &fast_asked).await;

    assert!(slow_asked.load(Ordering::Relaxed) <= 48, "more than its share");
}
