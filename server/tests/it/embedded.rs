//! The embedded Postgres, started for real.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use server::embedded::{Options, Postgres, StartError};
use sqlx::{Connection as _, PgConnection};

/// A directory of its own for one test, gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("paydesk-embedded-{}-{name}", std::process::id())))
    }

    fn options(&self) -> Options {
        Options::new(&self.0)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Starts a server, or says why there can be none on this machine.
async fn start(options: &Options) -> Option<Postgres> {
    match Postgres::start(options).await {
        Err(error @ StartError::NoBinaries) => {
            eprintln!("skipped: {error}");
            None
        }
        started => Some(started.expect("the server starts")),
    }
}

async fn ask(postgres: &Postgres, database: &str, question: &'static str) -> String {
    let url = postgres.url(database);
    let mut connection = PgConnection::connect(&url).await.expect("the server answers");
    sqlx::query_scalar(question).fetch_one(&mut connection).await.expect("the question is SQL")
}

#[tokio::test]
async fn the_data_is_there_again_after_a_second_start() {
    let scratch = Scratch::new("again");
    let Some(first) = start(&scratch.options()).await else { return };
    first.create_database_if_missing("shop").await.expect("the database is made");
    first.create_database_if_missing("shop").await.expect("and made once only");
    let made = "create table kept as select 'the books'::text as what";
    let mut connection = PgConnection::connect(&first.url("shop")).await.expect("it answers");
    sqlx::raw_sql(made).execute(&mut connection).await.expect("the table is made");
    first.stop().await.expect("the server stops");

    let second = start(&scratch.options()).await.expect("it started before");

    assert_eq!(ask(&second, "shop", "select what from kept").await, "the books");
    second.stop().await.expect("the server stops");
}

#[tokio::test]
async fn it_waits_for_the_disk_whatever_the_settings_say() {
    let scratch = Scratch::new("durable");
    let forgetful = [("fsync", "off"), ("synchronous_commit", "off"), ("work_mem", "7MB")];
    let settings = forgetful.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let options = Options { settings, ..scratch.options() };

    let Some(postgres) = start(&options).await else { return };

    assert_eq!(ask(&postgres, "postgres", "show fsync").await, "on");
    assert_eq!(ask(&postgres, "postgres", "show synchronous_commit").await, "on");
    assert_eq!(ask(&postgres, "postgres", "show work_mem").await, "7MB");
    postgres.stop().await.expect("the server stops");
}

#[tokio::test]
async fn two_services_cannot_have_the_same_data() {
    let scratch = Scratch::new("twice");
    let Some(first) = start(&scratch.options()).await else { return };

    let second = Postgres::start(&scratch.options()).await;

    assert!(matches!(second, Err(StartError::InUse(_))), "{second:?}");
    assert_eq!(ask(&first, "postgres", "select 'still here'").await, "still here");
    first.stop().await.expect("the server stops");
}

#[tokio::test]
async fn a_number_left_by_a_killed_server_and_taken_by_another_process_is_no_hindrance() {
    let scratch = Scratch::new("stale");
    let Some(first) = start(&scratch.options()).await else { return };
    first.stop().await.expect("the server stops");
    let mut stranger = Command::new("sleep").arg("60").spawn().expect("sleep is everywhere");
    let trace = format!("{}\n{}\n", stranger.id(), scratch.0.join("data").display());
    fs::write(scratch.0.join("data/postmaster.pid"), trace).expect("the directory is ours");

    let second = start(&scratch.options()).await.expect("it started before");

    assert!(stranger.try_wait().expect("it is our child").is_none(), "the stranger was left alone");
    stranger.kill().expect("it is our child");
    stranger.wait().expect("it is our child");
    second.stop().await.expect("the server stops");
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_is_taken_all_the_same() {
    let scratch = Scratch::new(&"long-".repeat(30));

    let Some(postgres) = start(&scratch.options()).await else { return };

    assert_eq!(ask(&postgres, "postgres", "select 'yes'").await, "yes");
    postgres.stop().await.expect("the server stops");
}
