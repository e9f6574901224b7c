//! Each way in which a whole file is refused, with the place and the reason.

use bank::BYTES_MAX;
use bank::file::{Unreadable, UnreadableReason as Why};

use crate::examples::{group, report, statement};

fn refused(content: impl AsRef<[u8]>) -> Unreadable {
    let content = content.as_ref();
    let report = bank::pain002::read(content).unwrap_err();
    if !matches!(report.reason, Why::NoMessage(_)) {
        assert_eq!(bank::camt::read(content).unwrap_err().reason, report.reason);
    }
    report
}

#[test]
fn what_is_no_xml_is_refused() {
    assert_eq!(refused("").reason, Why::Empty);
    assert_eq!(refused("\u{feff} \r\n").reason, Why::Empty);
    assert_eq!(refused(vec![b'x'; BYTES_MAX + 1]).reason, Why::TooLarge);
    assert_eq!(refused([0xff, 0xfe, b'<', 0]).reason, Why::Utf16);
    assert!(matches!(refused("date;amount\n").reason, Why::NotXml(_)));
    assert!(matches!(refused("<a></b>").reason, Why::NotXml(_)));
    assert!(matches!(refused("</a>").reason, Why::NotXml(_)));
    assert!(matches!(refused("<a ").reason, Why::NotXml(_)));
}

#[test]
fn a_document_type_is_refused_before_any_entity_of_it_is_used() {
    let bomb = "<!DOCTYPE a [<!ENTITY b \"cccc\">]><a>&b;</a>";

    assert_eq!(refused(bomb).reason, Why::DocumentType);
}

#[test]
fn a_file_of_another_kind_is_refused() {
    assert_eq!(refused("<Document><Else/></Document>").reason, Why::NoMessage("pain.002"));
    assert_eq!(refused(statement("")).reason, Why::NoMessage("pain.002"));
    let error = bank::camt::read(report("").as_bytes()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 4, column 27: the file has no camt.053 or camt.054 message"
    );
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    let whole = report(&group("ACTC"));
    assert!(bank::pain002::read(whole.as_bytes()).is_ok());
    for length in 0..whole.len() - 1 {
        let error = bank::pain002::read(&whole.as_bytes()[..length]).unwrap_err();
        assert!(
            matches!(
                error.reason,
                Why::CutOff(_) | Why::NotXml(_) | Why::Empty | Why::NoMessage(_)
            ),
            "cut after {length} bytes: {error}"
        );
    }
    assert_eq!(refused("<a><b>text</b>").reason, Why::CutOff("a".to_owned()));
}

#[test]
fn a_file_with_something_after_its_end_or_with_two_messages_is_refused() {
    let whole = report(&group("ACTC"));

    let after = bank::pain002::read((whole.clone() + "<Document/>").as_bytes()).unwrap_err();
    assert_eq!(after.reason, Why::AfterEnd);
    let text = bank::pain002::read((whole.clone() + "more").as_bytes()).unwrap_err();
    assert!(matches!(text.reason, Why::NotXml(_)));
    let message = "<CstmrPmtStsRpt></CstmrPmtStsRpt>";
    let two = format!("<a>{message}{message}</a>");
    assert_eq!(bank::pain002::read(two.as_bytes()).unwrap_err().reason, Why::SeveralMessages);
}

#[test]
fn depth_and_size_have_limits() {
    let deep = |inside: &str| "<a>".repeat(70) + inside;
    assert_eq!(refused(deep("")).reason, Why::TooDeep);
    let whole = bank::pain002::read(report(&deep("")).as_bytes()).unwrap_err();
    assert_eq!(whole.reason, Why::TooDeep);
    let wide = format!("<TxInfAndSts>{}</TxInfAndSts>", "<a/>".repeat(10_001));
    let wide = bank::pain002::read(report(&wide).as_bytes()).unwrap_err();
    assert_eq!(wide.reason, Why::TooManyElements);
    let many = bank::camt::read(statement(&"<Ntry/>".repeat(200_001)).as_bytes()).unwrap_err();
    assert_eq!(many.reason, Why::TooManyEntries(200_000));
    let odd = bank::camt::read(statement(&"<Ntry/>".repeat(2_000)).as_bytes()).unwrap();
    assert_eq!((odd.entries.len(), odd.warnings.len()), (2_000, 1_001));
}
