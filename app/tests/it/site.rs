//! A router that serves the pages from fake ports, and a way to look at them.

use app::ports::Ports;
use app::view::staff::Operator;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use http::{StatusCode, header};
use http_body_util::BodyExt as _;
use leptos::config::LeptosOptions;
use leptos::prelude::provide_context;
use leptos_axum::{LeptosRoutes as _, generate_route_list};
use tower::ServiceExt as _;

/// What came back for a page.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) location: Option<String>,
    pub(crate) policy: String,
    pub(crate) html: String,
}

/// All routes over `ports`, seen by `operator` or by nobody.
pub(crate) fn router(ports: Ports, operator: Option<Operator>) -> Router {
    let options = LeptosOptions::builder().output_name("paydesk").build();
    let provide = move || provide_context(ports.clone());
    let shell = {
        let options = options.clone();
        move || app::shell(options.clone())
    };
    let fallback = leptos_axum::render_app_async_with_context(provide.clone(), shell.clone());
    Router::new()
        .leptos_routes_with_context(&options, generate_route_list(app::App), provide, shell)
        .fallback(fallback)
        .layer(middleware::from_fn(move |mut request: Request, next: Next| {
            if let Some(operator) = operator.clone() {
                request.extensions_mut().insert(operator);
            }
            next.run(request)
        }))
        .with_state(options)
}

/// Gets `path` of the sample site as an analyst.
pub(crate) async fn get(path: &str) -> Page {
    get_from(router(crate::fakes::ports(), Some(crate::samples::operator())), path).await
}

/// Gets `path` of the sample site as somebody who is not signed in.
pub(crate) async fn get_signed_out(path: &str) -> Page {
    get_from(router(crate::fakes::ports(), None), path).await
}

/// Gets `path` of `router`.
pub(crate) async fn get_from(router: Router, path: &str) -> Page {
    let request = Request::builder()
        .uri(path)
        .header(header::ACCEPT, "text/html")
        .body(Body::empty())
        .unwrap();
    let response: Response = router.oneshot(request).await.unwrap();
    let text = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let (location, policy) = (text(header::LOCATION), text(header::CONTENT_SECURITY_POLICY));
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    // Leptos puts an empty comment between two texts; nobody sees it.
    let html = String::from_utf8(bytes.to_vec()).unwrap().replace("<!>", "");
    Page { status, location, policy: policy.unwrap_or_default(), html }
}

/// Serves the sample site for a person to look at, while `PAYDESK_PREVIEW` names an address such as
/// `127.0.0.1:4100`; `PAYDESK_PREVIEW_SITE` names the directory of style sheets and scripts.
#[tokio::test]
async fn the_sample_site_can_be_looked_at() {
    let Ok(address) = std::env::var("PAYDESK_PREVIEW") else { return };
    let directory = std::env::var("PAYDESK_PREVIEW_SITE").unwrap_or_default();
    let signed_in = router(crate::fakes::ports(), Some(crate::samples::operator()));
    let site = Router::new().fallback(move |request: Request| {
        let file = format!("{directory}{}", request.uri().path());
        let pages = signed_in.clone();
        async move {
            if file.ends_with("/events") {
                return paid_event();
            }
            match std::fs::read(&file) {
                Ok(bytes) => file_response(&file, bytes),
                Err(_) => pages.oneshot(request).await.unwrap(),
            }
        }
    });
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    axum::serve(listener, site).await.unwrap();
}

/// What the status page hears: that everything is paid now.
fn paid_event() -> Response {
    let mut paid = crate::samples::status(crate::samples::id(1), crate::samples::KEY).unwrap();
    paid.version = 9;
    let body = format!("data: {}\n\n", serde_json::to_string(&paid).unwrap());
    Response::builder()
        .header(header::CONTENT_TYPE, "text/event-stream")
        .body(Body::from(body))
        .unwrap()
}

fn file_response(file: &str, bytes: Vec<u8>) -> Response {
    let media_type = match file.rsplit('.').next() {
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    Response::builder().header(header::CONTENT_TYPE, media_type).body(Body::from(bytes)).unwrap()
}
