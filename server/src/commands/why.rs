//! `paydesk why`: the page "Why?" for whoever has a terminal and no browser.

use app::format;
use app::words::payment::status;
use app::words::why::{sentence, turn};
use color_eyre::eyre::{Result, bail};
use engine::why::{Explanation, explain, find};
use engine::{installation, timeline};
use sqlx::PgPool;

use crate::config::WhyArguments;
use crate::run::connect;

/// Says why a payment of any shop failed or waits, with the evidence.
///
/// # Errors
/// If nothing, or more than one payment, is called so; then nothing was changed, nor is it ever.
pub async fn why(arguments: WhyArguments) -> Result<()> {
    let pool = connect(&arguments.database).await?.pool;
    let mut found = Vec::new();
    for shop in installation::shops(&pool).await? {
        let ids = find(&pool, shop, &arguments.query).await?;
        found.extend(ids.into_iter().map(|id| (shop, id)));
    }
    match found.as_slice() {
        [] => bail!("no payment has this id, reference or support code"),
        [(shop, id)] => match explain(&pool, *shop, *id).await? {
            Some(explanation) => print(&pool, &explanation).await,
            None => bail!("the payment is gone"),
        },
        several => {
            let ids: Vec<String> = several.iter().map(|(_, id)| id.to_string()).collect();
            bail!("several payments may be meant; give one of {}", ids.join(", "))
        }
    }
}

async fn print(pool: &PgPool, of: &Explanation) -> Result<()> {
    let payment = &of.payment;
    let processor = of.routes.last().map(|route| route.account.as_str());
    say(&sentence(&of.reason, processor));
    say(&format!("{}, since {}", turn(of.turn).0, format::instant_to_the_second(of.since)));
    say("");
    say(&format!(
        "payment {} ({}), {}, {}, version {}",
        payment.id,
        payment.reference,
        format::amount(payment.state.amount),
        status(payment.state.status()).0.to_lowercase(),
        payment.version,
    ));
    say(&format!("checkout {}, support code {}", payment.checkout, of.support_code));
    if let Some((code, said)) = &payment.failure {
        say(&format!("declined last as {code}; the processor said: {said}"));
    }
    for route in &of.routes {
        let reason = route.reason.as_deref().unwrap_or("where the payment is");
        say(&format!("{} {} at {}: {reason}", at(route.at), route.operation, route.account));
    }
    for job in &of.jobs {
        let when = job.due_at.map_or_else(|| "given up".into(), |due| format!("next {}", at(due)));
        let error = job.error.as_deref().unwrap_or("no error");
        say(&format!("work {}, {} tries, {when}: {error}", job.kind, job.tries));
    }
    let story = timeline::story(pool, payment.shop, payment.id).await?;
    for change in story.iter().flat_map(|story| &story.transitions) {
        let (event, from, to) = (&change.event, &change.from_phase, &change.to_phase);
        say(&format!("{} {event} by {}: {from} to {to}", at(change.at), change.source));
    }
    for delivery in &of.deliveries {
        let answer = delivery.answer.as_deref().unwrap_or("not sent yet");
        let endpoint = delivery.endpoint.as_deref().unwrap_or("no endpoint");
        say(&format!("{} told {endpoint} {}: {answer}", at(delivery.at), delivery.event));
    }
    Ok(())
}

fn at(instant: time::OffsetDateTime) -> String {
    format::instant_to_the_second(instant)
}

#[expect(clippy::print_stdout, reason = "the answer is what the command is for")]
fn say(line: &str) {
    println!("{line}");
}
