//! Standard Webhooks signatures, verified over the raw bytes.
//!
//! The time is judged only after the signature: a replayed notification whose signature fits is told
//! apart from a forged one.

use standardwebhooks::Webhook;

use crate::processor::{Headers, NotificationError};

/// How far the time of a notification may be from ours, in seconds, before and after: what the
/// specification recommends.
pub const TOLERANCE_SECONDS: i64 = 300;

/// Verifies the signature and the time of a notification that arrives at `now`, in seconds since
/// 1970, and returns its name.
pub(crate) fn verify<'a>(
    secret: &str,
    headers: &'a Headers,
    body: &[u8],
    now: i64,
) -> Result<&'a str, NotificationError> {
    let header = |name: &str| headers.get(name).ok_or(NotificationError::Unsigned);
    let message_id = header("webhook-id")?;
    let signatures = header("webhook-signature")?;
    let sent: i64 =
        header("webhook-timestamp")?.parse().map_err(|_| NotificationError::Unsigned)?;
    let expected = Webhook::new(secret)
        .and_then(|webhook| webhook.sign(message_id, sent, body))
        .map_err(|_| NotificationError::BadSignature)?;
    // While a secret is changed, a sender signs with both.
    if !signatures.split(' ').any(|signature| is_same(signature, &expected)) {
        return Err(NotificationError::BadSignature);
    }
    if now.abs_diff(sent) > TOLERANCE_SECONDS.unsigned_abs() {
        return Err(NotificationError::OutsideTolerance);
    }
    Ok(message_id)
}

/// Compares in a time that does not tell where the two begin to differ.
fn is_same(one: &str, other: &str) -> bool {
    one.len() == other.len()
        && one.bytes().zip(other.bytes()).fold(0, |differs, (one, other)| differs | (one ^ other))
            == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const SENT: i64 = 1_800_000_000;

    fn signed(body: &[u8]) -> Headers {
        let signature = Webhook::new(SECRET).unwrap().sign("msg_1", SENT, body).unwrap();
        [
            ("webhook-id", "msg_1".to_owned()),
            ("webhook-timestamp", SENT.to_string()),
            ("webhook-signature", signature),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
    }

    #[test]
    fn a_signature_holds_five_minutes_before_and_after_and_not_a_second_longer() {
        let headers = signed(b"{}");
        for (now, expected) in [
            (SENT, Ok("msg_1")),
            (SENT + 300, Ok("msg_1")),
            (SENT - 300, Ok("msg_1")),
            (SENT + 301, Err(NotificationError::OutsideTolerance)),
            (SENT - 301, Err(NotificationError::OutsideTolerance)),
            (i64::MIN, Err(NotificationError::OutsideTolerance)),
        ] {
            assert_eq!(verify(SECRET, &headers, b"{}", now), expected, "{}", now - SENT);
        }
    }

    #[test]
    fn the_signature_is_over_the_very_bytes_and_the_time() {
        let headers = signed(br#"{"a": 1}"#);
        let bad = Err(NotificationError::BadSignature);
        assert_eq!(verify(SECRET, &headers, br#"{"a":1}"#, SENT), bad, "the same JSON");
        let mut moved = headers.clone();
        moved.insert("webhook-timestamp".into(), (SENT + 1).to_string());
        assert_eq!(verify(SECRET, &moved, br#"{"a": 1}"#, SENT), bad, "another time");
        let mut renamed = headers.clone();
        renamed.insert("webhook-id".into(), "msg_2".into());
        assert_eq!(verify(SECRET, &renamed, br#"{"a": 1}"#, SENT), bad, "another name");
        assert_eq!(verify("whsec_AAAA", &headers, br#"{"a": 1}"#, SENT), bad, "another secret");
    }

    #[test]
    fn one_of_several_signatures_is_enough_while_a_secret_is_changed() {
        let mut headers = signed(b"{}");
        let both = format!("v1,bm90IHRoaXMgb25l {}", headers["webhook-signature"]);
        headers.insert("webhook-signature".into(), both);
        assert_eq!(verify(SECRET, &headers, b"{}", SENT), Ok("msg_1"));
    }

    #[test]
    fn a_time_that_cannot_be_read_is_no_signature() {
        for time in ["", "soon", "1e9", "99999999999999999999"] {
            let mut headers = signed(b"{}");
            headers.insert("webhook-timestamp".into(), time.into());
            assert_eq!(verify(SECRET, &headers, b"{}", SENT), Err(NotificationError::Unsigned));
        }
    }
}
