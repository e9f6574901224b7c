//! The shopper: pays on the processor's page as a browser would, reloads what breaks, presses a
//! button twice, and goes on until the purchase has come to an end.

use std::time::{Duration, Instant};

use futures::future::join_all;
use reqwest::Url;
use serde_json::Value;

use super::shop::{PAUSE, Shop, patience, text};

/// How often one page is reloaded before the shopper begins again at the checkout.
const RELOADS_MAX: usize = 40;

/// How many times as long as patience lasts a purchase may take while the service is mostly dead.
const DEAD_AT_MOST: u32 = 4;
/// Among how many of the last steps one that is the same is looked for.
const STEPS_ALIKE: usize = 4;

/// How a shopper pays on the processor's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Visit {
    /// The outcome that is chosen on each new page of the processor; the last one for all others.
    pub(crate) outcomes: &'static [&'static str],
    /// How often each button is pressed before the answer is there.
    pub(crate) presses: usize,
    /// The policy of a basket; one payment alone has none.
    pub(crate) policy: Option<&'static str>,
}

/// What a shopper saw and did, each once as long as nothing changed.
#[derive(Default)]
struct Trail {
    /// When it began, how often it was so, and what it was.
    steps: Vec<(u64, usize, String)>,
}

impl Trail {
    fn note(&mut self, start: Instant, what: String) {
        // The same few steps come again and again: they are counted where they stood last.
        let recent = self.steps.iter_mut().rev().take(STEPS_ALIKE);
        match recent.into_iter().find(|(_, _, known)| *known == what) {
            Some((_, times, _)) => *times += 1,
            None => self.steps.push((start.elapsed().as_secs(), 1, what)),
        }
    }
}

impl std::fmt::Display for Trail {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (seconds, times, what) in &self.steps {
            writeln!(formatter, "  after {seconds} s, {times} times: {what}")?;
        }
        Ok(())
    }
}

/// A form as it stands on a page.
struct Form {
    action: Url,
    fields: Vec<(String, String)>,
}

impl Shop {
    /// Pays the `number`th checkout, which opens at `address`, until nothing more can be paid there.
    pub(super) async fn visit(&self, number: usize, address: &str, visit: Visit) {
        let checkout = Url::parse(address).expect("a checkout has an address");
        let start = Instant::now();
        let mut pages: Vec<Url> = Vec::new();
        let mut trail = Trail::default();
        // A service that is killed again and again answers seldom: what counts is how often it has
        // answered and nothing came of it.
        let mut answered = Duration::ZERO;
        while answered < patience() && start.elapsed() < patience() * DEAD_AT_MOST {
            let standing = self.standing(number).await;
            answered += if standing.is_some() { PAUSE } else { Duration::ZERO };
            trail.note(start, format!("stands as {standing:?}"));
            match standing.as_deref() {
                Some("paid" | "partly_paid" | "failed" | "cancelled" | "expired") => return,
                Some("open") => {
                    let page = self.press_pay(&checkout, visit).await;
                    trail.note(start, format!("the button led to {page:?}"));
                    if let Some(page) = page {
                        if !pages.contains(&page) {
                            pages.push(page.clone());
                        }
                        let outcome = visit.outcomes[pages.len().min(visit.outcomes.len()) - 1];
                        let back = self.enter(&page, outcome, visit).await;
                        trail.note(start, format!("{outcome} led to {back:?}"));
                        if let Some(back) = back {
                            self.come_back(&back).await;
                        }
                    }
                }
                _ => {}
            }
            tokio::time::sleep(PAUSE).await;
        }
        let known = self.told_of(number).await;
        panic!(
            "the shopper of checkout {number} is not through after {:?}: {known}\n{trail}",
            start.elapsed()
        );
    }

    /// What the service says of the checkout.
    async fn told_of(&self, number: usize) -> String {
        let url = format!("{}/v1/checkouts/crash-{number}", self.service);
        match self.client.get(url).bearer_auth(&self.api_key).send().await {
            Ok(answer) => answer.text().await.unwrap_or_else(|error| error.to_string()),
            Err(error) => error.to_string(),
        }
    }

    /// How the checkout stands, if the shop is told; what was taken is remembered.
    async fn standing(&self, number: usize) -> Option<String> {
        let url = format!("{}/v1/checkouts/crash-{number}", self.service);
        let answer = self.client.get(url).bearer_auth(&self.api_key).send().await.ok()?;
        if !answer.status().is_success() {
            return None;
        }
        let checkout: Value = answer.json().await.ok()?;
        let state = text(&checkout, "state");
        for payment in checkout["payments"].as_array()? {
            self.note_if_taken(payment);
        }
        Some(state)
    }

    /// Opens the checkout and presses its button; the processor's page, if the button leads there.
    async fn press_pay(&self, checkout: &Url, visit: Visit) -> Option<Url> {
        let page = self.browser.get(checkout.clone()).send().await.ok()?.text().await.ok()?;
        let form = pay_form(checkout, &page)?;
        let led_to = self.press(&form, visit.presses).await?;
        // What leads back to the checkout says what is the matter there.
        (led_to.origin() != checkout.origin()).then_some(led_to)
    }

    /// Chooses an outcome on the processor's page; the way back to us.
    async fn enter(&self, page: &Url, outcome: &str, visit: Visit) -> Option<Url> {
        let shown = self.browser.get(page.clone()).send().await.ok()?;
        if let Some(location) = location(page, &shown) {
            // It was paid here before, and the way back broke.
            return Some(location);
        }
        let chosen = ("scenario".to_owned(), outcome.to_owned());
        let form = Form { action: page.clone(), fields: vec![chosen] };
        let led_to = self.press(&form, visit.presses).await?;
        if !led_to.path().ends_with("/challenge") {
            return Some(led_to);
        }
        let passed = ("outcome".to_owned(), "complete".to_owned());
        self.press(&Form { action: led_to, fields: vec![passed] }, visit.presses).await
    }

    /// Returns to us, and looks at the status page that we lead to.
    async fn come_back(&self, back: &Url) {
        let mut address = back.clone();
        for _ in 0..RELOADS_MAX {
            if let Ok(answer) = self.browser.get(address.clone()).send().await {
                match location(&address, &answer) {
                    Some(next) => address = next,
                    None if answer.status().is_success() => return,
                    None => {}
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Sends the form so often at once; where the last answer leads.
    async fn press(&self, form: &Form, times: usize) -> Option<Url> {
        let send = || async {
            let request = self.browser.post(form.action.clone()).form(&form.fields);
            let answer = request.header("sec-fetch-site", "same-origin").send().await.ok()?;
            location(&form.action, &answer)
        };
        join_all((0..times).map(|_| send())).await.into_iter().flatten().last()
    }
}

/// Where an answer leads.
fn location(asked: &Url, answer: &reqwest::Response) -> Option<Url> {
    asked.join(answer.headers().get("location")?.to_str().ok()?).ok()
}

/// The form with the pay button, with everything that it hides; `None` if the page has none.
fn pay_form(checkout: &Url, page: &str) -> Option<Form> {
    let form = page.split("<form ").skip(1).find(|form| form.contains("class=\"pay-form\""))?;
    let (form, _) = form.split_once("</form>")?;
    let attribute = |tag: &str, name: &str| {
        let (_, value) = tag.split_once(&format!("{name}=\""))?;
        Some(value.split_once('"')?.0.to_owned())
    };
    let fields = form.split("<input ").skip(1).filter(|tag| tag.contains("type=\"hidden\""));
    let fields: Option<Vec<(String, String)>> =
        fields.map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?))).collect();
    Some(Form { action: checkout.join(&attribute(form, "action")?).ok()?, fields: fields? })
}
