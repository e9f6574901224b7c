//! What is taken into a message, how it is put into blocks, and what is refused.

use bank::initiation::{
    Change, Field, Message, Order, OrderError, RefusedReason as Why, Scheme, Transfer,
};
use time::macros::{date, datetime};

use crate::examples::{OURS, THEIRS, abroad, money, order, party, transfer};

fn refused(transfers: Vec<Transfer>) -> Vec<(String, Why)> {
    let OrderError::Transfers(refused) = Message::new(order(transfers)).unwrap_err() else {
        panic!("the order was refused for another reason");
    };
    refused.into_iter().map(|refused| (refused.end_to_end_id.to_string(), refused.reason)).collect()
}

#[test]
fn pay_outs_of_one_day_currency_and_account_are_one_block() {
    let other_day =
        Transfer { execution_on: date!(2026 - 11 - 24), ..transfer("po-3", "3.00 EUR") };
    let other_account = Transfer {
        debtor: party("Paydesk Demo GmbH", "NL91ABNA0417164300", None),
        ..transfer("po-4", "4.00 EUR")
    };
    let yen = abroad("po-5", "1500 JPY");
    let transfers = vec![
        transfer("po-1", "1.10 EUR"),
        other_day,
        yen,
        transfer("po-2", "2.00 EUR"),
        other_account,
    ];

    let message = Message::new(order(transfers)).unwrap();

    let blocks: Vec<(&str, Vec<&str>, String)> = message
        .blocks
        .iter()
        .map(|block| {
            let ids = block.transfers.iter().map(|transfer| transfer.end_to_end_id.as_str());
            (block.id.as_str(), ids.collect(), block.control_sum.to_string())
        })
        .collect();
    assert_eq!(
        blocks,
        [
            ("pob-20261121-1-1", vec!["po-1", "po-2"], "3.10".to_owned()),
            ("pob-20261121-1-2", vec!["po-4"], "4.00".to_owned()),
            ("pob-20261121-1-3", vec!["po-5"], "1500".to_owned()),
            ("pob-20261121-1-4", vec!["po-3"], "3.00".to_owned()),
        ]
    );
    assert_eq!((message.count, message.control_sum.to_string().as_str()), (5, "1510.10"));
    assert_eq!(message.changes, []);
}

#[test]
fn a_sepa_transfer_is_one_in_euros_between_two_accounts_of_the_area() {
    assert_eq!(transfer("po-1", "1.00 EUR").scheme(), Scheme::Sepa);
    assert_eq!(transfer("po-1", "1.00 CHF").scheme(), Scheme::Other);
    assert_eq!(abroad("po-1", "1.00 EUR").scheme(), Scheme::Other);

    let mixed = vec![transfer("po-1", "1.00 EUR"), abroad("po-2", "1.00 EUR")];
    let message = Message::new(order(mixed)).unwrap();

    assert_eq!(message.blocks.len(), 1);
    assert_eq!(message.blocks[0].scheme, None);
}

#[test]
fn what_is_changed_to_fit_is_said_and_nothing_else() {
    let long = "x".repeat(150);
    let changed = Transfer {
        creditor: party("Müller & Söhne", THEIRS, None),
        remittance: long,
        ..transfer("po-1", "1.00 EUR")
    };

    let message = Message::new(order(vec![changed, transfer("po-2", "1.00 EUR")])).unwrap();

    let id = Some("po-1".parse().unwrap());
    let name = Change {
        end_to_end_id: id.clone(),
        field: Field::Creditor,
        is_replaced: true,
        is_cut: false,
        written: "Muller + Sohne".to_owned(),
    };
    let words = Change {
        end_to_end_id: id,
        field: Field::Remittance,
        is_replaced: false,
        is_cut: true,
        written: "x".repeat(140),
    };
    assert_eq!(message.changes, [name, words]);
    assert_eq!(message.blocks[0].transfers[0].creditor.name, "Muller + Sohne");
}

#[test]
fn every_refused_pay_out_is_named_with_its_reason() {
    let good = transfer("po-1", "1.00 EUR");
    let with = |id: &str, change: &dyn Fn(&mut Transfer)| {
        let mut transfer = transfer(id, "1.00 EUR");
        change(&mut transfer);
        transfer
    };
    let refused = refused(vec![
        good.clone(),
        transfer("PO-1", "2.00 EUR"),
        transfer("po-2", "0.00 EUR"),
        transfer("po-3", "-1.00 EUR"),
        transfer("po-4", "1000000000.00 EUR"),
        abroad("po-5", "10000000000000000.00 USD"),
        with("po-6", &|transfer| transfer.creditor.name = " \n".to_owned()),
        with("po-7", &|transfer| transfer.creditor.iban = OURS.parse().unwrap()),
        with("po-8", &|transfer| transfer.amount = money("1.00 CHF")),
        with("po-9", &|transfer| transfer.debtor.bic = None),
        with("po-10", &|transfer| transfer.execution_on = date!(1999 - 12 - 31)),
    ]);

    let expected = [
        ("PO-1", Why::Repeated),
        ("po-2", Why::NotPositive),
        ("po-3", Why::NotPositive),
        ("po-4", Why::TooLarge),
        ("po-5", Why::TooLarge),
        ("po-6", Why::NoCreditorName),
        ("po-7", Why::SameAccount),
        ("po-8", Why::NoCreditorBic),
        ("po-9", Why::DebtorDiffers),
        ("po-10", Why::Day),
    ]
    .map(|(id, why)| (id.to_owned(), why));
    assert_eq!(refused, expected);
}

#[test]
fn an_order_that_no_message_can_hold_is_refused() {
    let refused = |order: Order| Message::new(order).unwrap_err();
    let one = || vec![transfer("po-1", "1.00 EUR")];

    assert_eq!(refused(order(vec![])), OrderError::Empty);
    let long = Order { message_id: "x".repeat(31).parse().unwrap(), ..order(one()) };
    assert_eq!(refused(long), OrderError::LongMessageId { found: 31 });
    let nameless = Order { initiator: String::new(), ..order(one()) };
    assert_eq!(refused(nameless), OrderError::NoInitiator);
    let early = Order { created_at: datetime!(1970-01-01 0:00 UTC), ..order(one()) };
    assert_eq!(refused(early), OrderError::CreatedAt);
    let largest = "9999999999999999.99 USD";
    let vast = vec![abroad("po-1", largest), abroad("po-2", largest)];
    assert_eq!(refused(order(vast)), OrderError::SumTooLarge);
}

#[test]
fn a_refusal_is_one_sentence_with_the_pay_out() {
    let error = Message::new(order(vec![transfer("po-2", "0.00 EUR")])).unwrap_err();

    assert_eq!(
        error.to_string(),
        "1 pay-outs of the order cannot be written, the first is po-2: the amount is not above zero"
    );
}
