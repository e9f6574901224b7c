//! The storm: a mix of everything that goes wrong with a processor on its worst day.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    faults::{
        fault::{CallFault, WebhookFault},
        rules::Operation,
    },
    ids::{MILLION, Mint},
    money::{format_percent, parse_percent},
};

/// The share of calls that the whole storm strikes, in millionths.
const CALLS_PPM: u32 = 195_000;
/// How late slow answers of the storm are, in milliseconds.
const SLOW_MS: [u32; 2] = [1_000, 30_000];
/// How often a webhook of the storm is sent that is sent more than once.
const REPEATS: (u32, u32) = (2, 5);

/// A storm as it is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StormBody {
    /// The share of calls that are struck; the whole mix is scaled to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slow_ms: Option<[u32; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operations: Option<Vec<Operation>>,
}

impl StormBody {
    /// A storm that strikes this share of the calls.
    pub(crate) fn of(total: &str) -> Self {
        Self { total: Some(total.to_owned()), ..Self::default() }
    }
}

/// A storm that blows.
#[derive(Debug)]
pub(crate) struct Storm {
    total_ppm: u32,
    slow_ms: [u32; 2],
    operations: Option<Vec<Operation>>,
}

impl Storm {
    /// Reads a storm; an error is a sentence for the caller.
    pub(crate) fn read(body: StormBody) -> Result<Self, String> {
        let total_ppm = match &body.total {
            None => CALLS_PPM,
            Some(total) => parse_percent(total)
                .ok_or_else(|| format!("a total is a share like 10%, not {total}"))?,
        };
        let slow_ms = body.slow_ms.unwrap_or(SLOW_MS);
        if slow_ms[0] > slow_ms[1] || slow_ms[1] > 3_600_000 {
            return Err("slow answers have a least and a longest wait of an hour".to_owned());
        }
        Ok(Self { total_ppm, slow_ms, operations: body.operations })
    }

    /// Rolls what goes wrong with a call.
    pub(crate) fn pick_call(
        &self,
        mint: &Mint,
        operation: Operation,
        name: &[&str],
    ) -> Option<CallFault> {
        if self.operations.as_ref().is_some_and(|wanted| !wanted.contains(&operation)) {
            return None;
        }
        let roll = self.unscale(mint.roll(MILLION, name));
        Some(match roll {
            0..20_000 => CallFault::TimeoutAfter,
            20_000..40_000 => CallFault::TimeoutBefore,
            40_000..55_000 => CallFault::ErrorBefore,
            55_000..70_000 => CallFault::ErrorAfter,
            70_000..80_000 => CallFault::CutMidAnswer,
            80_000..180_000 => {
                let [least, longest] = self.slow_ms;
                CallFault::Slow(least + mint.roll(longest - least + 1, name))
            }
            180_000..185_000 => CallFault::Garbage,
            185_000..CALLS_PPM if operation == Operation::Payment => {
                CallFault::Decline("generic_decline".into())
            }
            _ => return None,
        })
    }

    /// Rolls what goes wrong with a webhook.
    pub(crate) fn pick_webhook(&self, mint: &Mint, name: &[&str]) -> Option<WebhookFault> {
        let roll = self.unscale(mint.roll(MILLION, name));
        Some(match roll {
            0..50_000 => {
                let (least, most) = REPEATS;
                WebhookFault::Repeated(least + mint.roll(most - least + 1, name))
            }
            50_000..250_000 => WebhookFault::Reordered,
            250_000..270_000 => WebhookFault::BeforeAnswer,
            270_000..280_000 => WebhookFault::Never,
            280_000..282_000 => WebhookFault::WrongSignature,
            282_000..283_000 => WebhookFault::WrongAmount,
            _ => return None,
        })
    }

    /// Turns a roll into one for the whole storm: a half storm rolls twice as high.
    fn unscale(&self, roll: u32) -> u32 {
        if self.total_ppm == 0 {
            return MILLION;
        }
        let scaled = u64::from(roll) * u64::from(CALLS_PPM) / u64::from(self.total_ppm);
        u32::try_from(scaled).unwrap_or(MILLION)
    }

    pub(crate) fn view(&self) -> Value {
        json!({
            "total": format_percent(self.total_ppm),
            "slow_ms": self.slow_ms,
            "operations": self.operations,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Storm, StormBody};
    use crate::{faults::rules::Operation, ids::Mint};

    fn share(total: &str) -> usize {
        let storm = Storm::read(StormBody::of(total)).unwrap();
        let mint = Mint::new(Some(3));
        let struck = |number: usize| {
            storm.pick_call(&mint, Operation::Payment, &[&number.to_string()]).is_some()
        };
        (0..20_000).filter(|number| struck(*number)).count()
    }

    #[test]
    fn a_storm_strikes_the_share_it_is_given() {
        for (total, expected) in [("0", 0), ("1%", 200), ("10%", 2_000), ("19.5%", 3_900)] {
            let struck = share(total);
            assert!(struck.abs_diff(expected) <= expected / 5, "{total}: {struck}");
        }
    }
}
