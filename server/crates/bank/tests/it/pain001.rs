//! The file that is written, to the letter, and against the official schema where that is at hand.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use bank::initiation::Transfer;
use bank::pain001::Version;

use crate::examples::{THEIRS, abroad, order, party, transfer, written};

#[test]
fn a_sepa_pay_out_is_written_to_the_letter() {
    let file = written(order(vec![transfer("po-1", "1234.50 EUR")]), Version::V03);

    assert_eq!(
        file,
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.03">
  <CstmrCdtTrfInitn>
    <GrpHdr>
      <MsgId>pob-20261121-1</MsgId>
      <CreDtTm>2026-11-21T14:04:05Z</CreDtTm>
      <NbOfTxs>1</NbOfTxs>
      <CtrlSum>1234.50</CtrlSum>
      <InitgPty>
        <Nm>Paydesk Demo GmbH</Nm>
      </InitgPty>
    </GrpHdr>
    <PmtInf>
      <PmtInfId>pob-20261121-1-1</PmtInfId>
      <PmtMtd>TRF</PmtMtd>
      <BtchBookg>false</BtchBookg>
      <NbOfTxs>1</NbOfTxs>
      <CtrlSum>1234.50</CtrlSum>
      <PmtTpInf>
        <SvcLvl>
          <Cd>SEPA</Cd>
        </SvcLvl>
      </PmtTpInf>
      <ReqdExctnDt>2026-11-23</ReqdExctnDt>
      <Dbtr>
        <Nm>Paydesk Demo GmbH</Nm>
      </Dbtr>
      <DbtrAcct>
        <Id>
          <IBAN>DE89370400440532013000</IBAN>
        </Id>
      </DbtrAcct>
      <DbtrAgt>
        <FinInstnId>
          <BIC>COBADEFFXXX</BIC>
        </FinInstnId>
      </DbtrAgt>
      <ChrgBr>SLEV</ChrgBr>
      <CdtTrfTxInf>
        <PmtId>
          <EndToEndId>po-1</EndToEndId>
        </PmtId>
        <Amt>
          <InstdAmt Ccy="EUR">1234.50</InstdAmt>
        </Amt>
        <Cdtr>
          <Nm>Atelier Lune</Nm>
        </Cdtr>
        <CdtrAcct>
          <Id>
            <IBAN>FR1420041010050500013M02606</IBAN>
          </Id>
        </CdtrAcct>
        <RmtInf>
          <Ustrd>Sales of week 46</Ustrd>
        </RmtInf>
      </CdtTrfTxInf>
    </PmtInf>
  </CstmrCdtTrfInitn>
</Document>
"#
    );
}

#[test]
fn the_version_of_2019_differs_in_the_day_and_the_code_of_the_bank() {
    let order = || order(vec![abroad("po-1", "1.00 USD")]);

    let old = written(order(), Version::V03);
    let new = written(order(), Version::V09);

    let expected = old
        .replace("pain.001.001.03", "pain.001.001.09")
        .replace(
            "<ReqdExctnDt>2026-11-23</ReqdExctnDt>",
            "<ReqdExctnDt>\n        <Dt>2026-11-23</Dt>\n      </ReqdExctnDt>",
        )
        .replace("BIC>", "BICFI>");
    assert_eq!(new, expected);
    assert!(new.contains("<BICFI>TGBATRIS</BICFI>"));
}

#[test]
fn in_a_block_of_two_schemes_each_pay_out_says_its_own() {
    let mixed = vec![transfer("po-1", "1.00 EUR"), abroad("po-2", "2.00 EUR")];

    let file = written(order(mixed), Version::V03);

    let (head, transfers) = file.split_once("<CdtTrfTxInf>").unwrap();
    assert!(!head.contains("SvcLvl") && !head.contains("ChrgBr"));
    let (first, second) = transfers.split_once("<CdtTrfTxInf>").unwrap();
    assert!(first.contains("<Cd>SEPA</Cd>") && first.contains("<ChrgBr>SLEV</ChrgBr>"));
    assert!(!second.contains("SvcLvl") && second.contains("<ChrgBr>SHAR</ChrgBr>"));
}

#[test]
fn amounts_have_the_decimals_of_their_currency_and_the_sum_those_of_the_finest() {
    let transfers =
        vec![abroad("po-1", "1500 JPY"), abroad("po-2", "1.234 KWD"), transfer("po-3", "0.01 EUR")];

    let file = written(order(transfers), Version::V03);

    for part in [
        "<CtrlSum>1501.244</CtrlSum>",
        "<InstdAmt Ccy=\"JPY\">1500</InstdAmt>",
        "<InstdAmt Ccy=\"KWD\">1.234</InstdAmt>",
        "<InstdAmt Ccy=\"EUR\">0.01</InstdAmt>",
    ] {
        assert!(file.contains(part), "{part}");
    }
}

/// Everything that can be in a file or be left out of it.
fn every_kind() -> Vec<Transfer> {
    let bare = Transfer {
        debtor: party("Paydesk Demo GmbH", "NL91ABNA0417164300", None),
        remittance: String::new(),
        ..transfer("po-3", "0.01 EUR")
    };
    let adapted = Transfer {
        creditor: party(&"<Müller> & \"Söhne\" ".repeat(9), THEIRS, Some("PSSTFRPPLIL")),
        remittance: "Αθήνα 東京 \u{1f600} \u{0} ".repeat(30),
        ..transfer("po-4", "999999999.99 EUR")
    };
    vec![
        transfer("po-1", "1.00 EUR"),
        abroad("po-2", "2.00 EUR"),
        bare,
        adapted,
        abroad("po-5", "1500 JPY"),
        abroad("po-6", "1.234 KWD"),
        abroad("po-7", "1.2345 CLF"),
    ]
}

/// What validates a file of the standard input against the schema that is its only argument.
const VALIDATORS: [&[&str]; 2] = [
    &["xmllint", "--noout", "-", "--schema"],
    &[
        "python3",
        "-c",
        "import sys\nfrom lxml import etree\n\
         etree.XMLSchema(file=sys.argv[1]).assertValid(etree.parse(sys.stdin.buffer))",
    ],
];

/// Whether the tool is there at all.
fn is_there(validator: &[&str]) -> bool {
    let mut command = Command::new(validator[0]);
    match validator[0] {
        "xmllint" => command.arg("--version"),
        _ => command.args(["-c", "import lxml"]),
    };
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[test]
fn the_file_is_valid_by_the_official_schema() {
    let Some(root) = std::env::var_os("PAYDESK_CORPUS").map(PathBuf::from) else {
        return eprintln!("skipped: PAYDESK_CORPUS not set");
    };
    let Some(validator) = VALIDATORS.into_iter().find(|validator| is_there(validator)) else {
        return eprintln!("skipped: neither xmllint nor python3 with lxml is there");
    };
    for version in [Version::V03, Version::V09] {
        let schema = root.join("xsd").join(format!("{}.xsd", version.name()));
        if !schema.exists() {
            eprintln!("skipped: the corpus has no schema of {}", version.name());
            continue;
        }
        let mut command = Command::new(validator[0]);
        let mut child = command
            .args(&validator[1..])
            .arg(&schema)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let file = written(order(every_kind()), version);
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), file.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();

        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}\n{file}", version.name());
    }
}
