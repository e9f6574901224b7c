//! The console's page about the proof.

use crate::site::get;

#[tokio::test]
async fn each_rule_says_whether_it_holds_and_when_all_rows_were_looked_at() {
    let page = get("/console/proof").await.html;

    assert!(page.contains("Rules are broken"), "{page}");
    assert_eq!(page.matches("Holds").count(), 2);
    assert!(page.contains("Not checked yet") && page.contains("3\u{a0}minutes ago"));
    assert!(page.contains("Not looked at") && page.contains("since 19 Nov 2026"), "{page}");
    assert!(page.contains("at least 120\u{a0}rows"), "not all of them are counted: {page}");
    assert!(page.contains("The first 1 of at least 120\u{a0}rows."));
    assert!(page.contains("captured 51.00 of &lt;50.00&gt;"), "what was found is never markup");
}

#[tokio::test]
async fn the_chain_the_signed_days_and_the_file_that_proves_them_stand_on_one_page() {
    let page = get("/console/proof").await.html;
    let wrong = get("/console/proof?problem=books_backwards&field=to").await.html;

    assert!(page.contains("1,842\u{a0}records") && page.contains("21 Nov 2026"), "{page}");
    assert!(page.contains(&"5b12".repeat(16)) && page.contains(&"a7e3".repeat(16)));
    assert!(page.contains("Our key") && page.contains("Another key"));
    assert!(page.contains(r#"action="/console/proof/books""#));
    assert!(page.contains("paydesk verify FILE --public-key") && page.contains(&"9c0f".repeat(16)));
    assert!(
        wrong.contains(r#"id="to-error""#) && wrong.contains("The first day is after the last.")
    );
}
