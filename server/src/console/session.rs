//! Sessions of the console: a cookie that means nothing by itself, and a row that does.

use app::view::staff::{Operator, Role as ViewRole};
use async_trait::async_trait;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use domain::id::StaffId;
use domain::permission::Role;
use engine::staff::sessions::{self, Session as Stored};
use engine::staff::{self, Staff};
use sqlx::PgPool;
use time::Duration;
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result as StoreResult};
use tower_sessions::{Expiry, Session, SessionManagerLayer, SessionStore};

use crate::web::{encoded, see_other};
use crate::wiring::Services;

/// After how long without a change a session ends: a working day.
const LIFETIME: Duration = Duration::hours(10);
/// The page where people sign in.
const SIGN_IN: &str = "/console/sign-in";
/// Under which name a session holds whose it is.
const STAFF: &str = "staff";

/// Gives `router` sessions. No cookie is set until somebody signs in.
pub fn around(services: &Services, router: Router) -> Router {
    let is_secure = services.settings.is_secure();
    // Browsers take a cookie of this name only by TLS and from this very host.
    let name = if is_secure { "__Host-paydesk" } else { "paydesk" };
    let layer = SessionManagerLayer::new(Store(services.pool().clone()))
        .with_name(name)
        .with_path("/")
        .with_http_only(true)
        .with_same_site(SameSite::Strict)
        .with_secure(is_secure)
        .with_expiry(Expiry::OnInactivity(LIFETIME));
    router.layer(layer)
}

/// Begins a session for `staff`, under a new name: one that somebody knew before is worth nothing.
///
/// # Errors
/// If the session cannot be stored.
pub async fn begin(session: &Session, staff: &Staff) -> Result<(), tower_sessions::session::Error> {
    session.clear().await;
    session.cycle_id().await?;
    session.insert(STAFF, staff.id).await
}

/// Puts the signed-in person into the extensions of requests for the console.
pub async fn find_operator(
    State(services): State<Services>,
    mut request: Request,
    next: Next,
) -> Response {
    if request.uri().path().starts_with("/console") {
        let session = request.extensions().get::<Session>().cloned();
        let operator = match &session {
            Some(session) => operator(&services, session).await,
            None => None,
        };
        if let Some(operator) = operator {
            request.extensions_mut().insert(operator);
        }
    }
    next.run(request).await
}

/// Leads whoever is signed out to the sign-in page, and back afterwards.
pub async fn require_operator(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_of_staff = path.starts_with("/console") && path != SIGN_IN;
    if is_of_staff && request.extensions().get::<Operator>().is_none() {
        let wanted = request.uri().path_and_query().map_or(path, |wanted| wanted.as_str());
        return see_other(&format!("{SIGN_IN}?next={}", encoded(wanted)));
    }
    next.run(request).await
}

async fn operator(services: &Services, session: &Session) -> Option<Operator> {
    let id: StaffId = session.get(STAFF).await.ok()??;
    match staff::find(services.pool(), id).await {
        Ok(staff) => staff.map(of_staff),
        Err(fault) => {
            tracing::error!(error = ?fault, "the signed-in person could not be read");
            None
        }
    }
}

fn of_staff(staff: Staff) -> Operator {
    Operator {
        id: staff.id,
        name: staff.name,
        email: staff.email,
        role: match staff.role {
            Role::Operator => ViewRole::Operator,
            Role::Analyst => ViewRole::Analyst,
            Role::Approver => ViewRole::Approver,
            Role::Admin => ViewRole::Admin,
        },
        shop: staff.shop,
        shop_name: staff.shop_name,
    }
}

/// What the rules call the operator's role.
pub fn role(operator: &Operator) -> Role {
    match operator.role {
        ViewRole::Operator => Role::Operator,
        ViewRole::Analyst => Role::Analyst,
        ViewRole::Approver => Role::Approver,
        ViewRole::Admin => Role::Admin,
    }
}

/// Keeps sessions in Postgres.
#[derive(Debug, Clone)]
struct Store(PgPool);

fn stored(record: &Record) -> StoreResult<Stored> {
    let staff = record.data.get(STAFF).and_then(|id| serde_json::from_value(id.clone()).ok());
    let data =
        serde_json::to_value(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
    Ok(Stored { data, staff, expires_at: record.expiry_date })
}

#[expect(clippy::needless_pass_by_value, reason = "this is how map_err hands it over")]
fn backend(fault: engine::db::Fault) -> Error {
    tracing::error!(error = ?fault, "sessions cannot be reached");
    Error::Backend(fault.to_string())
}

#[async_trait]
impl SessionStore for Store {
    async fn create(&self, record: &mut Record) -> StoreResult<()> {
        let session = stored(record)?;
        while !sessions::create(&self.0, &record.id.to_string(), &session).await.map_err(backend)? {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> StoreResult<()> {
        sessions::save(&self.0, &record.id.to_string(), &stored(record)?).await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> StoreResult<Option<Record>> {
        let found = sessions::find(&self.0, &id.to_string()).await.map_err(backend)?;
        found
            .map(|session| {
                let data = serde_json::from_value(session.data)
                    .map_err(|error| Error::Decode(error.to_string()))?;
                Ok(Record { id: *id, data, expiry_date: session.expires_at })
            })
            .transpose()
    }

    async fn delete(&self, id: &Id) -> StoreResult<()> {
        sessions::remove(&self.0, &id.to_string()).await.map_err(backend)
    }
}
