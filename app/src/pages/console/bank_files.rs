//! Pay-outs by bank file: what waits for the next file, the files that banks were given, and what
//! the banks said.

use leptos::prelude::*;

use crate::components::amount::AmountCell;
use crate::components::data_table::DataTable;
use crate::components::instant::{AsOf, Instant};
use crate::format;
use crate::pages::console::bank_file_forms::{MakeFile, ReadReport};
use crate::pages::console::{Heading, Section, page};
use crate::pages::query::{address, query_parameter};
use crate::view::bank_files::{BankAccountRow, BankFileRow, BankFilesView, BankReportRow};

/// Shows the files for banks, the newest first.
#[component]
pub fn BankFilesPage() -> impl IntoView {
    let after = query_parameter("after").and_then(|id| id.parse().ok());
    page(
        Section::Payouts,
        move |ports, operator| async move { ports.bank_files.list(&operator, after).await },
        |view| view! { <BankFiles view /> },
    )
}

#[component]
fn BankFiles(view: BankFilesView) -> impl IntoView {
    let BankFilesView { accounts, files, next, reports, max_bytes, may_make, may_read, as_of } =
        view;
    let next = next.map(|after| address("/console/bank-files", &[("after", &after.to_string())]));
    let has_accounts = !accounts.is_empty();
    let names: Vec<String> = accounts.iter().map(|account| account.name.clone()).collect();
    view! {
        <nav class="trail" aria-label="Up"><a href="/console/payouts">"Pay-outs"</a></nav>
        <Heading text="Bank files"><AsOf at=as_of /></Heading>
        <section aria-labelledby="waiting-title">
            <h2 id="waiting-title">"What waits for the next file"</h2>
            {has_accounts.then(|| view! { <Waiting accounts /> })}
            {(!has_accounts).then(|| view! {
                <p class="calm">
                    "No account pays by bank file. One is added with: paydesk payouts account NAME --bank-file"
                </p>
            })}
        </section>
        {(has_accounts && may_make).then(|| view! { <MakeFile names /> })}
        <section aria-labelledby="files-title">
            <h2 id="files-title">"Files for banks"</h2>
            <Files files may_fetch=may_make />
            {next.map(|address| view! {
                <nav class="pages" aria-label="Pages">
                    <a class="button button-quiet" rel="next" href=address>"Older files"</a>
                </nav>
            })}
        </section>
        {may_read.then(|| view! { <ReadReport max_bytes /> })}
        <section aria-labelledby="reports-title">
            <h2 id="reports-title">"What banks said"</h2>
            <Reports reports />
        </section>
    }
    .into_any()
}

#[component]
fn Waiting(accounts: Vec<BankAccountRow>) -> impl IntoView {
    view! {
        <DataTable caption="What waits for the next file" quiet=true>
            <thead>
                <tr>
                    <th scope="col">"Account"</th>
                    <th scope="col">"Number"</th>
                    <th scope="col" class="number">"Pay-outs"</th>
                    <th scope="col" class="number">"Together"</th>
                </tr>
            </thead>
            <tbody>
                {accounts.into_iter().map(|account| view! {
                    <tr>
                        <th scope="row">{account.name}</th>
                        <td><code class="id">{account.iban}</code></td>
                        <td class="number">{account.payouts}</td>
                        <AmountCell of=Some(account.total) />
                    </tr>
                }).collect_view()}
            </tbody>
        </DataTable>
    }
    .into_any()
}

#[component]
fn Files(files: Vec<BankFileRow>, may_fetch: bool) -> impl IntoView {
    if files.is_empty() {
        return view! { <p class="calm">"No bank was given a file yet."</p> }.into_any();
    }
    view! {
        <DataTable caption="Files for banks" quiet=true>
            <thead>
                <tr>
                    <th scope="col">"File"</th>
                    <th scope="col">"Account"</th>
                    <th scope="col" class="number">"Pay-outs"</th>
                    <th scope="col" class="number">"Together"</th>
                    <th scope="col">"For"</th>
                    <th scope="col" class="number">"Answered"</th>
                    <th scope="col" class="number">"Accepted"</th>
                    <th scope="col" class="number">"Rejected"</th>
                    <th scope="col" class="number">"Booked"</th>
                    <th scope="col">"Made"</th>
                </tr>
            </thead>
            <tbody>
                {files.into_iter().map(|file| view! { <File file may_fetch /> }).collect_view()}
            </tbody>
        </DataTable>
    }
    .into_any()
}

#[component]
fn File(file: BankFileRow, may_fetch: bool) -> impl IntoView {
    let id = file.id.to_string();
    let name = if may_fetch {
        let label = format!("Download {id}");
        let href = format!("/console/bank-files/{id}/pain001.xml");
        view! { <a href=href download="" aria-label=label><code class="id">{id.clone()}</code></a> }
            .into_any()
    } else {
        view! { <code class="id">{id.clone()}</code> }.into_any()
    };
    view! {
        <tr id=id>
            <th scope="row">{name}</th>
            <td>{file.account}</td>
            <td class="number">{file.payouts}</td>
            <AmountCell of=Some(file.total) />
            <td>{format::day(file.execution_on)}</td>
            <td class="number">{file.answered}</td>
            <td class="number">{file.accepted}</td>
            <td class="number">{file.rejected}</td>
            <td class="number">{file.booked}</td>
            <td><Instant at=file.created_at /> ", " {file.made_by}</td>
        </tr>
    }
    .into_any()
}

#[component]
fn Reports(reports: Vec<BankReportRow>) -> impl IntoView {
    if reports.is_empty() {
        return view! { <p class="calm">"No file of a bank was read yet."</p> }.into_any();
    }
    view! {
        <DataTable caption="What banks said" quiet=true>
            <thead>
                <tr>
                    <th scope="col">"File"</th>
                    <th scope="col">"Format"</th>
                    <th scope="col" class="number">"Pay-outs changed"</th>
                    <th scope="col">"Read to its end"</th>
                    <th scope="col">"Read"</th>
                </tr>
            </thead>
            <tbody>
                {reports.into_iter().map(|report| view! {
                    <tr>
                        <th scope="row">
                            <a href=format!("/console/bank-files/reports/{}", report.id)>{report.name}</a>
                        </th>
                        <td>{report.format}</td>
                        <td class="number">{report.changed}</td>
                        <td>{if report.finished_at.is_some() { "Yes" } else { "No: read it again" }}</td>
                        <td><Instant at=report.created_at /> ", " {report.read_by}</td>
                    </tr>
                }).collect_view()}
            </tbody>
        </DataTable>
    }
    .into_any()
}
