//! The sandbox PSP: a payment service provider to practise with.
//!
//! It behaves like a real one (registrations with a hosted page, 3-D Secure, authorise, capture,
//! refund, signed webhooks, inquiry, settlement files) and shares neither code nor database with
//! the service that is its client. Faults happen on request, by practice card or by file.

#![warn(missing_docs)]

use std::{future::Future, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::Uri,
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{delete, get, post, put},
};
use sqlx::{
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::net::TcpListener;
use tower_http::{catch_panic::CatchPanicLayer, csrf::CsrfLayer};

mod accounts;
mod alarms;
mod answer;
mod app;
mod books;
mod cards;
mod clock;
mod connection;
mod control;
mod dashboard;
#[cfg(test)]
mod documentation;
mod faults;
mod idempotency;
mod ids;
mod money;
mod pages;
mod payments;
mod processors;
mod registrations;
mod settlement;
mod transaction;
mod transfers;
mod volatile;
mod webhooks;

use answer::ApiError;
pub use app::App;
pub use clock::ClockMode;
use connection::{CuttableListener, Scissors};
use faults::Faults;

/// The sandbox's schema.
pub static MIGRATOR: Migrator = sqlx::migrate!();

const BODY_MAX: usize = 256 * 1024;
/// Plans are made once, because planning costs more than the till's statements themselves. Made
/// while the tables are empty they would stay sequential scans for ever, if those were not shunned.
const PLANS: [(&str, &str); 5] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    // What is shunned looks expensive enough to be compiled.
    ("jit", "off"),
];
/// How long requests may take to end after the signal to stop.
const GRACE: Duration = Duration::from_secs(5);

/// What a sandbox needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where its database is.
    pub database_url: String,
    /// The origin under which browsers and the service reach it, for links.
    pub public_url: String,
    /// How many database connections it may hold.
    pub connections_max: u32,
}

/// How a sandbox behaves, apart from what it is asked for.
#[derive(Debug, Default)]
pub struct Options {
    /// With a seed, ids and chances repeat from run to run.
    pub seed: Option<u64>,
    /// What its clock goes by.
    pub clock: ClockMode,
    /// What goes wrong from the start.
    pub faults: InitialFaults,
    /// Whether its books are cheap and forgotten at the next start.
    pub is_volatile: bool,
}

/// What goes wrong from the start, by the words of the control calls.
#[derive(Debug, Default)]
pub struct InitialFaults(Faults);

impl InitialFaults {
    /// A storm that strikes this share of the calls, like `10%`, or the whole storm.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn storm(total: Option<&str>) -> Result<Self, String> {
        let faults = Faults::default();
        faults.set_storm(total)?;
        Ok(Self(faults))
    }

    /// The rules and the storm that `PUT /v1/control/faults` takes, as JSON.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn from_json(json: &str) -> Result<Self, String> {
        let faults = Faults::default();
        faults.set(serde_json::from_str(json).map_err(|error| error.to_string())?)?;
        Ok(Self(faults))
    }
}

/// Reads the time at which a standing clock begins, in RFC 3339.
#[must_use]
pub fn parse_time(text: &str) -> Option<time::OffsetDateTime> {
    clock::parse(text)
}

/// Why a sandbox does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The database cannot be reached or refuses.
    #[error("the sandbox's database does not answer")]
    Database(#[from] sqlx::Error),
    /// The schema cannot be brought up to date.
    #[error("the sandbox's schema cannot be brought up to date")]
    Migrate(#[from] MigrateError),
    /// The listener is broken.
    #[error("the sandbox cannot accept connections")]
    Listen(#[from] std::io::Error),
}

/// Migrates the database, and serves until `shutdown` is done and the open requests have ended.
///
/// # Errors
/// [`ServeError`] if the database or the listener fails.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let app = open(&config).await?;
    serve_app(&app, listener, shutdown).await
}

/// Migrates the database and starts the background work; [`serve_app`] does the rest.
///
/// # Errors
/// [`ServeError`] if the database fails.
pub async fn open(config: &Config) -> Result<App, ServeError> {
    open_with(config, Options::default()).await
}

/// As [`open`], for a sandbox that is to behave in its own way.
///
/// # Errors
/// [`ServeError`] if the database fails.
pub async fn open_with(config: &Config, options: Options) -> Result<App, ServeError> {
    let connect: PgConnectOptions = config.database_url.parse()?;
    let connect = connect
        .application_name("paydesk-sandbox")
        .options(PLANS)
        .options([("synchronous_commit", if options.is_volatile { "off" } else { "on" })]);
    let pool =
        PgPoolOptions::new().max_connections(config.connections_max).connect_with(connect).await?;
    MIGRATOR.run(&pool).await?;
    if options.is_volatile {
        volatile::forget(&pool).await?;
    } else {
        volatile::remember(&pool).await?;
    }
    Ok(App::start(pool, &config.public_url, options).await?)
}

/// Serves a started sandbox until `shutdown` is done, and stops it.
///
/// # Errors
/// [`ServeError::Listen`] if the listener is broken.
pub async fn serve_app(
    app: &App,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let service = router(app.clone()).into_make_service_with_connect_info::<Scissors>();
    let closing = app.closing.clone();
    let server = axum::serve(CuttableListener(listener), service).with_graceful_shutdown({
        let closing = closing.clone();
        async move {
            shutdown.await;
            closing.cancel();
        }
    });
    let outcome = tokio::select! {
        ended = server => ended,
        () = async { closing.cancelled().await; tokio::time::sleep(GRACE).await } => Ok(()),
    };
    app.stop().await;
    Ok(outcome?)
}

/// Joins every route of the sandbox.
pub fn router(app: App) -> Router {
    let api = Router::new()
        .route("/v1/registrations", post(registrations::create))
        .route("/v1/registrations/{token}", get(registrations::get))
        .route("/v1/payments", post(payments::create).get(payments::list))
        .route("/v1/payments/{id}", get(payments::get))
        .route("/v1/payments/{id}/capture", post(payments::capture))
        .route("/v1/payments/{id}/cancel", post(payments::cancel))
        .route("/v1/payments/{id}/refunds", post(payments::refunds::create))
        .route("/v1/refunds", get(payments::refunds::list))
        .route("/v1/refunds/{id}", get(payments::refunds::get))
        .route("/v1/settlements/{day}", get(settlement::get))
        .route("/v1/transfers", post(transfers::create).get(transfers::list))
        .route("/v1/transfers/statement", get(transfers::statement::get))
        .route("/v1/transfers/{id}", get(transfers::get))
        .route("/v1/books", get(books::get))
        .layer(from_fn_with_state(app.clone(), faults::layer::strike));
    let control = Router::new()
        .route("/v1/accounts/{name}", put(accounts::put))
        .route("/v1/processors", get(processors::list))
        .route("/v1/processors/{name}", put(processors::put))
        .route("/v1/control/clock", get(control::show_clock).post(control::move_clock))
        .route("/v1/control/payments/{id}/{what}", post(control::act_on_payment))
        .route("/v1/control/refunds/{id}", post(control::end_refund))
        .route("/v1/control/disputes/{id}", post(control::end_dispute))
        .route("/v1/control/transfers/{id}", post(control::move_transfer))
        .route(
            "/v1/control/faults",
            get(faults::control::show).put(faults::control::put).delete(faults::control::clear),
        )
        .route("/v1/control/outages", post(faults::control::fell).delete(faults::control::lift_all))
        .route("/v1/control/outages/{processor}", delete(faults::control::lift))
        .layer(CsrfLayer::new());
    let faces = Router::new()
        .route("/", get(dashboard::show))
        .route("/settlement", post(dashboard::close_day))
        .route("/review/{id}", post(dashboard::review))
        .route("/payments/{id}", get(dashboard::payment::show).post(dashboard::payment::press))
        .route("/transfers/{id}", get(dashboard::transfer::show).post(dashboard::transfer::press))
        .route("/clock", post(dashboard::move_clock))
        .route("/faults", post(dashboard::set_storm))
        .route("/outages", post(dashboard::set_outage))
        .route("/pay/{token}", get(pages::hosted::show).post(pages::hosted::enter))
        .route("/pay/{token}/cancel", post(pages::hosted::cancel))
        .route(
            "/pay/{token}/challenge",
            get(pages::challenge::show_registration).post(pages::challenge::answer_registration),
        )
        .route(
            "/challenge/{id}",
            get(pages::challenge::show_payment).post(pages::challenge::answer_payment),
        )
        .route("/assets/sandbox.css", get(pages::stylesheet))
        .route("/favicon.svg", get(pages::favicon))
        .route("/favicon.ico", get(pages::favicon))
        .layer(CsrfLayer::new());
    Router::new()
        .route("/health", get(|| async { "ok" }))
        .merge(api)
        .merge(control)
        .merge(faces)
        .fallback(lost)
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(CatchPanicLayer::custom(|_panic: Box<dyn std::any::Any + Send>| {
            pages::html::broken()
        }))
        .with_state(app)
}

/// Answers what has no route: in JSON for programs, with a page for people.
async fn lost(uri: Uri) -> Response {
    if uri.path().starts_with("/v1/") {
        ApiError::not_found().into_response()
    } else {
        pages::html::not_found()
    }
}
