//! Settlement files: the upload, and what came in so far.

use leptos::either::Either;
use leptos::prelude::*;

use crate::components::badge::Badge;
use crate::components::data_table::DataTable;
use crate::components::empty_state::EmptyState;
use crate::components::field::{Field, described_by, invalid};
use crate::components::instant::{AsOf, Instant};
use crate::format;
use crate::pages::console::{Heading, Section, page};
use crate::view::files::{FileListView, FileRow, FileState, ProcessorAccountChoice};
use crate::words::Tone;

/// Shows the files and the upload form.
#[component]
pub fn FilesPage() -> impl IntoView {
    page(
        Section::Files,
        |ports, operator| async move { ports.files.list(&operator).await },
        |view| view! { <Files view /> },
    )
}

#[component]
fn Files(view: FileListView) -> impl IntoView {
    let FileListView { files, processor_accounts, max_bytes, may_upload, as_of } = view;
    let body = if files.is_empty() {
        Either::Left(view! {
            <EmptyState title="No settlement file yet">
                "Processors send one a day. Taking it in settles what agrees and shows what differs."
            </EmptyState>
        })
    } else {
        Either::Right(view! { <Table files /> })
    };
    view! {
        <Heading text="Settlement files"><AsOf at=as_of /></Heading>
        {may_upload.then(|| view! { <Upload processor_accounts max_bytes /> })}
        <section aria-labelledby="files-title">
            <h2 id="files-title">"Taken in"</h2>
            {body}
        </section>
    }
    .into_any()
}

/// The upload form.
#[component]
fn Upload(processor_accounts: Vec<ProcessorAccountChoice>, max_bytes: u64) -> impl IntoView {
    let hint = format!(
        "CSV as the processor made it, up to {}. The same file twice changes nothing.",
        format::size(max_bytes)
    );
    view! {
        <section class="panel" aria-labelledby="upload-title">
            <h2 id="upload-title">"Take in a file"</h2>
            <p class="field-hint" id="file-hint">{hint}</p>
            <form
                class="upload"
                method="post"
                action="/console/actions/files"
                enctype="multipart/form-data"
            >
                <Field name="processor_account" label="Processor account">
                    <select
                        id="processor_account"
                        name="processor_account"
                        required
                        aria-invalid=invalid("processor_account")
                        aria-describedby=described_by("processor_account", false)
                    >
                        {processor_accounts.into_iter().map(|account| view! {
                            <option value=account.id.to_string()>{account.name}</option>
                        }).collect_view()}
                    </select>
                </Field>
                <Field name="file" label="Settlement file">
                    <input
                        id="file"
                        name="file"
                        type="file"
                        accept=".csv,text/csv"
                        required
                        aria-invalid=invalid("file")
                        aria-describedby=described_by("file", true)
                    />
                </Field>
                <button class="button" type="submit">"Take in and compare"</button>
            </form>
        </section>
    }
    .into_any()
}

#[component]
fn Table(files: Vec<FileRow>) -> impl IntoView {
    view! {
        <DataTable caption="Settlement files" quiet=true>
            <thead>
                <tr>
                    <th scope="col">"File"</th>
                    <th scope="col">"Processor account"</th>
                    <th scope="col">"State"</th>
                    <th scope="col" class="number">"Agree"</th>
                    <th scope="col" class="number">"Differ"</th>
                    <th scope="col" class="number">"Missing"</th>
                    <th scope="col" class="number">"Unreadable"</th>
                    <th scope="col">"Came in"</th>
                </tr>
            </thead>
            <tbody>
                {files.into_iter().map(|file| view! {
                    <tr>
                        <th scope="row"><a href=format!("/console/files/{}", file.id)>{file.name}</a></th>
                        <td>{file.processor_account}</td>
                        <td><Badge of=state(file.state) /></td>
                        <td class="number">{file.counts.matched}</td>
                        <td class="number">{file.counts.mismatched}</td>
                        <td class="number">{file.counts.missing}</td>
                        <td class="number">{file.counts.refused}</td>
                        <td><Instant at=file.received_at /></td>
                    </tr>
                }).collect_view()}
            </tbody>
        </DataTable>
    }
    .into_any()
}

/// How far a file is, in words.
pub(crate) fn state(state: FileState) -> (&'static str, Tone) {
    match state {
        FileState::Received => ("Received", Tone::Waiting),
        FileState::Matched => ("Compared", Tone::Good),
        FileState::Refused => ("Refused", Tone::Bad),
    }
}
