//! What may stand in an address of the console.
//!
//! Whatever a person types into a search box ends up there: a page would send it back, the browser
//! would remember it, and the database would be asked for it. So an address that looks like it holds
//! a card number, or that holds what cannot be printed, is led away from before anything reads it.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use domain::card_number;

use crate::web::{not_found, see_other};

/// Leads away from addresses of the console that nobody may keep.
pub async fn keep_clean(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if !path.starts_with("/console") {
        return next.run(request).await;
    }
    if problem(path).is_some() {
        return not_found();
    }
    match request.uri().query().and_then(problem) {
        Some(code) => see_other(&format!("{path}?problem={code}")),
        None => next.run(request).await,
    }
}

/// What is wrong with a part of an address, as a code for people.
pub fn problem(part: &str) -> Option<&'static str> {
    let text = decoded(part);
    if card_number::is_in(&text) {
        Some("card_number")
    } else if text.chars().any(char::is_control) {
        Some("unprintable")
    } else {
        None
    }
}

/// A part of an address as the person typed it.
fn decoded(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let [first, tail @ ..] = rest {
        let (byte, tail) = match (first, tail) {
            (b'+', _) => (b' ', tail),
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, after),
                _ => (b'%', tail),
            },
            (plain, _) => (*plain, tail),
        };
        bytes.push(byte);
        rest = tail;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn a_card_number_is_found_however_it_is_encoded() {
        for part in [
            "q=4242424242424242",
            "q=4242+4242+4242+4242",
            "q=4242%204242%204242%204242&status=",
            "next=%2Fconsole%2Fwhy%3Fq%3D%34242424242424242",
        ] {
            assert_eq!(problem(part), Some("card_number"), "{part}");
        }
        assert_eq!(problem("q=%00"), Some("unprintable"));
        for part in ["", "q=order-1001&status=paid", "q=100%", "q=%zz", "q=%F0%9F%98%80"] {
            assert_eq!(problem(part), None, "{part}");
        }
    }
}
