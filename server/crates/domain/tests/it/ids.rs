//! Ids: their text form is that of the `TypeID` specification, and their last byte is their bucket.

use domain::id::{Bucket, CheckoutId, PaymentId, ShopId};
use domain::typeid;
use proptest::prelude::*;
use uuid::Uuid;

/// The vectors `nil`, `one`, `ten`, `sixteen`, `thirty-two`, `max-valid` and `uuidv7` of the
/// specification (version 0.3), and the examples of its text.
const VECTORS: [(&str, &str, &str); 7] = [
    ("", "00000000000000000000000000", "00000000-0000-0000-0000-000000000000"),
    ("", "00000000000000000000000001", "00000000-0000-0000-0000-000000000001"),
    ("", "0000000000000000000000000a", "00000000-0000-0000-0000-00000000000a"),
    ("", "0000000000000000000000000g", "00000000-0000-0000-0000-000000000010"),
    ("", "00000000000000000000000010", "00000000-0000-0000-0000-000000000020"),
    ("", "7zzzzzzzzzzzzzzzzzzzzzzzzz", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    ("prefix", "01h455vb4pex5vsknk084sn02q", "01890a5d-ac96-774b-bcce-b302099a8057"),
];

#[test]
fn the_vectors_of_the_specification_hold() {
    for (prefix, suffix, uuid) in VECTORS {
        let uuid: Uuid = uuid.parse().unwrap();
        let text = format!("{prefix}_{suffix}");

        assert_eq!(typeid::encode(prefix, uuid), text);
        assert_eq!(typeid::decode(prefix, &text), Some(uuid));
    }
}

#[test]
fn what_is_not_an_id_of_the_kind_is_refused() {
    let id = PaymentId::from_uuid(Uuid::from_u128(7)).to_string();
    let suffix = id.strip_prefix("pay_").unwrap();
    for text in [
        format!("chk_{suffix}"),
        format!("PAY_{suffix}"),
        format!("pay{suffix}"),
        format!("pay__{suffix}"),
        format!("pay_{}", suffix.to_uppercase().replace('0', "O")),
        format!("pay_8{}", &suffix[1..]),
        format!("pay_{}", &suffix[1..]),
        format!("pay_{suffix}0"),
        format!("pay_{}é", &suffix[2..]),
        format!("pay_{}l", &suffix[1..]),
        format!(" {id}"),
        suffix.to_owned(),
        "pay_".to_owned(),
        String::new(),
    ] {
        assert!(text.parse::<PaymentId>().is_err(), "{text:?}");
    }
}

#[test]
fn a_reference_has_the_same_bucket_wherever_it_is_computed() {
    let shop = ShopId::from_uuid(Uuid::from_u128(0x0189_0a5d));

    // Written down: other machines, and other versions, must come to the same number.
    let buckets = ["order-1", "order-2", ""].map(|text| Bucket::of_reference(shop, text).0);
    assert_eq!(buckets, [36, 27, 252]);
}

#[test]
fn references_spread_over_all_buckets() {
    let shop = ShopId::from_uuid(Uuid::from_u128(1));
    let mut counts = [0_u32; 256];
    for number in 0..25_600 {
        counts[usize::from(Bucket::of_reference(shop, &format!("order-{number}")).0)] += 1;
    }

    assert!(counts.iter().all(|&count| (50..200).contains(&count)), "{counts:?}");
}

proptest! {
    #[test]
    fn the_text_of_an_id_reads_back_as_the_same(bits in any::<u128>()) {
        let id = PaymentId::from_uuid(Uuid::from_u128(bits));

        let text = id.to_string();

        prop_assert_eq!(text.len(), 30);
        prop_assert_eq!(text.parse(), Ok(id));
        prop_assert_eq!(serde_json::from_value::<PaymentId>(serde_json::json!(text)).ok(), Some(id));
    }

    #[test]
    fn the_order_of_texts_is_the_order_of_ids(left in any::<u128>(), right in any::<u128>()) {
        let [left, right] = [left, right].map(|bits| PaymentId::from_uuid(Uuid::from_u128(bits)));

        prop_assert_eq!(left.cmp(&right), left.to_string().cmp(&right.to_string()));
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "(pay_)?\\PC{0,30}") {
        if let Ok(id) = text.parse::<PaymentId>() {
            prop_assert_eq!(id.to_string(), text);
        }
    }

    #[test]
    fn a_stamped_id_is_in_its_bucket_and_otherwise_the_same(bits in any::<u128>(), byte in any::<u8>()) {
        let uuid = Uuid::from_u128(bits);

        let id = CheckoutId::from_uuid(Bucket(byte).stamp(uuid));

        prop_assert_eq!(id.bucket(), Bucket(byte));
        prop_assert!(id.uuid().into_bytes()[..15] == uuid.into_bytes()[..15]);
    }
}
