//! Joins the faces with the engine: what every handler works with, and the router.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use engine::api_keys::ApiKeys;
use engine::db::{Database, Fault};
use engine::idempotency::Keys;
use engine::inbound::Inbox;
use engine::service::Engine;
use engine::staff::{Passwords, SignIn};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::{api, checkout, console, inbound, web};

/// What every handler works with. Cheap to clone, which every layer of every request does.
#[derive(Debug, Clone)]
pub struct Services(Arc<Parts>);

/// The parts of [`Services`].
#[derive(Debug)]
pub struct Parts {
    /// The use cases.
    pub engine: Engine,
    /// Idempotency keys of the API.
    pub keys: Keys,
    /// Whose API key is whose.
    pub api_keys: ApiKeys,
    /// Stores what processors say.
    pub inbox: Inbox,
    /// Signs staff in.
    pub sign_in: SignIn,
    /// What differs between places where the service runs.
    pub settings: Arc<Settings>,
    /// Says that the service stops, to whoever would keep a connection open.
    pub shutdown: CancellationToken,
}

/// What differs between places where the service runs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The origin under which shoppers and staff reach the service.
    pub public_url: String,
    /// The directory of what browsers load.
    pub site: PathBuf,
    /// The origins of processors' pages, to which the pay form may lead.
    pub processor_origins: Vec<String>,
    /// Whether no real money moves here.
    pub is_demo: bool,
    /// Whether webhooks may go to private addresses.
    pub allow_private_webhook_targets: bool,
    /// How long a person waits for an outcome before a page or an answer says "under way".
    pub patience: Duration,
}

impl Settings {
    /// Whether browsers reach us by TLS alone, so that cookies may insist on it.
    pub fn is_secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

impl Deref for Services {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Services {
    /// Wires everything on `database`.
    ///
    /// # Errors
    /// [`Fault`]: the database could not be asked.
    pub async fn start(database: impl Into<Database>, settings: Settings) -> Result<Self, Fault> {
        let engine = Engine::start(database, &settings.public_url).await?;
        let pool = engine.pool().clone();
        Ok(Self(Arc::new(Parts {
            keys: Keys::start(engine.relaxed()),
            api_keys: ApiKeys::new(&pool),
            inbox: Inbox::start(engine.hot(), engine.waker()),
            sign_in: SignIn::new(&pool, Passwords::new()),
            settings: Arc::new(settings),
            shutdown: CancellationToken::new(),
            engine,
        })))
    }

    /// The database.
    pub fn pool(&self) -> &PgPool {
        self.engine.pool()
    }
}

/// Everything that the service answers.
pub fn router(services: &Services) -> Router {
    let router = Router::new()
        .nest("/v1", api::router(services))
        .merge(api::health::router(services))
        .merge(inbound::router(services))
        .merge(checkout::router(services))
        .merge(console::router(services))
        .merge(web::pages::router(services));
    web::layers::around(router)
}
