//! The forms of the bank files: making one of what waits, and taking in what a bank says.

use leptos::prelude::*;

use crate::components::field::{Field, FieldError, described_with};
use crate::format;
use crate::pages::query::{FormProblem, query_parameter};

/// Makes a file of what waits at an account.
#[component]
pub fn MakeFile(
    /// The accounts' names.
    names: Vec<String>,
) -> impl IntoView {
    let problem = FormProblem::from_query();
    let [account, on] = ["account", "on"].map(|name| problem.of_field(name));
    view! {
        <section class="panel" aria-labelledby="make-title">
            <h2 id="make-title">"Make a file"</h2>
            <form method="post" action="/console/actions/bank-files">
                <Field name="account" label="Account">
                    <select
                        id="account"
                        name="account"
                        aria-invalid=account.map(|_| "true")
                        aria-describedby=described_with("account", false, account.is_some())
                    >
                        {names.into_iter().map(|name| view! {
                            <option value=name.clone()>{name.clone()}</option>
                        }).collect_view()}
                    </select>
                </Field>
                <Field
                    name="on"
                    label="Day"
                    hint="On which the bank carries them out; today if none is given.".to_owned()
                >
                    <input
                        id="on"
                        name="on"
                        type="date"
                        aria-invalid=on.map(|_| "true")
                        aria-describedby=described_with("on", true, on.is_some())
                    />
                </Field>
                <button class="button" type="submit">"Make the file"</button>
                <p class="field-hint">
                    "All that waits at the account goes into one file, once. Download it below, as often as you like: its bytes stay the same."
                </p>
            </form>
        </section>
    }
    .into_any()
}

/// Takes in a bank's file.
#[component]
pub fn ReadReport(
    /// The largest file that is taken, in bytes.
    max_bytes: u64,
) -> impl IntoView {
    let error = FormProblem::from_query().of_field("file");
    let place = error.and_then(|_| place());
    let described = described_with("file", true, error.is_some());
    let described = described.map(|ids| if place.is_some() { ids + " file-place" } else { ids });
    let hint = format!(
        "pain.002, camt.053 or camt.054 as the bank made it, up to {}. The same file twice changes nothing.",
        format::size(max_bytes)
    );
    view! {
        <section class="panel" aria-labelledby="read-title">
            <h2 id="read-title">"Read a bank\u{2019}s file"</h2>
            <form
                class="upload"
                method="post"
                action="/console/actions/bank-reports"
                enctype="multipart/form-data"
            >
                <div class="field" class:field-refused=error.is_some()>
                    <label for="file">"File of the bank"</label>
                    <p class="field-hint" id="file-hint">{hint}</p>
                    {error.map(|error| view! { <FieldError name="file" error /> })}
                    {place.map(|place| view! { <p class="field-error" id="file-place">{place}</p> })}
                    <input
                        id="file"
                        name="file"
                        type="file"
                        accept=".xml,text/xml,application/xml"
                        required
                        aria-invalid=error.map(|_| "true")
                        aria-describedby=described
                    />
                </div>
                <button class="button" type="submit">"Read it"</button>
            </form>
        </section>
    }
    .into_any()
}

/// Where a file could not be read, as the address says; only numbers, so that an address cannot make
/// the page say what it likes.
fn place() -> Option<String> {
    let number = |name| query_parameter(name).and_then(|text| text.parse::<u32>().ok());
    let (line, column) = number("line").zip(number("column"))?;
    Some(format!("It was noticed in line {line}, column {column}."))
}
