//! Amounts and instants as people read them. English for now; no floats, no local time zones.

use domain::currency::Currency;
use domain::money::Money;
use time::{Date, Duration, Month, OffsetDateTime, UtcOffset};

const NO_BREAK_SPACE: char = '\u{a0}';
const MINUS: char = '\u{2212}';

/// An amount cut at its decimal point, so that a column can be aligned there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// The sign and the grouped major units, such as `−1,249`.
    pub whole: String,
    /// The point and the minor units, such as `.99`; empty for currencies without any.
    pub fraction: String,
}

/// The digits of `money`, without its currency.
pub fn figure(money: Money) -> Figure {
    let plain = money.to_decimal_string();
    let unsigned = plain.strip_prefix('-').unwrap_or(&plain);
    let (major, minor) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let sign = if money.minor() < 0 { MINUS.to_string() } else { String::new() };
    let fraction = if minor.is_empty() { String::new() } else { format!(".{minor}") };
    Figure { whole: format!("{sign}{}", grouped(major)), fraction }
}

/// The amount with its ISO code, such as `1,249.99 EUR`: for staff.
pub fn amount(money: Money) -> String {
    let Figure { whole, fraction } = figure(money);
    format!("{whole}{fraction}{NO_BREAK_SPACE}{}", money.currency())
}

/// The amount as a price: for shoppers.
///
/// `€49.99` where the sign means one currency alone, `$49.99 USD` where several share it, and
/// `49.990 KWD` where there is none that people know.
pub fn price(money: Money) -> String {
    let Some((sign, is_ambiguous)) = sign(money.currency()) else { return amount(money) };
    let Figure { whole, fraction } = figure(money);
    let (minus, digits) = match whole.strip_prefix(MINUS) {
        Some(digits) => (MINUS.to_string(), digits),
        None => (String::new(), whole.as_str()),
    };
    let code =
        if is_ambiguous { format!("{NO_BREAK_SPACE}{}", money.currency()) } else { String::new() };
    format!("{minus}{sign}{digits}{fraction}{code}")
}

/// Several amounts in one line, or a dash if there are none.
pub fn amounts(all: &[Money]) -> String {
    if all.is_empty() {
        return "\u{2013}".to_owned();
    }
    all.iter().map(|&money| amount(money)).collect::<Vec<_>>().join(" \u{b7} ")
}

/// The day, such as `21 Nov 2026`.
pub fn day(date: Date) -> String {
    format!("{} {} {}", date.day(), month(date.month()), date.year())
}

/// The month that a day is in, such as `Nov 2026`.
pub fn month_of(date: Date) -> String {
    format!("{} {}", month(date.month()), date.year())
}

/// Day and minute with the zone, such as `21 Nov 2026, 03:23 UTC`.
pub fn instant(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    format!("{}, {:02}:{:02} UTC", day(at.date()), at.hour(), at.minute())
}

/// Day and second with the zone, such as `21 Nov 2026, 03:23:09 UTC`.
pub fn instant_to_the_second(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    format!("{}, {:02}:{:02}:{:02} UTC", day(at.date()), at.hour(), at.minute(), at.second())
}

/// How long ago something was, in its largest unit, such as `3 hours`.
pub fn age(past: Duration) -> String {
    let whole = |number: i64| u64::try_from(number).unwrap_or_default();
    match (past.whole_days(), past.whole_hours()) {
        (1.., _) => count(whole(past.whole_days()), "day", "days"),
        (_, 1..) => count(whole(past.whole_hours()), "hour", "hours"),
        _ => count(whole(past.whole_minutes()), "minute", "minutes"),
    }
}

/// The form that machines read in a `datetime` attribute.
pub fn machine_instant(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    format!(
        "{}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// A size in bytes in words, such as `16 MB`.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes}{NO_BREAK_SPACE}bytes"),
        1_000..1_000_000 => format!("{}{NO_BREAK_SPACE}kB", bytes / 1_000),
        _ => format!("{}{NO_BREAK_SPACE}MB", bytes / 1_000_000),
    }
}

/// A count with its noun, such as `1 line` or `12 lines`.
pub fn count(number: u64, one: &str, many: &str) -> String {
    let noun = if number == 1 { one } else { many };
    format!("{}{NO_BREAK_SPACE}{noun}", grouped(&number.to_string()))
}

/// Digits in groups of three.
fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The sign of a currency, and whether other currencies use it too.
fn sign(currency: Currency) -> Option<(&'static str, bool)> {
    Some(match currency.code() {
        "EUR" => ("\u{20ac}", false),
        "INR" => ("\u{20b9}", false),
        "KRW" => ("\u{20a9}", false),
        "ILS" => ("\u{20aa}", false),
        "PHP" => ("\u{20b1}", false),
        "VND" => ("\u{20ab}", false),
        "UAH" => ("\u{20b4}", false),
        "GBP" => ("\u{a3}", false),
        "JPY" | "CNY" => ("\u{a5}", true),
        "USD" | "CAD" | "AUD" | "NZD" | "SGD" | "HKD" | "MXN" => ("$", true),
        _ => return None,
    })
}

fn month(month: Month) -> &'static str {
    match month {
        Month::January => "Jan",
        Month::February => "Feb",
        Month::March => "Mar",
        Month::April => "Apr",
        Month::May => "May",
        Month::June => "Jun",
        Month::July => "Jul",
        Month::August => "Aug",
        Month::September => "Sep",
        Month::October => "Oct",
        Month::November => "Nov",
        Month::December => "Dec",
    }
}

/// The address, if it is one of the web: others (`javascript:`) are no links.
pub fn web_address(address: String) -> Option<String> {
    (address.starts_with("https://") || address.starts_with("http://")).then_some(address)
}

/// A stored word as people read it: `action_required` becomes `Action required`. What is stored is
/// spelt the American way, as code is.
pub fn words(stored: &str) -> String {
    let text = stored.replace('_', " ").replace("authoriz", "authoris");
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => text,
    }
}
