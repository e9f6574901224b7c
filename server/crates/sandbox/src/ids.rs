//! Mints every id and token of the sandbox, and turns ids into what the outside sees and back.

use aws_lc_rs::rand;
use uuid::{NoContext, Timestamp, Uuid};

/// Mints an id whose order is roughly the order of time, so that indexes grow at their end.
pub(crate) fn new_id() -> Uuid {
    Uuid::new_v7(Timestamp::now(NoContext))
}

/// Mints a token that nobody can guess: `prefix` and 128 random bits in hex.
pub(crate) fn new_token(prefix: &str) -> String {
    let mut bytes = [0_u8; 16];
    rand::fill(&mut bytes).expect("the system's random source answers");
    format!("{prefix}{:032x}", u128::from_be_bytes(bytes))
}

/// Shows an id outside: `sp_018f…`.
pub(crate) fn show(prefix: &str, id: Uuid) -> String {
    format!("{prefix}{}", id.simple())
}

/// Reads an id back, if it has this prefix.
pub(crate) fn read(prefix: &str, text: &str) -> Option<Uuid> {
    let digits = text.strip_prefix(prefix)?;
    (digits.len() == 32).then(|| Uuid::try_parse(digits).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{new_id, new_token, read, show};

    #[test]
    fn an_id_survives_being_shown() {
        let id = new_id();
        assert_eq!(read("sp_", &show("sp_", id)), Some(id));
        assert_eq!(read("sr_", &show("sp_", id)), None);
        assert_eq!(read("sp_", "sp_123"), None);
    }

    #[test]
    fn tokens_differ_and_have_one_length() {
        let (one, other) = (new_token("reg_"), new_token("reg_"));
        assert_ne!(one, other);
        assert_eq!((one.len(), other.len()), (36, 36));
    }
}
