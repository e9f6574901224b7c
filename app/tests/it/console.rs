//! The console's pages.

use app::words::notice;
use domain::id::{Id, Kind, kind};
use http::StatusCode;

use crate::samples;
use crate::site::{get, get_signed_out};

/// The path of the page of sample `number` in `folder`.
fn path<K: Kind>(folder: &str, number: u128) -> String {
    let id: Id<K> = samples::id(number);
    format!("/console/{folder}/{id}")
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_sent_to_sign_in_and_back() {
    let page = get_signed_out("/console/mismatches?class=manual&kind=fee").await;

    assert_eq!(page.status, StatusCode::FOUND);
    assert_eq!(
        page.location.as_deref(),
        Some("/console/sign-in?next=/console/mismatches%3Fclass%3Dmanual%26kind%3Dfee")
    );
    assert!(!page.html.contains("FF-2026"), "nothing of the console leaks");
}

#[tokio::test]
async fn signing_in_goes_on_only_within_the_console() {
    let inside = get_signed_out("/console/sign-in?next=/console/files").await;
    let outside = get_signed_out("/console/sign-in?next=https://evil.example/").await;

    assert!(inside.html.contains(r#"name="next" value="/console/files""#));
    assert!(outside.html.contains(r#"name="next" value="/console""#));
}

#[tokio::test]
async fn a_wrong_field_is_named_beside_the_field() {
    let page =
        get_signed_out("/console/sign-in?problem=password_missing&field=password&email=a@b.c")
            .await;

    assert!(page.html.contains(r#"id="password-error""#));
    assert!(page.html.contains(r#"aria-describedby="password-error""#));
    assert!(page.html.contains(r#"aria-invalid="true""#));
    assert!(page.html.contains(r#"value="a@b.c""#));
}

#[tokio::test]
async fn every_page_has_a_heading_the_navigation_and_its_moment() {
    for path in [
        "/console".to_owned(),
        "/console/mismatches".to_owned(),
        "/console/payments".to_owned(),
        "/console/why".to_owned(),
        "/console/ledger".to_owned(),
        "/console/ledger/seller_pending?currency=EUR".to_owned(),
        "/console/ledger/revenue".to_owned(),
        "/console/sellers".to_owned(),
        path::<kind::Seller>("sellers", 0),
        path::<kind::Seller>("sellers", 1),
        path::<kind::Seller>("sellers", 0) + "/history",
        path::<kind::Seller>("sellers", 1) + "/history",
        path::<kind::Seller>("sellers", 0) + "/exchange",
        path::<kind::Seller>("sellers", 1) + "/exchange",
        "/console/payouts".to_owned(),
        path::<kind::Payout>("payouts", 0),
        path::<kind::Payout>("payouts", 3),
        path::<kind::Payout>("payouts", 5),
        path::<kind::Payout>("payouts", 6),
        "/console/bank-files".to_owned(),
        path::<kind::BankReport>("bank-files/reports", 0),
        path::<kind::BankReport>("bank-files/reports", 1),
        "/console/proof".to_owned(),
        "/console/files".to_owned(),
        "/console/webhooks".to_owned(),
        "/console/dead-letters".to_owned(),
        path::<kind::Job>("dead-letters", 0),
        path::<kind::Job>("dead-letters", 1),
        "/console/alerts".to_owned(),
        "/console/processors".to_owned(),
        path::<kind::ProcessorAccount>("processors", 0),
        path::<kind::ProcessorAccount>("processors", 1),
        path::<kind::InboundWebhook>("webhooks", 0),
        path::<kind::InboundWebhook>("webhooks", 3),
        path::<kind::Alert>("alerts", 0),
        path::<kind::Mismatch>("mismatches", 0),
        path::<kind::Payment>("payments", 0),
        path::<kind::SettlementFile>("files", 0),
    ] {
        let page = get(&path).await;

        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert_eq!(page.html.matches("<h1>").count(), 1, "{path}");
        assert!(page.html.contains("As of "), "{path}");
        assert!(page.html.contains(r#"aria-current="page""#), "{path}");
        assert!(page.html.contains(r##"href="#content""##), "{path}");
        assert!(!page.html.contains("style="), "{path}");
    }
}

#[tokio::test]
async fn the_queue_is_narrowed_by_its_address() {
    let page = get("/console/mismatches?kind=fee").await;

    assert!(page.html.contains("FF-2026-1185-A"));
    assert!(!page.html.contains("FF-2026-1187-B"));
    assert!(page.html.contains(r#"<option value="fee" selected>"#));
}

#[tokio::test]
async fn an_empty_queue_is_good_news_unless_a_filter_emptied_it() {
    let page = get("/console/mismatches?class=automatic").await;

    assert!(page.html.contains("Nothing fits this filter"));
}

#[tokio::test]
async fn a_mismatch_shows_both_sides_and_marks_the_difference_in_a_word() {
    let page = get(&path::<kind::Mismatch>("mismatches", 0)).await;

    assert!(page.html.contains("1,194"));
    assert!(page.html.contains("1,189"));
    assert_eq!(page.html.matches("row-differs").count(), 1);
    assert_eq!(page.html.matches("differs</span>").count(), 1);
    assert!(page.html.contains("Take it on"));
    assert!(!page.html.contains("name=\"reason\""), "nothing is done before the preview");
}

#[tokio::test]
async fn a_preview_shows_the_posting_and_then_asks_why() {
    let address = path::<kind::Mismatch>("mismatches", 0);
    let page = get(&format!("{address}?resolution=write_off")).await;
    let unknown = get(&format!("{address}?resolution=make_rich")).await;

    assert!(page.html.contains("Write-offs"));
    assert!(page.html.contains("Processor receivable, Sandbox"));
    assert!(page.html.contains(r#"name="resolution" value="write_off""#));
    assert!(page.html.contains(r#"name="version" value="4""#));
    assert!(page.html.contains("name=\"reason\""));
    assert!(!unknown.html.contains("name=\"reason\""));
}

#[tokio::test]
async fn a_second_person_may_approve_or_send_back() {
    let page = get(&path::<kind::Mismatch>("mismatches", 2)).await;

    assert!(page.html.contains("Waiting for a second person"));
    assert!(page.html.contains("/approve\""));
    assert!(page.html.contains("/reject\""));
    assert!(!page.html.contains("/resolve\""));
}

#[tokio::test]
async fn what_people_typed_is_shown_and_never_run() {
    let page = get("/console/payments?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").await;

    assert!(!page.html.contains("<script>alert"));
    assert!(page.html.contains("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"));
}

#[tokio::test]
async fn a_search_that_fits_nothing_says_so() {
    let page = get("/console/payments?q=nothing").await;

    assert!(page.html.contains("No payment fits"));
}

#[tokio::test]
async fn older_payments_keep_the_filter() {
    let page = get("/console/payments?status=captured&q=FF%262026").await;

    assert!(page.html.contains("q=FF%262026&amp;status=captured&amp;after=2026-11-20"));
}

#[tokio::test]
async fn a_payment_shows_everything_that_happened_in_order() {
    let page = get(&path::<kind::Payment>("payments", 0)).await;

    let positions = [
        "Authorise 1,194.99",
        "payment.captured",
        "Authorised → Captured",
        "Seller pending, Nordlys Keramik",
        "settlement-2026-11-20.csv",
    ]
    .map(|part| page.html.find(part).unwrap_or_else(|| panic!("{part} is missing")));
    assert!(positions.is_sorted(), "{positions:?}");
}

#[tokio::test]
async fn a_refused_file_says_where_it_broke() {
    let page = get(&path::<kind::SettlementFile>("files", 1)).await;

    assert!(page.html.contains("line 12: the file ends in the middle of a row"));
}

#[tokio::test]
async fn the_same_file_again_says_that_nothing_changed() {
    let address = path::<kind::SettlementFile>("files", 0);
    let page = get(&format!("{address}?notice=already_known")).await;

    assert!(page.html.contains(notice::notice("already_known").unwrap()));
}

#[tokio::test]
async fn unknown_pages_are_ours_and_are_not_found() {
    for path in
        ["/nowhere", "/console/nowhere", "/console/payments/nonsense", "/console/files/pay_1"]
    {
        let page = get(path).await;

        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.html.contains("We could not find that"), "{path}");
    }
}

#[test]
fn a_crash_shows_a_page_of_ours_that_needs_nothing() {
    let page = app::crash_page();

    assert!(page.contains("Something broke on our side"));
    assert!(!page.contains("<script"));
    assert!(!page.contains("style="));
}

#[tokio::test]
async fn why_says_one_sentence_whose_turn_it_is_and_the_evidence() {
    let page = get("/console/why?q=waits").await;

    assert!(page.html.contains("did not take the call, after 4 tries"));
    assert!(page.html.contains("Paydesk goes on by itself"));
    assert!(page.html.contains("It is the cheapest account that takes cards in EUR."));
    assert!(page.html.contains("7GK2-M9QX-4TB"));
    assert!(page.html.contains("payment.action_required"));
    assert!(page.html.contains("Service Unavailable &lt;b&gt;"), "errors are never markup");
}

#[tokio::test]
async fn why_lets_choose_where_several_are_meant_and_says_when_nothing_is() {
    let several = get("/console/why?q=several").await;
    let nothing = get("/console/why?q=p-9").await;

    assert!(several.html.contains(r#"href="/console/why?q=pay_"#));
    assert!(nothing.html.contains("Nothing is called so"));
    assert!(nothing.html.contains(r#"value="p-9""#));
}

#[tokio::test]
async fn a_webhook_shows_what_arrived_and_offers_what_fits_its_state() {
    let unmatched = get(&path::<kind::InboundWebhook>("webhooks", 0)).await.html;
    let refused = get(&path::<kind::InboundWebhook>("webhooks", 1)).await.html;
    let handled = get(&path::<kind::InboundWebhook>("webhooks", 2)).await.html;

    assert!(unmatched.contains("Match again") && unmatched.contains("**** ****"));
    assert!(!refused.contains("/replay") && refused.contains("of which the beginning is kept"));
    assert!(handled.contains("Replay") && handled.contains("executing to captured"));
    let of_payout = get(&path::<kind::InboundWebhook>("webhooks", 3)).await.html;
    assert!(of_payout.contains("/console/payouts/pyo_") && of_payout.contains("house bank"));
    assert!(of_payout.contains("The provider is asked because of it."), "{of_payout}");
    let list = get("/console/webhooks?state=refused").await.html;
    assert!(list.contains("msg_1") && !list.contains("msg_2"));
    assert!(list.contains(r#"<option value="refused" selected>"#));
}

#[tokio::test]
async fn an_alert_names_its_rows_and_a_resolved_one_offers_nothing() {
    let open = get(&path::<kind::Alert>("alerts", 0)).await.html;
    let resolved = get(&path::<kind::Alert>("alerts", 1)).await.html;

    assert!(open.contains("/acknowledge") && open.contains("/resolve"));
    assert!(open.contains("/console/payments/pay_"));
    assert!(!resolved.contains("/acknowledge") && !resolved.contains("/resolve\""));
    assert!(resolved.contains("by itself"));
    let list = get("/console/alerts").await.html;
    assert_eq!(list.matches("/console/alerts/alr_").count(), 1);
}

#[tokio::test]
async fn processors_say_whether_they_are_called_and_since_when_and_may_be_forced_for_a_while() {
    let list = get("/console/processors").await.html;
    let down = get(&path::<kind::ProcessorAccount>("processors", 1)).await.html;

    assert!(list.contains("Not called") && list.contains("by a person"));
    assert!(list.contains("97 % of 200") && list.contains("EUR, from 100.00"));
    assert!(down.contains("too busy") && down.contains("Ends by itself"));
    assert!(down.contains("/force") && down.contains(r#"name="reason""#));
    assert!(down.contains(r#"name="version" value="3""#));
    let payment = get(&path::<kind::Payment>("payments", 0)).await.html;
    assert!(payment.contains("Routed to north because it is the only account."), "{payment}");
}

#[tokio::test]
async fn dead_letters_are_counted_by_cause_and_each_count_leads_to_its_rows() {
    let list = get("/console/dead-letters").await.html;
    let discarded = get("/console/dead-letters?state=discarded").await.html;
    let other = get("/console/dead-letters?kind=deliver_webhook").await.html;

    let link = "/console/dead-letters?kind=execute_payment&amp;error=the%20outcome%20is%20unknown";
    assert!(list.contains(link), "{list}");
    assert!(
        list.contains("2\u{a0}dead letters") && list.contains("Carry a payment to its processor")
    );
    assert!(discarded.contains("1\u{a0}dead letter"));
    assert!(other.contains("No dead letter fits this filter"));
}

#[tokio::test]
async fn a_dead_letter_shows_its_history_and_only_the_forms_that_fit() {
    let waiting = get(&path::<kind::Job>("dead-letters", 0)).await.html;
    let discarded = get(&path::<kind::Job>("dead-letters", 1)).await.html;
    let read_only = get(&path::<kind::Job>("dead-letters", 2)).await.html;

    for form in ["/retry\"", "/retry-like\"", "/discard\""] {
        assert!(waiting.contains(form), "{form}");
        assert!(!discarded.contains(form) && !read_only.contains(form), "{form}");
    }
    assert!(waiting.contains("the outcome is unknown: cut off"));
    assert!(waiting.contains("Retry all 3 like this"));
    assert!(discarded.contains("Refunded by hand") && discarded.contains("discarded it"));
}
