//! The console's page about the history of a seller's wallets.

use domain::id::kind;

use crate::samples::id;
use crate::site::get;

#[tokio::test]
async fn the_history_of_a_wallet_is_a_chart_and_its_figures() {
    let seller = id::<kind::Seller>(0);
    let page = get(&format!("/console/sellers/{seller}/history")).await.html;

    assert_eq!(page.matches("<rect").count(), 2, "{page}");
    assert!(page.contains("Nov 2026: \u{2212}12.00\u{a0}EUR"), "{page}");
    assert!(page.contains("\u{2212}129") && page.contains("127"), "{page}");
    assert!(page.contains("Before"));
}
