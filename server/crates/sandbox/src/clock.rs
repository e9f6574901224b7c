//! The sandbox's clock, which can be moved, and the one way it writes times.

use std::sync::atomic::{AtomicI64, Ordering};

use time::{OffsetDateTime, UtcDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// What the clock goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClockMode {
    /// Runs with the system's clock, ahead of it by what it was advanced.
    #[default]
    Running,
    /// Stands at this time until it is advanced.
    StandingAt(OffsetDateTime),
}

/// The clock of everything that happens at the sandbox, to the millisecond: what is answered is
/// then exactly what is stored.
///
/// Connections, retries and signatures of webhooks keep to the system's clock, because whoever is
/// at their other end does.
#[derive(Debug)]
pub(crate) struct Clock {
    is_standing: bool,
    /// What is added to the system's time, or, where the clock stands, to the epoch.
    offset_ms: AtomicI64,
}

impl Clock {
    pub(crate) fn new(mode: ClockMode) -> Self {
        let (is_standing, offset_ms) = match mode {
            ClockMode::Running => (false, 0),
            ClockMode::StandingAt(at) => (true, milliseconds(at)),
        };
        Self { is_standing, offset_ms: AtomicI64::new(offset_ms) }
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        let base = if self.is_standing { 0 } else { milliseconds(OffsetDateTime::now_utc()) };
        from_milliseconds(base + self.offset_ms())
    }

    pub(crate) fn is_standing(&self) -> bool {
        self.is_standing
    }

    pub(crate) fn offset_ms(&self) -> i64 {
        self.offset_ms.load(Ordering::Acquire)
    }

    /// Moves the clock on, never back.
    pub(crate) fn advance(&self, duration: time::Duration) {
        let ms = i64::try_from(duration.whole_milliseconds()).unwrap_or(0).max(0);
        self.offset_ms.fetch_add(ms, Ordering::AcqRel);
    }

    /// Goes on where the clock was before the process ended.
    pub(crate) fn resume(&self, offset_ms: i64) {
        self.offset_ms.fetch_max(offset_ms, Ordering::AcqRel);
    }
}

fn milliseconds(at: OffsetDateTime) -> i64 {
    at.unix_timestamp() * 1000 + i64::from(at.millisecond())
}

fn from_milliseconds(ms: i64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + time::Duration::milliseconds(ms)
}

/// Writes a time for programs: `2026-11-20T10:12:13.123Z`.
pub(crate) fn rfc3339(at: OffsetDateTime) -> String {
    UtcDateTime::from(at).format(&Rfc3339).expect("a year of four digits can be written")
}

/// Writes a time to the second, as settlement files do: `2026-11-20T10:12:13Z`.
pub(crate) fn rfc3339_seconds(at: OffsetDateTime) -> String {
    let whole = at.replace_nanosecond(0).expect("zero is a nanosecond");
    rfc3339(whole)
}

/// Reads a time from RFC 3339.
pub(crate) fn parse(text: &str) -> Option<OffsetDateTime> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    (2000..=2999).contains(&at.year()).then(|| at.to_offset(UtcOffset::UTC))
}

/// Reads a length of time like `3d`, `1d 12h` or `90s`: days, hours, minutes and seconds.
pub(crate) fn parse_duration(text: &str) -> Option<time::Duration> {
    let mut seconds: i64 = 0;
    for part in text.split_whitespace() {
        let unit = part.chars().last()?;
        let count: i64 = part.strip_suffix(unit)?.parse().ok().filter(|count| *count >= 0)?;
        let unit_seconds = match unit {
            'd' => 86_400,
            'h' => 3_600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        seconds = seconds.checked_add(count.checked_mul(unit_seconds)?)?;
    }
    // A hundred years are enough for every wait, and keep every sum in range.
    (1..=3_155_760_000).contains(&seconds).then(|| time::Duration::seconds(seconds))
}

#[cfg(test)]
mod tests {
    use super::{Clock, ClockMode, parse, parse_duration, rfc3339, rfc3339_seconds};

    #[test]
    fn times_are_written_in_utc() {
        let at = parse("2026-11-20T11:12:13.5+01:00").unwrap();
        assert_eq!(rfc3339(at), "2026-11-20T10:12:13.5Z");
        assert_eq!(rfc3339_seconds(at), "2026-11-20T10:12:13Z");
        assert_eq!(parse("yesterday"), None);
    }

    #[test]
    fn a_standing_clock_moves_only_when_it_is_advanced() {
        let clock = Clock::new(ClockMode::StandingAt(parse("2026-01-01T00:00:00Z").unwrap()));
        assert_eq!(rfc3339(clock.now()), "2026-01-01T00:00:00Z");
        clock.advance(parse_duration("1d 30m").unwrap());
        assert_eq!(rfc3339(clock.now()), "2026-01-02T00:30:00Z");
    }

    #[test]
    fn lengths_of_time_have_a_unit() {
        assert_eq!(parse_duration("1d 2h 3m 4s"), Some(time::Duration::seconds(93_784)));
        for text in ["", "3", "d", "-1d", "1w", "0s", "999999999999999999d"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
