//! The console's page about what the shop earned.

use crate::site::get;

#[tokio::test]
async fn each_month_is_a_bar_and_a_row_whose_figures_lead_to_their_lines() {
    let page = get("/console/ledger/revenue").await.html;

    assert!(page.contains("Oct 2026") && page.contains("1 to 21 Nov 2026"), "{page}");
    assert_eq!(page.matches("<rect").count(), 2, "one row alone is not drawn");
    assert_eq!(page.matches("bar-below").count(), 1, "November cost more than it brought in");
    assert!(page.contains("Oct 2026: 2,401.20\u{a0}EUR"));
    assert!(page.contains("currency=EUR&amp;from=2026-10-01&amp;to=2026-10-31"));
    assert!(page.contains("revenue.csv?from=2026-10-01&amp;to=2026-11-21&amp;by=month"));
}

#[tokio::test]
async fn days_in_the_wrong_order_are_said_beside_the_field() {
    let page = get("/console/ledger/revenue?from=2026-11-21&to=2026-11-20&by=day").await.html;

    assert!(page.contains(r#"aria-describedby="to-error""#), "{page}");
    assert!(page.contains("The last day is before the first."));
    assert!(page.contains(r#"value="2026-11-21""#), "what was chosen stays");
    assert!(!page.contains("Download as CSV"));
}
