//! Laws: no bytes make a reader panic, and whatever the texts, what is written can be sent.

use bank::initiation::{Message, OrderError, Transfer};
use bank::pain001::Version;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::examples::{THEIRS, abroad, group, order, party, report, statement, transfer, written};

/// Parts of bank files and what does not belong in them, in any order.
const PARTS: &str = "(<Document>|<CstmrPmtStsRpt>|<OrgnlPmtInfAndSts>|<TxInfAndSts>|<TxSts>RJCT|\
    </TxSts>|</TxInfAndSts>|</CstmrPmtStsRpt>|<BkToCstmrStmt>|<Stmt>|<Ntry>|<NtryDtls>|<TxDtls/>|\
    </NtryDtls>|</Ntry>|<Amt Ccy=\"EUR\">1|</Amt>|<Sts>|&amp;|&#0;|&x;|<!--|-->|<!\\[CDATA\\[|\\]\\]>|\
    <a b='c|\"|>|<\\?xml|\\PC){0,40}";

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(content in vec(any::<u8>(), 0..2_000)) {
        let _ = bank::pain002::read(&content);
        let _ = bank::camt::read(&content);
    }

    #[test]
    fn no_parts_of_files_make_a_reader_panic(parts in PARTS) {
        for file in [parts.clone(), report(&parts), statement(&parts)] {
            let _ = bank::pain002::read(file.as_bytes()).map(|report| report.says_of("a", "b"));
            let _ = bank::camt::read(file.as_bytes());
        }
    }

    #[test]
    fn a_changed_byte_never_makes_a_reader_panic(at in 0_usize..400, to in any::<u8>()) {
        let mut content = report(&group("ACTC")).into_bytes();
        let at = at % content.len();
        content[at] = to;
        let _ = bank::pain002::read(&content);
    }

    #[test]
    fn whatever_the_texts_a_message_has_only_what_banks_take(
        name in "\\PC{1,90}",
        words in "(\\PC|\n|<|&|\\]\\]>){0,200}",
    ) {
        let odd = Transfer {
            creditor: party(&name, THEIRS, None),
            remittance: words,
            ..transfer("po-1", "1.00 EUR")
        };
        let message = match Message::new(order(vec![odd])) {
            Ok(message) => message,
            Err(OrderError::Transfers(refused)) => {
                prop_assert_eq!(refused[0].to_string(), "po-1: the payee has no name that can be written");
                return Ok(());
            }
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        };

        let written = &message.blocks[0].transfers[0];
        for (text, length_max) in [(&written.creditor.name, 70), (&written.remittance, 140)] {
            prop_assert!(text.len() <= length_max, "{text}");
            prop_assert!(text.chars().all(|letter| {
                letter.is_ascii_alphanumeric() || "/-?:().,'+ ".contains(letter)
            }), "{text}");
            prop_assert_eq!(text.trim(), text.as_str());
        }
    }

    #[test]
    fn no_cent_of_an_order_is_lost(amounts in vec((1_i64..100_000_000, any::<bool>()), 1..40)) {
        let transfers = amounts.iter().enumerate().map(|(index, &(minor, is_sepa))| {
            let amount = format!("{}.{:02} EUR", minor / 100, minor % 100);
            let id = format!("po-{index}");
            if is_sepa { transfer(&id, &amount) } else { abroad(&id, &amount) }
        });
        let sum: i64 = amounts.iter().map(|(minor, _)| minor).sum();
        let sum = format!("{}.{:02}", sum / 100, sum % 100);

        let file = written(order(transfers.collect()), Version::V03);

        // Once for the message, once for its only block.
        let said = format!("<NbOfTxs>{}</NbOfTxs>\n      <CtrlSum>{sum}</CtrlSum>", amounts.len());
        prop_assert_eq!(file.matches(&said).count(), 2);
        prop_assert_eq!(file.matches("<CdtTrfTxInf>").count(), amounts.len());
    }
}
