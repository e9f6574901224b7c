//! `paydesk webhook-endpoints`: who hears of a shop's events.

use clap::{Args, Subcommand};
use color_eyre::eyre::{Result, bail, eyre};
use domain::id::ShopId;
use engine::webhooks::endpoints::{self, Endpoint, NewEndpoint};
use engine::webhooks::event_types::EventType;
use sqlx::PgPool;

use super::{say, shop};
use crate::api::new_checkout::is_reference;
use crate::config::DatabaseArguments;
use crate::run::connect;

/// Who does it, for the audit log.
const ACTOR: &str = "paydesk webhook-endpoints";

/// What to do with the receivers of a shop's events.
#[derive(Debug, Clone, Args)]
pub struct WebhookEndpointsArguments {
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseArguments,
    /// The shop's name or its id (shp_…); without it, the only shop that there is.
    #[arg(long, global = true)]
    pub shop: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: WebhookEndpointsCommand,
}

/// What can be done with the receivers of a shop's events.
#[derive(Debug, Clone, Subcommand)]
pub enum WebhookEndpointsCommand {
    /// Lists those that are not disabled.
    List,
    /// Adds one, and says its secret, which nobody can ask for later.
    Add(AddArguments),
    /// Sends nothing more to one; what waits for it ends.
    Remove {
        /// Its name.
        name: String,
    },
}

/// An endpoint to add.
#[derive(Debug, Clone, Args)]
pub struct AddArguments {
    /// What the shop calls it, such as analytics.
    #[arg(long)]
    pub name: String,
    /// Where events are sent.
    #[arg(long)]
    pub url: String,
    /// Only events of these types, separated by commas, such as payment.captured.
    #[arg(long, value_delimiter = ',')]
    pub events: Vec<String>,
    /// What events are signed with (whsec_…); one is made without it.
    #[arg(long, env = "PAYDESK_WEBHOOK_ENDPOINT_SECRET", hide_env_values = true)]
    pub secret: Option<String>,
    /// Takes private addresses too. For trying it out.
    #[arg(long, env = "PAYDESK_ALLOW_PRIVATE_WEBHOOK_TARGETS")]
    pub allow_private_webhook_targets: bool,
}

/// `paydesk webhook-endpoints`.
///
/// # Errors
/// If something that is named does not exist or is not taken; then nothing was changed.
pub async fn webhook_endpoints(arguments: WebhookEndpointsArguments) -> Result<()> {
    let pool = connect(&arguments.database).await?.pool;
    let shop = shop(&pool, arguments.shop.as_deref()).await?;
    match arguments.command {
        WebhookEndpointsCommand::List => {
            for endpoint in endpoints::list(&pool, shop).await? {
                say(&line(&endpoint));
            }
        }
        WebhookEndpointsCommand::Add(new) => add(&pool, shop, new).await?,
        WebhookEndpointsCommand::Remove { name } => {
            let known = endpoints::list(&pool, shop).await?;
            let found = known.into_iter().find(|endpoint| endpoint.name == name);
            let found = found.ok_or_else(|| eyre!("the shop has no endpoint of this name"))?;
            endpoints::disable(&pool, shop, found.id, ACTOR).await?;
            say("nothing more is sent to it, and what waits for it ends");
        }
    }
    Ok(())
}

async fn add(pool: &PgPool, shop: ShopId, new: AddArguments) -> Result<()> {
    if !is_reference(&new.name) {
        bail!("a name is 1 to 64 letters, digits, dots, colons, dashes or underscores");
    }
    let types = new.events.iter().map(|word| {
        EventType::from_word(word).ok_or_else(|| eyre!("there are no events of the type {word}"))
    });
    let event_types = types.collect::<Result<_>>()?;
    let allow_private = new.allow_private_webhook_targets;
    let new = NewEndpoint { name: new.name, url: new.url, secret: new.secret, event_types };
    let (endpoint, secret) = endpoints::add(pool, shop, new, allow_private, ACTOR).await?;
    say(&line(&endpoint));
    say(&format!("events are signed with {secret}, which is said only now"));
    Ok(())
}

fn line(endpoint: &Endpoint) -> String {
    let types = match endpoint.event_types.as_slice() {
        [] => "all events".to_owned(),
        types => types.join(", "),
    };
    format!("{}  {:<16}  {}  {types}", endpoint.id, endpoint.name, endpoint.url)
}
