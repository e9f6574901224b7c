//! What the demo made up once and keeps: keys, secrets and passwords.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use color_eyre::eyre::{Result, WrapErr};
use serde::{Deserialize, Serialize};

const FILE: &str = "keys.json";

/// Everything secret in a demo. It is printed and kept in clear: nothing here is worth anything.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Keys {
    /// The shop's key for the API; `None` until one was made.
    pub(super) api_key: Option<String>,
    /// What webhooks to the shop are signed with.
    pub(super) shop_webhook_secret: String,
    /// What opens the account at the sandbox.
    pub(super) sandbox_api_key: String,
    /// What the sandbox signs its notifications with.
    pub(super) sandbox_webhook_secret: String,
    /// What opens the account at the sandbox's second processor.
    #[serde(default = "api_key")]
    pub(super) second_api_key: String,
    /// What that one signs its notifications with.
    #[serde(default = "webhook_secret")]
    pub(super) second_webhook_secret: String,
    /// What opens the accounts at the sandbox that sellers are paid from, one for each currency.
    #[serde(default = "payout_keys")]
    pub(super) payout_access: [String; 2],
    /// What the sandbox signs its notifications about those with.
    #[serde(default = "webhook_secret")]
    pub(super) payout_webhook_secret: String,
    /// The analyst's password.
    pub(super) analyst_password: String,
    /// The approver's password.
    pub(super) approver_password: String,
}

fn api_key() -> String {
    format!("sk_{}", BASE64_URL_SAFE_NO_PAD.encode(random::<18>()))
}

fn payout_keys() -> [String; 2] {
    [api_key(), api_key()]
}

fn webhook_secret() -> String {
    format!("whsec_{}", BASE64_STANDARD.encode(random::<24>()))
}

impl Keys {
    /// Those of the last start, or new ones.
    pub(super) fn load(directory: &Path) -> Result<Self> {
        let file = directory.join(FILE);
        match fs::read(&file) {
            Ok(content) => serde_json::from_slice(&content)
                .wrap_err_with(|| format!("{} cannot be read", file.display())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::new()),
            Err(error) => Err(error).wrap_err_with(|| format!("{} cannot be read", file.display())),
        }
    }

    fn new() -> Self {
        let word = || BASE64_URL_SAFE_NO_PAD.encode(random::<9>());
        Self {
            api_key: None,
            shop_webhook_secret: webhook_secret(),
            sandbox_api_key: api_key(),
            sandbox_webhook_secret: webhook_secret(),
            second_api_key: api_key(),
            second_webhook_secret: webhook_secret(),
            payout_access: payout_keys(),
            payout_webhook_secret: webhook_secret(),
            analyst_password: word(),
            approver_password: word(),
        }
    }

    /// Keeps them for the next start; nobody but their owner can read the file.
    pub(super) fn save(&self, directory: &Path) -> Result<()> {
        let file = directory.join(FILE);
        let content = serde_json::to_vec_pretty(self)?;
        fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&file)
            .and_then(|mut open| open.write_all(&content))
            .wrap_err_with(|| format!("cannot write {}", file.display()))
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system's random numbers never run out");
    bytes
}
