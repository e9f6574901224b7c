//! The forms of a pay-out's page: those that fit its state and the person's role.

use leptos::prelude::*;

use crate::components::field::{Field, described_by, invalid};
use crate::pages::query::{FormProblem, address};
use crate::view::payouts::{PayoutRow, PayoutView};
use crate::words::payouts;

/// What can be done about the pay-out.
#[component]
pub fn Doing(
    /// The pay-out.
    view: PayoutView,
) -> impl IntoView {
    let PayoutView { row, may, version, .. } = view;
    let (actions, version) = (format!("/console/actions/payouts/{}", row.id), version.to_string());
    let (approve, resume) = (format!("{actions}/approve"), format!("{actions}/resume"));
    let is_any = may.approve
        || may.objection.is_some()
        || may.hold
        || may.resume
        || may.cancel
        || may.make_again;
    let stopping = may.hold || may.cancel;
    let again = may.make_again.then(|| make_again(&row));
    let versions = [version.clone(), version.clone()];
    is_any.then(move || {
        let [for_approve, for_resume] = versions;
        view! {
            <section class="panel" aria-labelledby="doing-title">
                <h2 id="doing-title">"What to do"</h2>
                {may.approve.then(|| view! {
                    <form class="claim" method="post" action=approve>
                        <input type="hidden" name="version" value=for_approve />
                        <button class="button" type="submit">"Approve"</button>
                        <p>"It is given to the provider at once. From then on it cannot be stopped."</p>
                    </form>
                })}
                {may.objection.map(|objection| view! { <p>{payouts::objection(objection)}</p> })}
                {may.resume.then(|| view! {
                    <form class="claim" method="post" action=resume>
                        <input type="hidden" name="version" value=for_resume />
                        <button class="button" type="submit">"Let it go on"</button>
                        <p>"It goes on from where it was held."</p>
                    </form>
                })}
                {again.map(|address| view! {
                    <p><a class="button" href=address>"Make a new one"</a></p>
                    <p>"It is over for this one. A new one is looked at before it is made."</p>
                })}
                {stopping.then(|| view! {
                    <Stopping actions version may_hold=may.hold may_cancel=may.cancel />
                })}
            </section>
        }
    })
    .into_any()
}

/// Holding and cancelling: one reason, and a button for each.
#[component]
fn Stopping(actions: String, version: String, may_hold: bool, may_cancel: bool) -> impl IntoView {
    let is_open = FormProblem::from_query().of_field("reason").is_some();
    let (hold, cancel) = (format!("{actions}/hold"), format!("{actions}/cancel"));
    let first = if may_hold { hold.clone() } else { cancel.clone() };
    let summary = match (may_hold, may_cancel) {
        (true, true) => "Hold or cancel it instead",
        (true, false) => "Hold it instead",
        _ => "Cancel it instead",
    };
    view! {
        <details class="reject" open=is_open>
            <summary>{summary}</summary>
            <form method="post" action=first>
                <input type="hidden" name="version" value=version />
                <Field name="reason" label="Reason" hint="Stays here and in the audit log.".to_owned()>
                    <textarea
                        id="reason"
                        name="reason"
                        rows="3"
                        maxlength="500"
                        required
                        aria-invalid=invalid("reason")
                        aria-describedby=described_by("reason", true)
                    ></textarea>
                </Field>
                {may_hold.then(|| view! {
                    <button class="button button-quiet" type="submit" formaction=hold>"Hold"</button>
                })}
                {may_cancel.then(|| view! {
                    <button class="button button-quiet" type="submit" formaction=cancel>"Cancel the pay-out"</button>
                })}
            </form>
        </details>
    }
    .into_any()
}

/// Where a pay-out like this one is made.
fn make_again(row: &PayoutRow) -> String {
    let (amount, currency) = (row.amount.to_decimal_string(), row.amount.currency().code());
    let seller = format!("/console/sellers/{}", row.seller);
    address(&seller, &[("amount", &amount), ("currency", currency)]) + "#make-title"
}
