//! Business identifier codes of banks (ISO 9362), such as `DEUTDEFF500`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The two letters of each country by ISO 3166-1, and `XK`, which is used for Kosovo.
const COUNTRIES: &str = "
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR
    BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ
    EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW
    GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY
    KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV
    MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY
    QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG
    TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA
    ZM ZW
";

/// The code of a bank or of one of its branches: 8 or 11 characters.
///
/// Four letters of the institution, two of the country, two characters of the place, and, of a
/// branch, three more. That is how ISO 20022 spells it in all versions of its messages; ISO 9362 of
/// 2014 would allow digits in the first four, but gives none out.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Bic(String);

impl Bic {
    /// Capital letters and digits, as it stands in files.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The two letters of the country.
    pub fn country(&self) -> &str {
        &self.0[4..6]
    }
}

impl fmt::Display for Bic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for Bic {
    type Err = BicError;

    /// Reads a code in either case, with spaces anywhere.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let compact: String = text
            .chars()
            .filter(|character| !character.is_whitespace())
            .map(|character| character.to_ascii_uppercase())
            .collect();
        let wrong = |(_, character): &(usize, char)| !character.is_ascii_alphanumeric();
        if let Some((index, _)) = compact.chars().enumerate().find(wrong) {
            return Err(BicError::Character { place: index + 1 });
        }
        if !matches!(compact.len(), 8 | 11) {
            return Err(BicError::Length { found: compact.len() });
        }
        if let Some(index) = compact[..6].bytes().position(|byte| byte.is_ascii_digit()) {
            return Err(BicError::Letter { place: index + 1 });
        }
        let country = &compact[4..6];
        if !COUNTRIES.split_whitespace().any(|known| known == country) {
            return Err(BicError::UnknownCountry(country.to_owned()));
        }
        match &compact.as_bytes()[6..8] {
            [b'0' | b'1', _] | [_, b'O'] => Err(BicError::Place),
            _ => Ok(Self(compact)),
        }
    }
}

impl TryFrom<String> for Bic {
    type Error = BicError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// Why a text is no code of a bank. Places count from 1 and leave spaces out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BicError {
    /// Something other than letters, digits and spaces.
    #[error("a BIC has only letters and digits, and character {place} is neither")]
    Character {
        /// Which.
        place: usize,
    },
    /// Neither 8 nor 11 characters.
    #[error("a BIC has 8 or 11 characters, this one has {found}")]
    Length {
        /// How many there are.
        found: usize,
    },
    /// A digit among the first six characters.
    #[error("character {place} must be a letter")]
    Letter {
        /// Which.
        place: usize,
    },
    /// The fifth and sixth letter are no country.
    #[error("{0} is not a country")]
    UnknownCountry(String),
    /// The seventh character is 0 or 1, or the eighth is the letter O.
    #[error("characters 7 and 8 name no place: neither may 7 be 0 or 1, nor 8 the letter O")]
    Place,
}
