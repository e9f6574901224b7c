//! Laws: no bytes make a reader panic, and no row is ever lost.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::files::{BALANCE, COLUMNS, HEADER, PAYMENT, REFUND, file_of, sealed};

/// A row, whether it must be read, and its net in minor units.
fn row() -> impl Strategy<Value = (String, bool, i64)> {
    (1_i64..1_000_000_000, 0_i64..10_000, 0_u8..8).prop_map(|(gross, fee, kind)| {
        let gross = if kind == 1 { -gross } else { gross };
        let net = gross - fee;
        let word = if kind == 1 { "refund" } else { "payment" };
        let refund = if kind == 1 { "ref_1" } else { "" };
        let printed = if kind == 2 { net + 1 } else { net };
        let currency = if kind == 3 { "ZZZ" } else { "EUR" };
        let [gross, fee, printed] = [gross, fee, printed].map(decimal);
        let row = format!(
            "LINE,1,{word},pay_1,sp_1,{refund},{currency},{gross},{fee},{printed},2026-11-20T10:12:13Z"
        );
        (row, !matches!(kind, 2 | 3), net)
    })
}

fn decimal(minor: i64) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", minor.abs() / 100, minor.abs() % 100)
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(content in vec(any::<u8>(), 0..2_000)) {
        let _ = settlement::read(&content);
        let _ = settlement::redaction::mask_card_numbers(&content);
    }

    #[test]
    fn no_text_between_a_good_head_and_a_good_end_makes_a_reader_panic(
        text in "([ -~]|\\PC|\n|\"|,|LINE,|BALANCE,|END,){0,60}",
        count in 0_usize..3,
    ) {
        let _ = settlement::read(sealed(&format!("{HEADER}\n{COLUMNS}\n{text}\n"), count).as_bytes());
        let _ = settlement::read(sealed(&format!("FILE,sandbox-settlement,{text}\n"), count).as_bytes());
    }

    #[test]
    fn a_changed_byte_is_never_read_as_the_same_file(at in 0_usize..400, to in any::<u8>()) {
        let mut content = file_of(&[HEADER, COLUMNS, PAYMENT, REFUND, BALANCE]).into_bytes();
        let end = content.windows(5).position(|window| window == b"\nEND,").unwrap();
        let at = at % end;
        prop_assume!(content[at] != to);
        content[at] = to;

        prop_assert!(settlement::read(&content).is_err());
    }

    #[test]
    fn every_row_is_either_read_or_refused_and_no_cent_is_lost(
        rows in vec(row(), 0..40),
        end in prop::sample::select(vec!["\n", "\r\n"]),
    ) {
        let body = rows.iter().flat_map(|(row, ..)| [row.as_str(), end]).collect::<String>();
        let content = sealed(&format!("{HEADER}{end}{COLUMNS}{end}{body}"), rows.len());

        let file = settlement::read(content.as_bytes()).unwrap();

        prop_assert_eq!(file.lines.len() + file.refused.len(), rows.len());
        let good: Vec<u32> =
            (3..).zip(&rows).filter(|(_, (_, good, _))| *good).map(|(line, _)| line).collect();
        let read: Vec<u32> = file.lines.iter().map(|line| line.line).collect();
        prop_assert_eq!(&good, &read);
        let of_read: i64 = file.lines.iter().map(|line| line.net.minor()).sum();
        let of_refused: i64 = file.refused.iter().map(|refused| {
            let index = usize::try_from(refused.line - 3).unwrap();
            rows[index].2
        }).sum();
        prop_assert_eq!(of_read + of_refused, rows.iter().map(|(_, _, net)| net).sum::<i64>());
        for refused in &file.refused {
            let index = usize::try_from(refused.line - 3).unwrap();
            prop_assert_eq!(&refused.raw, &rows[index].0);
        }
    }
}
