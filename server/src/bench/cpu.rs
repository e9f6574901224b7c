//! How much of the processors each part of the benchmark's world has used.
//!
//! A rate says something on a quiet machine alone; the work behind one payment is the same on a busy
//! one. Read from `/proc`, so on Linux only.

use std::fs;

use color_eyre::eyre::{OptionExt as _, Result};

/// How many milliseconds one tick of `/proc` is: the kernel shows a hundred per second to programs.
const MILLIS_PER_TICK: u64 = 10;

/// Milliseconds of processor time, by part; as read, since the parts were started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cpu {
    /// `paydesk serve`.
    pub(super) service: u64,
    /// Postgres, for the service.
    pub(super) postgres_service: u64,
    /// The sandbox.
    pub(super) sandbox: u64,
    /// Postgres, for the sandbox.
    pub(super) postgres_sandbox: u64,
    /// Postgres, for everything else: the log, cleaning up, and the yardstick.
    pub(super) postgres_rest: u64,
    /// The benchmark: the callers, the shop that takes the webhooks, and `pgbench`.
    pub(super) bench: u64,
}

/// Whose times are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Processes {
    pub(super) service: u32,
    pub(super) sandbox: u32,
    pub(super) postgres: u32,
}

impl Processes {
    /// What each has used until now.
    pub(super) fn cpu(self) -> Result<Cpu> {
        let (mut service, mut sandbox, mut children) = (0, 0, 0);
        for id in process_ids()? {
            // It may have ended since; then its time stands with its parent.
            let Ok(stat) = Stat::read(&id) else { continue };
            if stat.parent != self.postgres {
                continue;
            }
            let title = fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
            children += stat.own;
            match title.split(' ').nth(2) {
                Some("paydesk") => service += stat.own,
                Some("sandbox") => sandbox += stat.own,
                _ => {}
            }
        }
        let postmaster = Stat::read(&self.postgres.to_string())?;
        let ours = Stat::read("self")?;
        Ok(Cpu {
            service: Stat::read(&self.service.to_string())?.own,
            postgres_service: service,
            sandbox: Stat::read(&self.sandbox.to_string())?.own,
            postgres_sandbox: sandbox,
            postgres_rest: (postmaster.own + postmaster.ended + children)
                .saturating_sub(service + sandbox),
            bench: ours.own + ours.ended,
        })
    }
}

impl Cpu {
    /// What was used since `before`.
    pub(super) fn since(self, before: Self) -> Self {
        let rest = |pick: fn(Self) -> u64| pick(self).saturating_sub(pick(before));
        Self {
            service: rest(|cpu| cpu.service),
            postgres_service: rest(|cpu| cpu.postgres_service),
            sandbox: rest(|cpu| cpu.sandbox),
            postgres_sandbox: rest(|cpu| cpu.postgres_sandbox),
            postgres_rest: rest(|cpu| cpu.postgres_rest),
            bench: rest(|cpu| cpu.bench),
        }
    }

    /// All parts together.
    pub(super) fn total(self) -> u64 {
        self.parts().iter().map(|(_, millis)| millis).sum()
    }

    /// Each part with its name in the table.
    pub(super) fn parts(self) -> [(&'static str, u64); 6] {
        [
            ("service", self.service),
            ("Postgres for the service", self.postgres_service),
            ("sandbox", self.sandbox),
            ("Postgres for the sandbox", self.postgres_sandbox),
            ("Postgres, its own tasks", self.postgres_rest),
            ("callers and the shop's server", self.bench),
        ]
    }
}

/// What one line of `/proc/…/stat` says, in milliseconds.
struct Stat {
    parent: u32,
    own: u64,
    /// Of children that have ended and were waited for.
    ended: u64,
}

impl Stat {
    fn read(id: &str) -> Result<Self> {
        let line = fs::read_to_string(format!("/proc/{id}/stat"))?;
        Self::parse(&line).ok_or_eyre("a line of /proc cannot be read")
    }

    fn parse(line: &str) -> Option<Self> {
        // The name of the program stands in brackets and may itself hold brackets and blanks.
        let fields: Vec<&str> = line.rsplit_once(") ")?.1.split(' ').collect();
        let millis = |at: usize| Some(fields.get(at)?.parse::<u64>().ok()? * MILLIS_PER_TICK);
        Some(Self {
            parent: fields.get(1)?.parse().ok()?,
            own: millis(11)? + millis(12)?,
            ended: millis(13)? + millis(14)?,
        })
    }
}

fn process_ids() -> Result<Vec<String>> {
    let entries = fs::read_dir("/proc")?.filter_map(Result::ok);
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    Ok(names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_with_a_strange_name_is_read_all_the_same() {
        let line = "7 (a) b (c) S 3 7 7 0 -1 4194560 1 2 3 4 50 6 70 8 20 0 1 0 9 10 11";

        let stat = Stat::parse(line).unwrap();

        assert_eq!((stat.parent, stat.own, stat.ended), (3, 560, 780));
    }

    #[test]
    fn what_was_used_before_does_not_count() {
        let before = Cpu { service: 10, bench: 5, ..Cpu::default() };
        let after = Cpu { service: 30, bench: 5, sandbox: 2, ..Cpu::default() };

        assert_eq!(after.since(before).total(), 22);
    }
}
