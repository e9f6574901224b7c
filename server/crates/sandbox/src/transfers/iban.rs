//! Which account numbers can be paid to (ISO 13616): the country's length and the check digits.

/// How long an account number is, by the country that issued it.
const LENGTHS: &[(&str, usize)] = &[
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BI", 27),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DJ", 27),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FK", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HN", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("LY", 25),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MN", 20),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NI", 28),
    ("NL", 18),
    ("NO", 15),
    ("OM", 23),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("RU", 33),
    ("SA", 24),
    ("SC", 31),
    ("SD", 18),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("SO", 23),
    ("ST", 25),
    ("SV", 28),
    ("TL", 23),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
    ("VG", 24),
    ("XK", 20),
    ("YE", 30),
];
/// How many characters of country and check digits stand first.
const HEAD: usize = 4;

/// Reads an account number, with or without spaces, into capital letters and digits.
///
/// # Errors
/// A sentence for the caller that says what is wrong.
pub(crate) fn read(text: &str) -> Result<String, String> {
    let iban: String = text.chars().filter(|letter| *letter != ' ').collect();
    let iban = iban.to_ascii_uppercase();
    if !iban.bytes().all(|byte| byte.is_ascii_alphanumeric()) || iban.len() < HEAD {
        return Err("an IBAN is made of a country, two check digits, letters and digits".to_owned());
    }
    let (country, check) = (&iban[..2], &iban[2..HEAD]);
    let Some((_, length)) = LENGTHS.iter().find(|(code, _)| *code == country) else {
        return Err("this country has no IBANs".to_owned());
    };
    if iban.len() != *length {
        return Err(format!("an IBAN of {country} has {length} characters"));
    }
    // 00, 01 and 99 leave the same remainder as 97, 98 and 02, which are the right way to write it.
    let is_check = check.bytes().all(|byte| byte.is_ascii_digit());
    if !is_check || matches!(check, "00" | "01" | "99") || remainder(&iban) != 1 {
        return Err("the check digits of the IBAN are wrong".to_owned());
    }
    Ok(iban)
}

/// Divides the number that an account number stands for by 97: its first four characters go to the
/// end, and a letter counts from 10 to 35.
fn remainder(iban: &str) -> u32 {
    let (head, rest) = iban.split_at(HEAD);
    rest.chars().chain(head.chars()).filter_map(|letter| letter.to_digit(36)).fold(
        0,
        |remainder, value| {
            let shift = if value > 9 { 100 } else { 10 };
            (remainder * shift + value) % 97
        },
    )
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn an_account_number_is_read_with_and_without_spaces() {
        for (text, iban) in [
            ("DE02 1203 0000 0000 2020 51", "DE02120300000000202051"),
            ("gb82west12345698765432", "GB82WEST12345698765432"),
            ("NO93 8601 1117 947", "NO9386011117947"),
            ("MT84 MALT 0110 0001 2345 MTLC AST0 01S", "MT84MALT011000012345MTLCAST001S"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(iban));
        }
    }

    #[test]
    fn a_bad_account_number_is_refused() {
        for text in [
            "",
            "DE",
            "DE03120300000000202051",
            "DE0212030000000020205",
            "DE021203000000002020510",
            "DE02120300000000202015",
            "DEX2120300000000202051",
            "US02120300000000202051",
            "DE02-1203-0000-0000-2020-51",
            "DE02120300000000202051\u{e9}",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn check_digits_that_only_seem_right_are_refused() {
        // Each of these leaves the remainder 1, as 97, 98 and 02 would.
        for (wrong, right) in [
            ("DE00120300000000000036", "DE97120300000000000036"),
            ("DE01120300000000000018", "DE98120300000000000018"),
            ("DE99120300000000202051", "DE02120300000000202051"),
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
            assert_eq!(super::remainder(wrong), super::remainder(right), "{wrong}");
            assert!(read(right).is_ok(), "{right}");
        }
    }
}
