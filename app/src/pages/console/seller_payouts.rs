//! What concerns pay-outs on a seller's page: bank accounts, a new pay-out, those there are, and the
//! schedule.

use domain::id::SellerId;
use domain::money::Money;
use leptos::prelude::*;
use time::OffsetDateTime;

use crate::components::amount::Amount;
use crate::components::badge::Badge;
use crate::components::data_table::DataTable;
use crate::components::field::{Field, described_with};
use crate::components::instant::Instant;
use crate::format;
use crate::pages::console::payout_setback::SellerSetback;
use crate::pages::console::payouts::PayoutTable;
use crate::pages::query::{FormProblem, query_parameter};
use crate::view::payouts::{PayeeState, PayeeView, ScheduleView, SellerPayoutsView, WishView};
use crate::words::{notice, payouts};

/// The pay-outs of a seller.
#[component]
pub fn SellerPayouts(
    /// Whose.
    seller: SellerId,
    /// What there is.
    view: SellerPayoutsView,
    /// The moment that all figures are of.
    as_of: OffsetDateTime,
) -> impl IntoView {
    let has_rows = !view.rows.is_empty();
    view! {
        <Accounts accounts=view.accounts may_verify=view.may_verify />
        {view.may_make.then(|| view! { <Make seller payable=view.payable wish=view.wish /> })}
        <section aria-labelledby="payouts-title">
            <h2 id="payouts-title">"Pay-outs"</h2>
            {view.setback.map(|setback| view! { <SellerSetback setback /> })}
            {has_rows.then(|| view! {
                <PayoutTable rows=view.rows as_of />
                <nav class="pages" aria-label="Pay-outs">
                    <a class="button button-quiet" href=format!("/console/payouts?seller={seller}")>"All pay-outs"</a>
                </nav>
            })}
            {(!has_rows).then(|| view! { <p class="calm">"They were not paid yet."</p> })}
        </section>
        <Schedules schedules=view.schedules />
    }
    .into_any()
}

#[component]
fn Accounts(accounts: Vec<PayeeView>, may_verify: bool) -> impl IntoView {
    let body = if accounts.is_empty() {
        view! { <p class="calm">"They have given no bank account yet; the shop adds one through the API."</p> }
            .into_any()
    } else {
        view! {
            <DataTable caption="Bank accounts" quiet=true class="stacked">
                <thead>
                    <tr>
                        <th scope="col">"Number"</th>
                        <th scope="col">"Holder"</th>
                        <th scope="col">"Currency"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"Verified by"</th>
                        <th scope="col">"Given"</th>
                    </tr>
                </thead>
                <tbody>
                    {accounts.into_iter().map(|one| view! { <Account one may_verify /> }).collect_view()}
                </tbody>
            </DataTable>
        }
        .into_any()
    };
    view! {
        <section aria-labelledby="accounts-title">
            <h2 id="accounts-title">"Bank accounts"</h2>
            {body}
        </section>
    }
    .into_any()
}

#[component]
fn Account(one: PayeeView, may_verify: bool) -> impl IntoView {
    let can_verify = may_verify && one.state == PayeeState::New;
    let label = format!("Verify {}", one.iban);
    view! {
        <tr>
            <th scope="row"><code class="id">{one.iban}</code></th>
            <td>{one.holder}</td>
            <td>{one.currency.code()}</td>
            <td><Badge of=payouts::payee(one.state) /></td>
            <td>
                {one.verified_by}
                {can_verify.then(|| view! {
                    <form method="post" action=format!("/console/actions/payee-accounts/{}/verify", one.id)>
                        <button class="button button-small" type="submit" aria-label=label>"Verify"</button>
                    </form>
                })}
            </td>
            <td><Instant at=one.created_at /></td>
        </tr>
    }
    .into_any()
}

/// Step one: how much. A form that only makes an address, so looking costs nothing.
#[component]
fn Make(seller: SellerId, payable: Vec<Money>, wish: Option<WishView>) -> impl IntoView {
    let (amount, currency) =
        (query_parameter("amount").unwrap_or_default(), query_parameter("currency"));
    let hint = format!("Can be paid now: {}", format::amounts(&payable));
    let refused = match &wish {
        Some(WishView::Refused(code)) => Some(code.as_str()),
        _ => None,
    };
    let [of_amount, of_currency] = ["amount", "currency"].map(|name| wrong(name, refused));
    let body = if payable.is_empty() {
        view! { <p class="calm">"The shop has no account that pay-outs could leave from."</p> }
            .into_any()
    } else {
        view! {
            <form method="get" action=format!("/console/sellers/{seller}#make-title")>
                <Field name="amount" label="Amount" hint=hint error=of_amount>
                    <input
                        id="amount"
                        name="amount"
                        inputmode="decimal"
                        autocomplete="off"
                        maxlength="32"
                        required
                        value=amount
                        aria-invalid=of_amount.map(|_| "true")
                        aria-describedby=described_with("amount", true, of_amount.is_some())
                    />
                </Field>
                <Field name="currency" label="Currency" error=of_currency>
                    <select
                        id="currency"
                        name="currency"
                        aria-invalid=of_currency.map(|_| "true")
                        aria-describedby=described_with("currency", false, of_currency.is_some())
                    >
                        {payable.into_iter().map(|one| {
                            let code = one.currency().code();
                            let is_chosen = currency.as_deref() == Some(code);
                            view! { <option value=code selected=is_chosen>{code}</option> }
                        }).collect_view()}
                    </select>
                </Field>
                <button class="button button-quiet" type="submit">"Preview what it does"</button>
            </form>
            {wish.map(|wish| view! { <Wished seller wish /> })}
        }
        .into_any()
    };
    view! {
        <section class="panel" aria-labelledby="make-title">
            <h2 id="make-title">"Make a pay-out"</h2>
            {body}
        </section>
    }
    .into_any()
}

/// What is wrong with a field of the first step: as it was looked at, or as it was sent.
fn wrong(name: &str, refused: Option<&str>) -> Option<&'static str> {
    let field = |code: &str| if code == "payout_currency" { "currency" } else { "amount" };
    let looked_at = refused.filter(|code| field(code) == name).map(notice::problem);
    looked_at.or_else(|| FormProblem::from_query().of_field(name))
}

/// Step two: what it would do, and the form that does it.
#[component]
fn Wished(seller: SellerId, wish: WishView) -> impl IntoView {
    match wish {
        // What is wrong stands beside the field.
        WishView::Refused(_) => ().into_any(),
        WishView::Possible { amount, payable, after, idempotency_key } => view! {
            <form method="post" action=format!("/console/actions/sellers/{seller}/payouts")>
                <input type="hidden" name="amount" value=amount.to_decimal_string() />
                <input type="hidden" name="currency" value=amount.currency().code() />
                <input type="hidden" name="key" value=idempotency_key />
                <dl class="facts">
                    <div><dt>"To be paid"</dt><dd><Amount of=amount /></dd></div>
                    <div><dt>"Can be paid now"</dt><dd><Amount of=payable /></dd></div>
                    <div><dt>"Left afterwards"</dt><dd><Amount of=after /></dd></div>
                </dl>
                <button class="button" type="submit">"Make the pay-out"</button>
            </form>
        }
        .into_any(),
    }
}

#[component]
fn Schedules(schedules: Vec<ScheduleView>) -> impl IntoView {
    view! {
        <section aria-labelledby="schedule-title">
            <h2 id="schedule-title">"Schedule"</h2>
            {schedules.is_empty().then(|| view! {
                <p class="calm">"They are paid when somebody asks for it."</p>
            })}
            {(!schedules.is_empty()).then(|| view! {
                <dl class="facts facts-wide">
                    {schedules.into_iter().map(|one| {
                        let last = one.last.map(|(on, outcome)| {
                            format!(". Last run on {}: {outcome}", format::day(on))
                        });
                        view! {
                            <div>
                                <dt>{one.minimum.currency().code()}</dt>
                                <dd>{one.rhythm} ", from " <Amount of=one.minimum /> {last}</dd>
                            </div>
                        }
                    }).collect_view()}
                </dl>
            })}
        </section>
    }
    .into_any()
}
