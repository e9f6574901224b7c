//! The shopper's pages: how long the server takes, and how much it sends.

use std::time::Instant;

use color_eyre::eyre::{OptionExt as _, Result, ensure};
use serde_json::Value;

use super::load::{Latency, body};
use super::world::World;

/// How often each page is asked for.
const REQUESTS: usize = 500;

/// What was measured of one page.
pub(super) struct Page {
    pub(super) name: &'static str,
    pub(super) latency: Latency,
    pub(super) html_bytes: u64,
    pub(super) css_bytes: u64,
}

pub(super) async fn measure(world: &World) -> Result<Vec<Page>> {
    let checkout: Value = world.caller().post(&body(None)).await?;
    let mut pages = Vec::new();
    for (name, field) in [("checkout page", "checkout_url"), ("status page", "status_url")] {
        let url = checkout[field].as_str().ok_or_eyre("the answer has the page's address")?;
        pages.push(page(world, name, url).await?);
    }
    Ok(pages)
}

async fn page(world: &World, name: &'static str, url: &str) -> Result<Page> {
    let mut micros = Vec::with_capacity(REQUESTS);
    for _ in 0..REQUESTS {
        let start = Instant::now();
        world.get_compressed(url).await?;
        micros.push(u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX));
    }
    let html = world.client.get(url).send().await?.text().await?;
    let mut css_bytes = 0;
    for sheet in stylesheets(&html) {
        css_bytes += world.get_compressed(&format!("{}{sheet}", world.public_url)).await?;
    }
    ensure!(css_bytes > 0, "the {name} has no style sheet");
    Ok(Page {
        name,
        latency: Latency::of(micros),
        html_bytes: world.get_compressed(url).await?,
        css_bytes,
    })
}

fn stylesheets(html: &str) -> Vec<&str> {
    html.split("<link")
        .skip(1)
        .filter_map(|link| link.split('>').next())
        .filter(|link| link.contains("stylesheet"))
        .filter_map(|link| link.split("href=\"").nth(1)?.split('"').next())
        .collect()
}
