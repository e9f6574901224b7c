//! What only the inside can arrange: a server whose service was killed.

use super::*;

#[tokio::test]
async fn a_server_that_a_killed_service_left_running_is_taken_down_and_started_anew() {
    let directory = std::env::temp_dir().join(format!("paydesk-orphan-{}", std::process::id()));
    let options = Options::new(&directory);
    let mut first = match Postgres::start(&options).await {
        Err(error @ StartError::NoBinaries) => return eprintln!("skipped: {error}"),
        started => started.expect("the first start works"),
    };
    let process = first.child.id();
    first.running = false;
    drop(first);

    let second = Postgres::start(&options).await.expect("the second start works");

    assert_ne!(second.child.id(), process);
    second.stop().await.expect("the server stops");
    std::fs::remove_dir_all(&directory).expect("the directory is ours");
}
