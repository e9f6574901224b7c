//! The pages of the app, and the files that they load.

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use leptos::config::LeptosOptions;
use leptos::prelude::provide_context;
use leptos_axum::{LeptosRoutes, generate_route_list, render_app_async_with_context};
use tower::ServiceBuilder;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;

use app::ports::Ports;

use crate::console::ports::{
    alerts::Alerts, bank_files::BankFiles, checkouts::Checkouts, dead_letters::DeadLetters,
    exchanges::Exchanges, files::Files, ledger::Ledger, mismatches::Mismatches, payments::Payments,
    payouts::Payouts, processors::Processors, proof::Proofs, sellers::Sellers, staff::Staff,
    webhooks::Webhooks, why::Why,
};
use crate::console::session;
use crate::web::{address, see_other};
use crate::wiring::Services;

/// Every page, every file that a page loads, and a page for what is not there.
pub fn router(services: &Services) -> Router {
    let options = options(services);
    let ports = ports(services);
    let context = move || provide_context(ports.clone());
    let shell = {
        let options = options.clone();
        move || app::shell(options.clone())
    };
    let not_found = render_app_async_with_context(context.clone(), shell.clone());
    let pages = Router::new()
        .leptos_routes_with_context(&options, generate_route_list(app::App), context, shell)
        .fallback(not_found)
        .with_state(options);
    let pages = pages
        .layer(from_fn(session::require_operator))
        .layer(from_fn_with_state(services.clone(), session::find_operator));
    session::around(services, pages)
        .layer(from_fn(address::keep_clean))
        .route("/", get(|| async { see_other("/console") }))
        .merge(files(services))
}

/// The files that pages load; where a compressed copy lies beside one, it is sent instead.
fn files(services: &Services) -> Router {
    let site = &services.settings.site;
    // The names stay the same from release to release: browsers ask whether theirs is still good.
    let keep =
        SetResponseHeaderLayer::if_not_present(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let package = ServeDir::new(site.join("pkg")).precompressed_br().precompressed_gzip();
    let icon = ServeFile::new(site.join("favicon.svg"));
    Router::new()
        .nest_service("/pkg", ServiceBuilder::new().layer(keep.clone()).service(package))
        .route_service("/favicon.svg", ServiceBuilder::new().layer(keep).service(icon))
}

fn options(services: &Services) -> LeptosOptions {
    LeptosOptions::builder()
        .output_name("paydesk")
        .site_root(services.settings.site.to_string_lossy().into_owned())
        .site_pkg_dir("pkg")
        .build()
}

fn ports(services: &Services) -> Ports {
    Ports {
        checkouts: Arc::new(Checkouts(services.clone())),
        payments: Arc::new(Payments(services.clone())),
        mismatches: Arc::new(Mismatches(services.clone())),
        ledger: Arc::new(Ledger(services.clone())),
        sellers: Arc::new(Sellers(services.clone())),
        exchanges: Arc::new(Exchanges(services.clone())),
        payouts: Arc::new(Payouts(services.clone())),
        bank_files: Arc::new(BankFiles(services.clone())),
        proof: Arc::new(Proofs(services.clone())),
        files: Arc::new(Files(services.clone())),
        webhooks: Arc::new(Webhooks(services.clone())),
        alerts: Arc::new(Alerts(services.clone())),
        processors: Arc::new(Processors(services.clone())),
        dead_letters: Arc::new(DeadLetters(services.clone())),
        staff: Arc::new(Staff(services.clone())),
        why: Arc::new(Why(services.clone())),
        processor_origins: services.settings.processor_origins.clone().into(),
    }
}
