//! The sandbox's clock and the one way it writes times.

use time::{OffsetDateTime, UtcDateTime, format_description::well_known::Rfc3339};

/// Reads the clock, to the millisecond: what is answered is then exactly what is stored.
pub(crate) fn now() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    now.replace_millisecond(now.millisecond()).expect("a time's own millisecond is in range")
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
    (2000..=2999).contains(&at.year()).then(|| at.to_offset(time::UtcOffset::UTC))
}

#[cfg(test)]
mod tests {
    use super::{parse, rfc3339, rfc3339_seconds};

    #[test]
    fn times_are_written_in_utc() {
        let at = parse("2026-11-20T11:12:13.5+01:00").unwrap();
        assert_eq!(rfc3339(at), "2026-11-20T10:12:13.5Z");
        assert_eq!(rfc3339_seconds(at), "2026-11-20T10:12:13Z");
        assert_eq!(parse("yesterday"), None);
    }
}
