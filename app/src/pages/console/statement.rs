//! The statement of one account. Which one, and of which days, is its address.

use domain::account::AccountKind;
use domain::currency::Currency;
use leptos::prelude::*;
use time::Date;
use time::format_description::well_known::Iso8601;

use crate::components::amount::{Amount, AmountCell};
use crate::components::data_table::DataTable;
use crate::components::field::FieldError;
use crate::components::instant::{AsOf, Instant};
use crate::error::AppError;
use crate::format;
use crate::pages::console::{Heading, Section, page};
use crate::pages::query::{address, path_parameter, query_parameter};
use crate::view::ledger::{StatementFilter, StatementLine, StatementView};
use crate::words::notice;

/// Shows the statement of one account.
#[component]
pub fn StatementPage() -> impl IntoView {
    let filter = filter();
    let asked = filter.clone();
    page(
        Section::Ledger,
        |ports, operator| async move { ports.ledger.statement(&operator, asked?).await },
        move |view| filter.ok().map(|filter| view! { <Statement view filter /> }),
    )
}

fn filter() -> Result<StatementFilter, AppError> {
    let word = path_parameter::<String>("account")?;
    let currency = query_parameter("currency").and_then(|code| code.parse::<Currency>().ok());
    let day = |name| query_parameter(name).and_then(|text| Date::parse(&text, &Iso8601::DATE).ok());
    Ok(StatementFilter {
        account: AccountKind::from_word(&word).ok_or(AppError::NotFound)?,
        owner: query_parameter("owner"),
        currency: currency.ok_or(AppError::NotFound)?,
        from: day("from"),
        to: day("to"),
        after: query_parameter("after"),
    })
}

#[component]
fn Statement(view: StatementView, filter: StatementFilter) -> impl IntoView {
    let owner = view.owner.clone().map(|owner| format!(", {owner}")).unwrap_or_default();
    let title = format!("{}{owner}, {}", view.account, filter.currency);
    let days = format!("{} to {}", format::day(view.from), format::day(view.to));
    let next = view.next.clone().map(|after| same(&filter, &view, Some(&after)));
    let export = same(&filter, &view, None).replacen('?', "/statement.csv?", 1);
    let is_backwards = view.is_backwards;
    view! {
        <nav class="trail" aria-label="Up"><a href="/console/ledger">"Trial balance"</a></nav>
        <Heading text=title><AsOf at=view.as_of /></Heading>
        <Days filter from=view.from to=view.to is_backwards />
        {(!is_backwards).then(|| view! { <Figures view days next export /> })}
    }
    .into_any()
}

/// What moved in those days.
#[component]
fn Figures(
    view: StatementView,
    days: String,
    next: Option<String>,
    export: String,
) -> impl IntoView {
    let credits = view.credits.checked_neg().unwrap_or(view.credits);
    view! {
        <dl class="facts facts-wide">
            <div><dt>"Opening"</dt><dd><Amount of=view.opening /></dd></div>
            <div><dt>"Debits"</dt><dd><Amount of=view.debits /></dd></div>
            <div><dt>"Credits"</dt><dd><Amount of=credits /></dd></div>
            <div><dt>"Closing"</dt><dd><Amount of=view.closing /></dd></div>
        </dl>
        <Lines lines=view.lines days />
        <nav class="pages" aria-label="Pages">
            {next.map(|address| view! {
                <a class="button button-quiet" rel="next" href=address>"Later lines"</a>
            })}
            <a class="button button-quiet" href=export download="">"Download as CSV"</a>
        </nav>
    }
    .into_any()
}

/// The choice of days: a form that makes the address.
#[component]
fn Days(filter: StatementFilter, from: Date, to: Date, is_backwards: bool) -> impl IntoView {
    let action = format!("/console/ledger/{}", filter.account.as_str());
    view! {
        <form class="filter-bar" method="get" action=action aria-label="Days">
            {filter.owner.map(|owner| view! { <input type="hidden" name="owner" value=owner /> })}
            <input type="hidden" name="currency" value=filter.currency.code() />
            <label for="from">"From"</label>
            <input
                id="from"
                name="from"
                type="date"
                value=from.to_string()
                required
                aria-invalid=is_backwards.then_some("true")
                aria-describedby=is_backwards.then_some("from-error")
            />
            <label for="to">"To"</label>
            <input id="to" name="to" type="date" value=to.to_string() required />
            <button class="button button-small" type="submit">"Show"</button>
            {is_backwards.then(|| view! {
                <FieldError name="from" error=notice::problem("books_backwards") />
            })}
        </form>
    }
    .into_any()
}

#[component]
fn Lines(lines: Vec<StatementLine>, days: String) -> impl IntoView {
    if lines.is_empty() {
        return view! { <p class="calm">{format!("Nothing moved from {days}.")}</p> }.into_any();
    }
    view! {
        <DataTable caption=format!("Movements from {days}")>
            <thead>
                <tr>
                    <th scope="col">"Fact"</th>
                    <th scope="col">"About"</th>
                    <th scope="col">"Recorded"</th>
                    <th scope="col" class="number">"Debit"</th>
                    <th scope="col" class="number">"Credit"</th>
                    <th scope="col" class="number">"Balance"</th>
                </tr>
            </thead>
            <tbody>{lines.into_iter().map(|line| view! { <Line line /> }).collect_view()}</tbody>
        </DataTable>
    }
    .into_any()
}

#[component]
fn Line(line: StatementLine) -> impl IntoView {
    view! {
        <tr>
            <th scope="row"><code class="id">{line.cause}</code></th>
            <td>
                {line.payment.map(|(id, reference)| view! {
                    <a href=format!("/console/payments/{id}")>{reference}</a>
                })}
            </td>
            <td><Instant at=line.at /></td>
            <AmountCell of=line.debit />
            <AmountCell of=line.credit />
            <AmountCell of=Some(line.balance) />
        </tr>
    }
    .into_any()
}

/// The address of the same statement, from `after` on.
fn same(filter: &StatementFilter, view: &StatementView, after: Option<&str>) -> String {
    let (from, to) = (view.from.to_string(), view.to.to_string());
    let parameters = [
        ("owner", filter.owner.as_deref().unwrap_or_default()),
        ("currency", filter.currency.code()),
        ("from", &from),
        ("to", &to),
        ("after", after.unwrap_or_default()),
    ];
    address(&format!("/console/ledger/{}", filter.account.as_str()), &parameters)
}
