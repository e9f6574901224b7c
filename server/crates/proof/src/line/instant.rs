//! The texts of days and instants: fixed width, UTC, microseconds, as the database keeps them.

use std::fmt;

use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

/// An instant as `2026-11-20T10:12:13.000000Z`; what is finer than a microsecond is cut off.
pub(super) struct Text(pub(super) OffsetDateTime);

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let utc = self.0.to_offset(UtcOffset::UTC);
        let (hour, minute, second, microsecond) = utc.to_hms_micro();
        let date = utc.date();
        write!(formatter, "{date}T{hour:02}:{minute:02}:{second:02}.{microsecond:06}Z")
    }
}

/// Reads what [`Text`] writes.
pub(super) fn parse(text: &str) -> Option<OffsetDateTime> {
    let (day, time) = text.strip_suffix('Z')?.split_once('T')?;
    let bytes = time.as_bytes();
    if bytes.len() != 15 || [bytes[2], bytes[5], bytes[8]] != *b"::." {
        return None;
    }
    let pair = |at: usize| u8::try_from(digits(&bytes[at..at + 2])?).ok();
    let time = Time::from_hms_micro(pair(0)?, pair(3)?, pair(6)?, digits(&bytes[9..])?).ok()?;
    Some(OffsetDateTime::new_utc(date(day)?, time))
}

/// Reads `2026-11-20`.
pub(super) fn date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let year = i32::try_from(digits(&bytes[..4])?).ok()?;
    let month = Month::try_from(u8::try_from(digits(&bytes[5..7])?).ok()?).ok()?;
    Date::from_calendar_date(year, month, u8::try_from(digits(&bytes[8..])?).ok()?).ok()
}

fn digits(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0_u32, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0'))
    })
}
