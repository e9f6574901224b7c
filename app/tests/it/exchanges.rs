//! The console's page about a seller's exchanges.

use domain::id::{Id, QuoteId, SellerId, kind};

use crate::samples;
use crate::site::get;

fn of_seller(number: u128) -> String {
    let seller: SellerId = samples::id(number);
    format!("/console/sellers/{seller}/exchange")
}

fn with_quote(number: u128, rest: &str) -> String {
    let quote: QuoteId = samples::id(number);
    format!("{}?quote={quote}{rest}", of_seller(0))
}

#[tokio::test]
async fn a_quote_is_asked_for_by_a_plain_form_that_keeps_what_was_typed() {
    let page = get(&of_seller(0)).await.html;
    let typed =
        format!("{}?amount=99.00&sell=USD&buy=USD&problem=exchange_same&field=buy", of_seller(0));
    let again = get(&typed).await.html;
    let nothing = get(&of_seller(1)).await.html;

    let seller: Id<kind::Seller> = samples::id(0);
    let action = format!(r#"action="/console/actions/sellers/{seller}/exchange-quotes""#);
    assert!(page.contains(&action), "{page}");
    assert!(page.contains("Available: 43.21\u{a0}EUR \u{b7} 0.00\u{a0}USD"));
    assert!(page.contains(r#"<option value="USD" selected>"#), "another one than what is sold");
    assert!(again.contains(r#"value="99.00""#) && again.contains(r#"id="buy-error""#), "{again}");
    assert!(again.contains("Choose another currency than the one that is sold."));
    assert!(nothing.contains("nothing to exchange") && !nothing.contains("exchange-quotes"));
}

#[tokio::test]
async fn a_quote_shows_all_its_figures_and_is_accepted_by_one_button_while_it_is_open() {
    let open = get(&with_quote(0, "")).await.html;
    let accepted = get(&with_quote(1, "&notice=exchanged")).await.html;
    let expired = get(&with_quote(2, "&problem=quote_expired&field=quote")).await.html;

    for shown in [
        "1 EUR = 1.0805 USD",
        "European Central Bank",
        "20 Nov 2026",
        "Spread that we keep, 0.5 %",
        "Left by rounding",
        "21 Nov 2026, 10:07:40 UTC",
        "Exchange 20.00\u{a0}EUR for 21.51\u{a0}USD",
        r#"required value="20.00""#,
    ] {
        assert!(open.contains(shown), "{shown} is not in {open}");
    }
    assert!(open.contains("/accept\""));
    assert!(
        !accepted.contains("/accept\"") && accepted.contains("What was bought is available now.")
    );
    assert!(
        !accepted.contains(r#"required value="20.00""#),
        "what was exchanged is not offered again"
    );
    assert!(!expired.contains("/accept\"") && expired.contains(r#"id="quote-error""#));
    assert!(
        expired.contains(r#"required value="20.00""#),
        "another one is asked for without typing"
    );
}

#[tokio::test]
async fn what_was_exchanged_leads_to_both_statements() {
    let page = get(&of_seller(0)).await.html;
    let seller: SellerId = samples::id(0);
    let of_seller = get(&format!("/console/sellers/{seller}")).await.html;

    assert!(page.contains("Demo (made up), 20 Nov 2026"), "{page}");
    assert!(page.contains("Ada &lt;Lindqvist&gt;"), "what people typed is never markup");
    for currency in ["EUR", "USD"] {
        let link = format!("seller_available?currency={currency}&amp;from=2026-11-21");
        assert!(page.contains(&link), "{link} is not in {page}");
    }
    assert!(of_seller.contains(&format!("/console/sellers/{seller}/exchange\"")));
}
