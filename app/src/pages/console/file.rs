//! The report on one settlement file.

use domain::id::SettlementFileId;
use leptos::either::Either;
use leptos::prelude::*;

use crate::components::amount::{Amount, AmountCell};
use crate::components::badge::Badge;
use crate::components::data_table::DataTable;
use crate::components::empty_state::EmptyState;
use crate::components::instant::{AsOf, Instant};
use crate::components::notice::Notice;
use crate::format;
use crate::pages::console::files::state;
use crate::pages::console::mismatch_rows::MismatchTable;
use crate::pages::console::{Heading, Section, page};
use crate::pages::query::path_parameter;
use crate::view::files::{
    FileCounts, FileLine, FileReportView, FileTotal, LineOutcome, RefusedRow,
};
use crate::view::mismatches::MismatchRow;
use crate::words::Tone;

/// Shows the report on one file.
#[component]
pub fn FilePage() -> impl IntoView {
    let id = path_parameter::<SettlementFileId>("id");
    page(
        Section::Files,
        |ports, operator| async move { ports.files.file(&operator, id?).await },
        |view| view! { <Report view /> },
    )
}

#[component]
fn Report(view: FileReportView) -> impl IntoView {
    let refusal = view
        .refusal
        .clone()
        .map(|why| format!("The file was refused as a whole and nothing of it was used: {why}."));
    let is_used = refusal.is_none();
    view! {
        <nav class="trail" aria-label="Up"><a href="/console/files">"Settlement files"</a></nav>
        <Heading text=view.name.clone()><AsOf at=view.as_of /></Heading>
        {refusal.map(|text| view! { <Notice tone=Tone::Bad text /> })}
        {is_used.then(|| view! { <Counts counts=view.counts /> })}
        <Facts view=view.clone() />
        {is_used.then(|| view! { <Totals totals=view.totals /> })}
        {is_used.then(|| view! { <Mismatches rows=view.mismatches /> })}
        <Refused rows=view.refused />
        <Lines lines=view.lines total=view.lines_total />
    }
    .into_any()
}

/// What became of the lines, in four figures.
#[component]
fn Counts(counts: FileCounts) -> impl IntoView {
    let figures = [
        ("Agree", counts.matched, "settled in our books"),
        ("Differ", counts.mismatched, "a mismatch each"),
        ("Missing", counts.missing, "ours, not in the file"),
        ("Unreadable", counts.refused, "kept below"),
    ];
    view! {
        <ul class="cards">
            {figures.into_iter().map(|(label, figure, note)| view! {
                <li class="card card-still">
                    <span class="card-label">{label}</span>
                    <strong class="card-figure">{figure}</strong>
                    <span class="card-note">{note}</span>
                </li>
            }).collect_view()}
        </ul>
    }
    .into_any()
}

#[component]
fn Facts(view: FileReportView) -> impl IntoView {
    view! {
        <dl class="facts facts-wide">
            <div><dt>"State"</dt><dd><Badge of=state(view.state) /></dd></div>
            <div><dt>"Processor account"</dt><dd>{view.processor_account}</dd></div>
            <div><dt>"Came in"</dt><dd><Instant at=view.received_at /></dd></div>
            <div><dt>"From"</dt><dd>{view.received_from}</dd></div>
            <div><dt>"SHA-256"</dt><dd><code class="id">{view.sha256}</code></dd></div>
        </dl>
    }
    .into_any()
}

#[component]
fn Totals(totals: Vec<FileTotal>) -> impl IntoView {
    view! {
        <section aria-labelledby="totals-title">
            <h2 id="totals-title">"Adds up to"</h2>
            <DataTable caption="Totals" quiet=true>
                <thead>
                    <tr>
                        <th scope="col">"Currency"</th>
                        <th scope="col" class="number">"Gross"</th>
                        <th scope="col" class="number">"Processor\u{2019}s fees"</th>
                        <th scope="col" class="number">"Net"</th>
                    </tr>
                </thead>
                <tbody>
                    {totals.into_iter().map(|total| view! {
                        <tr>
                            <th scope="row">{total.gross.currency().code()}</th>
                            <td class="number"><Amount of=total.gross /></td>
                            <td class="number"><Amount of=total.fee /></td>
                            <td class="number"><Amount of=total.net /></td>
                        </tr>
                    }).collect_view()}
                </tbody>
            </DataTable>
        </section>
    }
    .into_any()
}

#[component]
fn Mismatches(rows: Vec<MismatchRow>) -> impl IntoView {
    let body = if rows.is_empty() {
        Either::Left(view! {
            <EmptyState title="No mismatch" good=true>"Every line agrees with our books."</EmptyState>
        })
    } else {
        Either::Right(view! { <MismatchTable caption="Mismatches of this file" rows /> })
    };
    view! {
        <section aria-labelledby="mismatches-title">
            <h2 id="mismatches-title">"Mismatches"</h2>
            {body}
        </section>
    }
    .into_any()
}

/// The rows that could not be read, if there are any.
#[component]
fn Refused(rows: Vec<RefusedRow>) -> impl IntoView {
    (!rows.is_empty()).then(|| {
        view! {
            <section aria-labelledby="refused-title">
                <h2 id="refused-title">"Rows that could not be read"</h2>
                <DataTable caption="Rows that could not be read" quiet=true>
                    <thead>
                        <tr>
                            <th scope="col" class="number">"Line"</th>
                            <th scope="col">"Why"</th>
                            <th scope="col">"Row"</th>
                        </tr>
                    </thead>
                    <tbody>
                        {rows.into_iter().map(|row| view! {
                            <tr>
                                <th scope="row" class="number">{row.number}</th>
                                <td class="prose">{row.reason}</td>
                                <td><code>{row.content}</code></td>
                            </tr>
                        }).collect_view()}
                    </tbody>
                </DataTable>
            </section>
        }
    })
}

/// The lines, if there are any.
#[component]
fn Lines(lines: Vec<FileLine>, total: u64) -> impl IntoView {
    let shown = lines.len() as u64;
    (shown > 0).then(|| view! {
        <section aria-labelledby="lines-title">
            <h2 id="lines-title">"Lines"</h2>
            <p class="table-count">
                {format::count(total, "line", "lines")}
                {(shown < total).then(|| format!(", the first {shown} shown"))}
            </p>
            <DataTable caption="Lines" quiet=true>
                <thead>
                    <tr>
                        <th scope="col" class="number">"Line"</th>
                        <th scope="col">"Operation"</th>
                        <th scope="col">"Outcome"</th>
                        <th scope="col" class="number">"Gross"</th>
                        <th scope="col" class="number">"Fee"</th>
                        <th scope="col" class="number">"Net"</th>
                        <th scope="col">"Payment"</th>
                        <th scope="col">"Processor\u{2019}s reference"</th>
                    </tr>
                </thead>
                <tbody>{lines.into_iter().map(|line| view! { <Line line /> }).collect_view()}</tbody>
            </DataTable>
        </section>
    })
}

#[component]
fn Line(line: FileLine) -> impl IntoView {
    view! {
        <tr>
            <th scope="row" class="number">{line.number}</th>
            <td>{line.operation}</td>
            <td><Badge of=outcome(line.outcome) /></td>
            <AmountCell of=Some(line.gross) />
            <AmountCell of=Some(line.fee) />
            <AmountCell of=Some(line.net) />
            <td>
                {line.payment.map(|payment| view! {
                    <a class="id" href=format!("/console/payments/{payment}")>{payment.to_string()}</a>
                })}
            </td>
            <td><code class="id">{line.reference}</code></td>
        </tr>
    }
    .into_any()
}

fn outcome(outcome: LineOutcome) -> (&'static str, Tone) {
    match outcome {
        LineOutcome::Pending => ("Not compared yet", Tone::Waiting),
        LineOutcome::Matched => ("Agrees", Tone::Good),
        LineOutcome::Mismatched => ("Differs", Tone::Bad),
    }
}
