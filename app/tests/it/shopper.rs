//! The shopper's pages.

use http::StatusCode;

use crate::samples::{KEY, id};
use crate::site::{Page, get_signed_out};

async fn checkout(number: u128, query: &str) -> Page {
    let id = id::<domain::id::kind::Checkout>(number);
    get_signed_out(&format!("/checkout/{id}/{KEY}{query}")).await
}

async fn status(number: u128) -> Page {
    let id = id::<domain::id::kind::Checkout>(number);
    get_signed_out(&format!("/status/{id}/{KEY}")).await
}

#[tokio::test]
async fn an_open_checkout_shows_every_line_and_one_button_to_pay() {
    let page = checkout(0, "").await;

    assert_eq!(page.status, StatusCode::OK);
    for part in [
        "Fern &amp; Fold",
        "Ada’s Books",
        "Nordlys Keramik",
        "Stoneware dinner set for six, sea green",
        "€1,180.00",
        "€54.90",
        "21 Nov 2026, 10:00 UTC",
        "no real money moves",
    ] {
        assert!(page.html.contains(part), "{part} is missing");
    }
    assert_eq!(page.html.matches("<button").count(), 1);
    assert!(page.html.contains(&format!("{KEY}/pay\"")));
    assert!(page.html.contains(r#"name="idempotency_key" value="01934d5ea1b27c3d""#));
    assert!(page.html.contains(r#"name="version" value="7""#));
}

#[tokio::test]
async fn a_checkout_loads_no_script_and_may_only_go_on_to_the_processor() {
    let page = checkout(0, "").await;

    assert!(!page.html.contains("paydesk.js"));
    assert!(!page.html.contains("wasm"));
    assert!(!page.html.contains("style="));
    assert!(page.policy.contains("default-src 'none'"));
    assert!(page.policy.contains("form-action 'self' https://pay.example;"));
    assert!(!page.policy.contains("unsafe-inline"));
    assert!(!page.policy.contains("unsafe-eval"));
}

#[tokio::test]
async fn a_checkout_that_cannot_be_paid_says_why_and_leads_to_its_status() {
    for (number, words) in
        [(1, "Payment under way"), (2, "Already paid"), (3, "Cancelled"), (4, "Expired")]
    {
        let page = checkout(number, "").await;

        assert_eq!(page.status, StatusCode::OK);
        assert!(page.html.contains(words), "{words} is missing");
        assert!(page.html.contains("href=\"/status/"));
        assert!(!page.html.contains("<form"), "nothing can be paid when it says {words}");
    }
}

#[tokio::test]
async fn a_refused_payment_says_so_in_our_words_only() {
    let known = checkout(0, "?problem=processor_unavailable").await;
    let unknown = checkout(0, "?problem=Send+money+to+Mallory").await;

    assert!(known.html.contains("The payment page cannot be reached right now."));
    assert!(known.html.contains(r#"role="alert""#));
    assert!(!unknown.html.contains("Mallory"));
    assert!(unknown.html.contains("This did not work, and nothing was changed."));
}

#[tokio::test]
async fn a_wrong_key_an_unknown_checkout_and_nonsense_are_all_not_found() {
    let id = id::<domain::id::kind::Checkout>(0);
    for path in [
        format!("/checkout/{id}/wrong"),
        format!("/checkout/chk_{}/{KEY}", "0".repeat(26)),
        format!("/checkout/nonsense/{KEY}"),
        format!("/status/{id}/wrong"),
        format!("/status/nonsense/{KEY}"),
    ] {
        let page = get_signed_out(&path).await;

        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.html.contains("We could not find that"), "{path}");
        assert!(!page.html.contains("Fern"), "{path}");
    }
}

#[tokio::test]
async fn a_status_that_may_still_change_follows_with_and_without_scripts() {
    let page = status(0).await;

    assert_eq!(page.status, StatusCode::OK);
    assert!(page.html.contains("Payment on its way"));
    assert!(page.html.contains("Nothing to do for you"));
    assert!(page.html.contains(r#"data-component="LiveStatus"#));
    let head = page.html.split("</head>").next().unwrap();
    assert!(
        head.contains(r#"<noscript><meta http-equiv="refresh" content="4"></noscript>"#),
        "{head}"
    );
}

#[tokio::test]
async fn a_final_status_stays_as_it_is() {
    let page = status(1).await;

    assert!(page.html.contains("<h1>Paid</h1>"));
    assert!(!page.html.contains("http-equiv=\"refresh\""));
    assert!(page.html.contains("href=\"https://shop.example/orders/1187\""));
}

#[tokio::test]
async fn every_status_says_whose_turn_it_is() {
    for (number, words, turn) in [
        (2, "Payment declined", "Your turn"),
        (3, "Please do not pay again", "Nothing to do for you"),
        (4, "Partly paid", "The shop’s turn"),
        (5, "One more step", "Your turn"),
    ] {
        let page = status(number).await;

        assert!(page.html.contains(words), "{words} is missing");
        assert!(page.html.contains(turn), "{turn} is missing beside {words}");
    }
}

#[tokio::test]
async fn scripts_of_the_status_page_run_by_nonce_alone() {
    let page = status(0).await;

    let nonce = page.policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    assert!(!nonce.is_empty());
    assert_eq!(
        page.html.matches("<script").count(),
        page.html.matches(&format!("nonce=\"{nonce}\"")).count()
    );
    assert!(!page.policy.contains("unsafe-inline"));
    assert_ne!(page.policy, status(0).await.policy, "each answer has a nonce of its own");
}

#[tokio::test]
async fn paying_weighs_less_than_thirty_kibibytes_even_uncompressed() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../style");
    let entry = std::fs::read_to_string(format!("{folder}/checkout.css")).unwrap();
    let imports =
        entry.lines().filter_map(|line| line.strip_prefix("@import \"")?.split('"').next());
    let style: u64 =
        imports.map(|file| std::fs::metadata(format!("{folder}/{file}")).unwrap().len()).sum();

    for page in [checkout(0, "").await, status(0).await] {
        let weight = style + page.html.len() as u64;
        assert!(style > 0 && weight < 30 * 1024, "{weight} bytes");
    }
}
