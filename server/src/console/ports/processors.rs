//! What the pages about processors ask.

use app::error::AppError;
use app::ports::processors::ProcessorsPort;
use app::view::processors::{
    CircuitState as ViewState, ErrorRow, ForcedView, ProcessorRow, ProcessorView, ProcessorsView,
    RouteRow,
};
use app::view::staff::Operator;
use async_trait::async_trait;
use domain::id::ProcessorAccountId;
use domain::permission::Action;
use domain::routing::Rule;
use domain::routing::circuit::{CircuitState, Thresholds};
use domain::routing::terms::Method;
use engine::processors::circuits::{self, Standing};
use engine::routing::rules;
use time::OffsetDateTime;

use super::unavailable;
use crate::console::session::role;
use crate::wiring::Services;

/// Answers the pages about processors.
pub struct Processors(pub Services);

#[async_trait]
impl ProcessorsPort for Processors {
    async fn list(&self, operator: &Operator) -> Result<ProcessorsView, AppError> {
        let as_of = OffsetDateTime::now_utc();
        let found = self.standings(operator).await?;
        let setting = rules::find(self.0.pool(), operator.shop).await.map_err(unavailable)?;
        Ok(ProcessorsView {
            routes: setting.rules.iter().map(|rule| route(rule, &found)).collect(),
            rows: found.iter().map(row).collect(),
            as_of,
        })
    }

    async fn processor(
        &self,
        operator: &Operator,
        id: ProcessorAccountId,
    ) -> Result<ProcessorView, AppError> {
        let as_of = OffsetDateTime::now_utc();
        let found = self.standings(operator).await?;
        let standing = found.into_iter().find(|one| one.id == id).ok_or(AppError::NotFound)?;
        Ok(view(standing, role(operator).may(Action::ForceCircuit), as_of))
    }
}

impl Processors {
    /// What this process saw last is told first, so that the page is of this moment.
    async fn standings(&self, operator: &Operator) -> Result<Vec<Standing>, AppError> {
        self.0.engine.health().refresh().await.map_err(unavailable)?;
        circuits::list(self.0.pool(), operator.shop).await.map_err(unavailable)
    }
}

fn row(standing: &Standing) -> ProcessorRow {
    ProcessorRow {
        id: standing.id,
        name: standing.name.clone(),
        state: match standing.state {
            CircuitState::Closed => ViewState::Closed,
            CircuitState::HalfOpen => ViewState::HalfOpen,
            CircuitState::Open => ViewState::Open,
        },
        is_forced: standing.forced.is_some(),
        why: standing.forced.as_ref().map_or(&standing.why, |forced| &forced.why).clone(),
        since: standing.since,
        calls: standing.seen.calls,
        failures: standing.seen.failures,
        latency_median_ms: standing.seen.latency_median_ms,
        latency_high_ms: standing.seen.latency_high_ms,
        waiting: standing.waiting,
    }
}

fn route(rule: &Rule, accounts: &[Standing]) -> RouteRow {
    let target = accounts.iter().find(|one| one.id == rule.target);
    let conditions = rule.conditions.words();
    RouteRow {
        priority: rule.priority,
        conditions: if conditions.is_empty() { "all".to_owned() } else { conditions.join(", ") },
        target: target.map(|one| one.name.clone()).unwrap_or_default(),
        weight: rule.weight,
    }
}

fn view(standing: Standing, may_force: bool, as_of: OffsetDateTime) -> ProcessorView {
    ProcessorView {
        row: row(&standing),
        takes: takes(&standing),
        thresholds: thresholds(&standing.thresholds),
        processor: standing.processor,
        retry_at: standing.retry_at.filter(|_| standing.state == CircuitState::Open),
        forced: standing.forced.map(|forced| ForcedView {
            why: forced.why,
            by: forced.by,
            until: forced.until,
        }),
        errors: standing.seen.errors.into_iter().map(|(at, text)| ErrorRow { at, text }).collect(),
        version: standing.version,
        may_force,
        as_of,
    }
}

/// What an account takes, line by line.
fn takes(standing: &Standing) -> Vec<(String, String)> {
    let terms = &standing.terms;
    let all =
        |words: Vec<String>| if words.is_empty() { "all".to_owned() } else { words.join(", ") };
    let methods = terms.methods.iter().map(|method| Method::words(*method).to_owned()).collect();
    let currencies = terms.currencies.iter().map(ToString::to_string).collect();
    let countries = terms.countries.iter().map(ToString::to_string).collect();
    let limits = terms.limits.iter().map(|(least, most)| format!("{least} to {most}")).collect();
    let tariff = standing.tariff;
    let percent = format!("{}.{:02} %", tariff.basis_points / 100, tariff.basis_points % 100);
    let line = |label: &str, text: String| (label.to_owned(), text);
    vec![
        line("Methods", all(methods)),
        line("Currencies", all(currencies)),
        line("Countries", all(countries)),
        line("Amounts", all(limits)),
        line("Charges", format!("{percent} and {} minor units", tariff.fixed_minor)),
        line("Priority and weight", format!("{}, {}", terms.priority, terms.weight)),
        line(
            "Stored methods",
            match &terms.vault {
                Some(vault) => format!("shared in the vault {vault}"),
                None => "its own alone".to_owned(),
            },
        ),
        line("New payments", if terms.takes_new { "yes" } else { "no" }.to_owned()),
        line("Sends webhooks", if standing.sends_webhooks { "yes" } else { "no" }.to_owned()),
    ]
}

fn thresholds(of: &Thresholds) -> String {
    format!(
        "Not called after {} failures in a row, or when {} % of at least {} calls within {} s \
         fail; tried again after {} s; called again after {} calls that succeed.",
        of.failures_in_row,
        of.failures_percent,
        of.calls_min,
        of.window.as_secs(),
        of.open_for.as_secs(),
        of.probes,
    )
}
