//! Which countries have IBANs, and how the national number is built in each.
//!
//! Facts of the IBAN registry (ISO 13616-2, kept by SWIFT). Territories that write their numbers with
//! the code of another country (French ones with `FR`, Åland with `FI`, Jersey with `GB`) are not in
//! it, nor are countries that use the form without having registered it.

/// One country of the registry.
pub(super) struct Country {
    /// Two letters by ISO 3166, and `XK` for Kosovo.
    pub(super) code: &'static str,
    /// The national number: how many digits (`n`), capital letters (`a`) or either (`c`).
    structure: &'static str,
    /// Whether it takes part in the Single Euro Payments Area.
    pub(super) is_sepa: bool,
}

impl Country {
    /// What may stand at each place of the national number: `n`, `a` or `c`.
    pub(super) fn places(&self) -> impl Iterator<Item = char> {
        let mut count = 0;
        self.structure.chars().flat_map(move |character| match character.to_digit(10) {
            Some(digit) => {
                count = count * 10 + digit as usize;
                std::iter::repeat_n(character, 0)
            }
            None => std::iter::repeat_n(character, std::mem::take(&mut count)),
        })
    }
}

/// The country with this code.
pub(super) fn find(code: &str) -> Option<&'static Country> {
    let index = COUNTRIES.binary_search_by(|country| country.code.cmp(code)).ok()?;
    COUNTRIES.get(index)
}

const fn sepa(code: &'static str, structure: &'static str) -> Country {
    Country { code, structure, is_sepa: true }
}

const fn other(code: &'static str, structure: &'static str) -> Country {
    Country { code, structure, is_sepa: false }
}

/// In the order of their codes.
const COUNTRIES: &[Country] = &[
    sepa("AD", "8n12c"),
    other("AE", "19n"),
    sepa("AL", "8n16c"),
    sepa("AT", "16n"),
    other("AZ", "4a20c"),
    other("BA", "16n"),
    sepa("BE", "12n"),
    sepa("BG", "4a6n8c"),
    other("BH", "4a14c"),
    other("BI", "23n"),
    other("BR", "23n1a1c"),
    other("BY", "4c4n16c"),
    sepa("CH", "5n12c"),
    other("CR", "18n"),
    sepa("CY", "8n16c"),
    sepa("CZ", "20n"),
    sepa("DE", "18n"),
    other("DJ", "23n"),
    sepa("DK", "14n"),
    other("DO", "4c20n"),
    sepa("EE", "16n"),
    other("EG", "25n"),
    sepa("ES", "20n"),
    sepa("FI", "14n"),
    other("FK", "2a12n"),
    other("FO", "14n"),
    sepa("FR", "10n11c2n"),
    sepa("GB", "4a14n"),
    other("GE", "2a16n"),
    sepa("GI", "4a15c"),
    other("GL", "14n"),
    sepa("GR", "7n16c"),
    other("GT", "24c"),
    other("HN", "4a20n"),
    sepa("HR", "17n"),
    sepa("HU", "24n"),
    sepa("IE", "4a14n"),
    other("IL", "19n"),
    other("IQ", "4a15n"),
    sepa("IS", "22n"),
    sepa("IT", "1a10n12c"),
    other("JO", "4a4n18c"),
    other("KW", "4a22c"),
    other("KZ", "3n13c"),
    other("LB", "4n20c"),
    other("LC", "4a24c"),
    sepa("LI", "5n12c"),
    sepa("LT", "16n"),
    sepa("LU", "3n13c"),
    sepa("LV", "4a13c"),
    other("LY", "21n"),
    sepa("MC", "10n11c2n"),
    sepa("MD", "20c"),
    sepa("ME", "18n"),
    sepa("MK", "3n10c2n"),
    other("MN", "16n"),
    other("MR", "23n"),
    sepa("MT", "4a5n18c"),
    other("MU", "4a19n3a"),
    other("NI", "4a20n"),
    sepa("NL", "4a10n"),
    sepa("NO", "11n"),
    other("OM", "3n16c"),
    other("PK", "4a16c"),
    sepa("PL", "24n"),
    other("PS", "4a21c"),
    sepa("PT", "21n"),
    other("QA", "4a21c"),
    sepa("RO", "4a16c"),
    sepa("RS", "18n"),
    other("RU", "14n15c"),
    other("SA", "2n18c"),
    other("SC", "4a20n3a"),
    other("SD", "14n"),
    sepa("SE", "20n"),
    sepa("SI", "15n"),
    sepa("SK", "20n"),
    sepa("SM", "1a10n12c"),
    other("SO", "19n"),
    other("ST", "21n"),
    other("SV", "4a20n"),
    other("TL", "19n"),
    other("TN", "20n"),
    other("TR", "6n16c"),
    other("UA", "6n19c"),
    sepa("VA", "18n"),
    other("VG", "4a16n"),
    other("XK", "16n"),
    other("YE", "4a4n18c"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order_so_that_each_country_is_found() {
        for country in COUNTRIES {
            assert_eq!(find(country.code).map(|found| found.code), Some(country.code));
        }
        assert!(COUNTRIES.is_sorted_by(|left, right| left.code < right.code));
    }

    #[test]
    fn every_structure_can_be_read_and_is_no_longer_than_the_standard_allows() {
        for country in COUNTRIES {
            let places: String = country.places().collect();
            assert!((11..=30).contains(&places.len()), "{}", country.code);
            assert!(places.chars().all(|kind| matches!(kind, 'n' | 'a' | 'c')), "{}", country.code);
        }
    }
}
