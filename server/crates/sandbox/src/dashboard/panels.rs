//! The panels of the dashboard that change how the sandbox behaves: clock, faults, processors.

use super::page::rows;
use crate::{
    app::App,
    clock,
    faults::{Down, fault::FAULTS},
    money::format_percent,
    pages::html::Text,
    processors::Processor,
};

/// The clock, and buttons that move it.
pub(super) fn clock(app: &App, alarms_waiting: i64) -> String {
    let now = clock::rfc3339_seconds(app.clock.now());
    let mode = match (app.clock.is_standing(), app.mint.seed()) {
        (true, Some(seed)) => format!("It stands until it is advanced. The seed is {seed}."),
        (true, None) => "It stands until it is advanced.".to_owned(),
        (false, _) => "It runs, ahead of the real time by what it was advanced.".to_owned(),
    };
    let waiting = match alarms_waiting {
        0 => "Nothing waits for it.".to_owned(),
        1 => "One thing waits for it.".to_owned(),
        count => format!("{count} things wait for it."),
    };
    let button = |by: &str, label: &str| {
        format!(
            r#"<button class="button quiet small" type="submit" name="by" value="{by}">{label}</button>"#
        )
    };
    format!(
        r#"<section class="card" aria-labelledby="clock-title"><h2 id="clock-title">Clock</h2>
<p class="figure"><time datetime="{now}">{now}</time></p>
<p class="hint">{mode} {waiting}</p>
<form class="row" method="post" action="/clock">{hour}{day}{week}</form>
<form class="row" method="post" action="/clock">
<div class="field"><label for="typed">Advance by</label><input id="typed" name="typed" placeholder="3d 12h 30m" required autocomplete="off"></div>
<button class="button quiet small" type="submit">Advance</button></form></section>"#,
        hour = button("1h", "1 hour"),
        day = button("1d", "1 day"),
        week = button("7d", "7 days"),
    )
}

/// What goes wrong on purpose, how often it did, and buttons for storms.
pub(super) fn faults(app: &App) -> String {
    let shown = app.faults.view();
    let storm = match shown["storm"]["total"].as_str() {
        Some(total) => format!("A storm strikes {} of the calls.", Text(total)),
        None => "There is no storm.".to_owned(),
    };
    let rules = match shown["rules"].as_array().map_or(0, Vec::len) {
        0 => "No rule is in force.".to_owned(),
        1 => "One rule is in force.".to_owned(),
        count => format!("{count} rules are in force."),
    };
    let rows = rows(FAULTS, |(name, argument, outcome)| {
        let call = if argument.is_empty() {
            (*name).to_owned()
        } else {
            format!("{name}(<i>{}</i>)", argument.split(',').next().unwrap_or_default())
        };
        let count = shown["injected"][*name].as_u64().unwrap_or(0);
        format!(
            r#"<tr><td class="code">{call}</td><td class="prose">{outcome}</td><td class="amount">{count}</td></tr>
"#
        )
    });
    format!(
        r#"<section class="card" aria-labelledby="faults-title"><h2 id="faults-title">Faults</h2>
<p>{storm} {rules} Until now {requests} calls and {webhooks} webhooks.</p>
<form class="row" method="post" action="/faults">
<button class="button quiet small" name="storm" value="1%" type="submit">Strike 1 %</button>
<button class="button quiet small" name="storm" value="10%" type="submit">Strike 10 %</button>
<button class="button quiet small" name="storm" value="all" type="submit">The whole storm</button>
<button class="button small" name="storm" value="none" type="submit">All quiet</button>
</form>
<details><summary>All faults by name, and how often each struck</summary>
<p class="hint">For one call: the header <span class="code">x-sandbox-fault: timeout_after</span>. By rule: <span class="code">PUT /v1/control/faults</span>.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Table of faults"><table>
<thead><tr><th scope="col">Name</th><th scope="col">What happens</th><th scope="col" class="amount">Struck</th></tr></thead>
<tbody>{rows}</tbody></table></div></details></section>"#,
        requests = shown["requests"],
        webhooks = shown["webhooks"],
    )
}

/// The processors, each with its costs and its switch.
pub(super) fn processors(app: &App, processors: &[Processor]) -> String {
    let items: String = processors.iter().map(|processor| item(app, processor)).collect();
    format!(
        r#"<section class="card" aria-labelledby="processors-title"><h2 id="processors-title">Processors</h2>
<ul class="reviews">{items}</ul></section>"#
    )
}

fn item(app: &App, processor: &Processor) -> String {
    let name = Text(&processor.name);
    let (words, switch) = match app.faults.down(&processor.name) {
        None => ("up".to_owned(), [("minute", "Down for a minute"), ("open", "Down")].as_slice()),
        Some(how) => (format!("down: {}", down(how)), [("end", "Bring it back")].as_slice()),
    };
    let buttons = rows(switch, |(outage, label)| {
        format!(
            r#"<button class="button quiet small" name="outage" value="{outage}" type="submit" aria-label="{label}: {name}">{label}</button>"#
        )
    });
    let share = u32::try_from(processor.tariff.share_ppm).map(format_percent).unwrap_or_default();
    let currencies =
        processor.currencies.as_ref().map_or("every currency".to_owned(), |all| all.join(", "));
    format!(
        r#"<li><div><p><strong>{label}</strong> <span class="code">{name}</span> <span class="status {class}">{words}</span></p>
<p class="hint">{share} + {fixed} minor units · {methods} · {currencies}</p></div>
<form method="post" action="/outages"><input type="hidden" name="processor" value="{name}">{buttons}</form></li>
"#,
        label = Text(&processor.label),
        class = if words == "up" { "captured" } else { "declined" },
        fixed = processor.tariff.fixed_minor,
        methods = processor.methods.join(", ").replace('_', " "),
        currencies = Text(&currencies),
    )
}

fn down(how: Down) -> &'static str {
    match how {
        Down::Unavailable => "says that it is unavailable",
        Down::Cut => "cuts connections",
        Down::Hang => "hangs",
        Down::Error => "fails",
    }
}
