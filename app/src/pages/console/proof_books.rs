//! What of the books is sealed, closed and signed, and the file that proves it elsewhere.

use leptos::prelude::*;
use time::Date;

use crate::components::badge::Badge;
use crate::components::data_table::DataTable;
use crate::components::field::{Field, described_by, invalid};
use crate::components::instant::Instant;
use crate::format;
use crate::view::proof::{ChainView, CloseRow};
use crate::words::Tone;

/// How far the chain is.
#[component]
pub fn Chain(
    /// The chain, if there is one.
    chain: Option<ChainView>,
) -> impl IntoView {
    let body = match chain {
        None => view! {
            <p class="calm">"Nothing is sealed yet. The first posting or decision begins the chain, seconds later."</p>
        }
        .into_any(),
        Some(chain) => view! {
            <dl class="facts facts-wide">
                <div><dt>"Sealed"</dt><dd>{format::count(chain.sealed, "record", "records")}</dd></div>
                <div><dt>"Wait to be sealed"</dt><dd>{format::count(chain.unsealed, "record", "records")}</dd></div>
                <div><dt>"Since the last signature"</dt><dd>{format::count(chain.unsigned, "record", "records")}</dd></div>
                <div><dt>"Day that is open"</dt><dd>{format::day(chain.open_on)}</dd></div>
            </dl>
            <p class="proof-hash">
                {format!("Hash of record {}, which covers all before it:", chain.sealed)} " "
                <code class="id">{chain.hash}</code>
            </p>
        }
        .into_any(),
    };
    view! {
        <section aria-labelledby="chain-title">
            <h2 id="chain-title">"The chain"</h2>
            {body}
        </section>
    }
    .into_any()
}

/// The days that are closed.
#[component]
pub fn Closes(
    /// The days.
    rows: Vec<CloseRow>,
) -> impl IntoView {
    let body = if rows.is_empty() {
        view! {
            <p class="calm">"No day is closed yet. Each is closed and signed ten minutes after its end in UTC."</p>
        }
        .into_any()
    } else {
        view! {
            <DataTable caption="Daily closes" quiet=true class="lines">
                <thead>
                    <tr>
                        <th scope="col">"Day"</th>
                        <th scope="col">"What it has"</th>
                        <th scope="col">"Signed with"</th>
                        <th scope="col">"Closed"</th>
                        <th scope="col">"Signed hash"</th>
                    </tr>
                </thead>
                <tbody>{rows.into_iter().map(|row| view! { <Close row /> }).collect_view()}</tbody>
            </DataTable>
        }
        .into_any()
    };
    view! {
        <section aria-labelledby="closes-title">
            <h2 id="closes-title">"Daily closes"</h2>
            {body}
        </section>
    }
    .into_any()
}

#[component]
fn Close(row: CloseRow) -> impl IntoView {
    let has = [
        format::count(row.postings, "posting", "postings"),
        format::count(row.entries, "entry", "entries"),
        format::count(row.audits, "audit line", "audit lines"),
    ]
    .join(", ");
    let signature =
        if row.is_of_this_key { ("Our key", Tone::Good) } else { ("Another key", Tone::Warning) };
    view! {
        <tr>
            <th scope="row">{format::day(row.date)}</th>
            <td class="prose">{has}</td>
            <td><Badge of=signature /></td>
            <td><Instant at=row.closed_at /></td>
            <td class="proof-signed"><code class="id proof-key">{row.hash}</code></td>
        </tr>
    }
    .into_any()
}

/// The forms that the file can have: the word of the address, and what people call it.
const FORMATS: [(&str, &str); 4] = [
    ("paydesk-books", "Proof, for paydesk verify"),
    ("csv", "Table, for a spreadsheet (CSV)"),
    ("beancount", "Journal for Beancount"),
    ("hledger", "Journal for hledger"),
];

/// The form that makes the file's address, and how the file is checked.
#[component]
pub fn Export(
    /// The chain, if there is one.
    chain: Option<ChainView>,
    /// The key that closes are signed with.
    public_key: String,
) -> impl IntoView {
    let form = chain.map(|chain| view! { <Days open_on=chain.open_on /> });
    view! {
        <section class="panel" aria-labelledby="export-title">
            <h2 id="export-title">"Check it elsewhere"</h2>
            {form}
            <p>
                "Whoever has the file checks it with no database and no network: "
                <code class="proof-key">"paydesk verify FILE --public-key " <span class="proof-key">{public_key}</span></code>
            </p>
            <p class="calm">"Keep the key now: it is what tells our signature from anybody else\u{2019}s."</p>
        </section>
    }
    .into_any()
}

#[component]
fn Days(open_on: Date) -> impl IntoView {
    view! {
        <form method="get" action="/console/proof/books">
            <Field name="from" label="First day" hint="Empty for the first day there is.".to_owned()>
                <input
                    id="from"
                    name="from"
                    type="date"
                    max=open_on.to_string()
                    aria-invalid=invalid("from")
                    aria-describedby=described_by("from", true)
                />
            </Field>
            <Field name="to" label="Last day">
                <input
                    id="to"
                    name="to"
                    type="date"
                    max=open_on.to_string()
                    value=open_on.to_string()
                    aria-invalid=invalid("to")
                    aria-describedby=described_by("to", false)
                />
            </Field>
            <Field name="format" label="Form">
                <select
                    id="format"
                    name="format"
                    aria-invalid=invalid("format")
                    aria-describedby=described_by("format", false)
                >
                    {FORMATS.into_iter().map(|(word, name)| view! { <option value=word>{name}</option> }).collect_view()}
                </select>
            </Field>
            <button class="button button-quiet" type="submit">"Download the books"</button>
        </form>
    }
    .into_any()
}
