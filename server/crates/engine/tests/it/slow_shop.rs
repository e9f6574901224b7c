//! A shop whose server is slow keeps nobody else waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use engine::webhooks::{Deliver, lane};
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

/// `count` events for a shop of its own at `url`, due since `minutes`.
async fn events(desk: &Desk, url: &str, count: i32, minutes: i32) -> Uuid {
    let shop: Uuid = sqlx::query_scalar(
        "insert into shop (shop_id, name, webhook_url, webhook_secret)
         values (gen_random_uuid(), 'Another', $1, 'whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ=')
         returning shop_id",
    )
    .bind(url)
    .fetch_one(desk.pool())
    .await
    .unwrap();
    sqlx::query(
        "with event as (
             insert into outbox (bucket, object_id, sequence, event_id, shop_id, type, payload)
             select bucket_of(id), id, 1, id, $1, 'payment.captured', '{}'
             from (select gen_random_uuid() as id from generate_series(1, $2)) as new
             returning bucket, object_id, sequence, event_id
         )
         insert into job (bucket, job_id, kind, subject_id, payload, due_at)
         select bucket, event_id, 'deliver_webhook', event_id,
                jsonb_build_object('object', object_id, 'sequence', sequence),
                now() - make_interval(mins => $3)
         from event",
    )
    .bind(shop)
    .bind(count)
    .bind(minutes)
    .execute(desk.pool())
    .await
    .unwrap();
    shop
}

#[sqlx::test(migrations = "../../../migrations")]
async fn one_slow_shop_does_not_hold_the_deliveries_of_the_others(pool: PgPool) {
    let desk = Desk::open(pool).await;
    let (slow_url, slow_asked) = shop_server(false).await;
    let (fast_url, fast_asked) = shop_server(true).await;
    let slow = events(&desk, &slow_url, 300, 60).await;
    events(&desk, &fast_url, 20, 1).await;
    let shutdown = CancellationToken::new();
    let lane = lane(Deliver::start(desk.pool(), true));
    let running = tokio::spawn(lane.run(desk.pool().clone(), Waker::default(), shutdown.clone()));

    // Well before the first delivery to the slow shop is given up, after ten seconds.
    let all_heard = async {
        while fast_asked.load(Ordering::Relaxed) < 20 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(9), all_heard).await.expect("the other shop hears");

    assert!(slow_asked.load(Ordering::Relaxed) <= 16, "more than its share");
    assert_eq!(desk.world.count("select count(*) from dead_letter").await, 0);
    let put_back: i64 = sqlx::query_scalar("select count(*) from job where waits_for = $1")
        .bind(slow)
        .fetch_one(desk.pool())
        .await
        .unwrap();
    assert!(put_back > 0, "what cannot be sent yet waits in the queue and holds no slot");
    shutdown.cancel();
    running.abort();
}
