//! The console's pages about pay-outs.

use domain::id::{Id, Kind, kind};

use crate::samples;
use crate::site::get;

fn path<K: Kind>(folder: &str, number: u128) -> String {
    let id: Id<K> = samples::id(number);
    format!("/console/{folder}/{id}")
}

async fn payout(number: u128) -> String {
    get(&path::<kind::Payout>("payouts", number)).await.html
}

#[tokio::test]
async fn the_queue_says_why_each_pay_out_waits_and_its_address_narrows_it() {
    let all = get("/console/payouts").await.html;
    let held = get("/console/payouts?state=held&currency=EUR").await.html;
    let none = get("/console/payouts?state=returned").await.html;

    assert!(all.contains("above one person\u{2019}s limit, first pay-out"), "{all}");
    assert!(all.contains("no verified bank account") && all.contains("3\u{a0}hours"));
    assert_eq!(held.matches("/console/payouts/pyo_").count(), 1);
    assert!(held.contains(r#"<option value="held" selected>"#));
    assert!(held.contains("/console/payouts?state=held&amp;currency=EUR&amp;after=pyo_"));
    assert!(none.contains("No pay-out fits this filter"));
    let label = "aria-label=\"Ada\u{2019}s Books: pay-out of 57.00\u{a0}EUR\"";
    assert!(held.contains(label), "the link says which pay-out it leads to: {held}");
}

#[tokio::test]
async fn a_pay_out_offers_what_fits_its_state_and_the_person() {
    let [waits, own, held, failed, paid] =
        [payout(0).await, payout(1).await, payout(2).await, payout(3).await, payout(4).await];

    assert!(waits.contains("/approve\"") && waits.contains(r#"name="version" value="7""#));
    assert!(waits.contains(r#"formaction="/console/actions/payouts/"#), "{waits}");
    assert!(own.contains("A second person has to approve it.") && !own.contains("/approve\""));
    assert!(held.contains("/resume\"") && held.contains("/cancel\"") && !held.contains("/hold\""));
    assert!(held.contains("asked the seller &lt;first&gt;"), "what people typed is never markup");
    assert!(failed.contains("?amount=57.00&amp;currency=EUR#make-title"), "{failed}");
    assert!(failed.contains("the account is &lt;closed&gt;") && failed.contains("AC04"));
    assert!(!paid.contains("/console/actions/payouts") && !paid.contains("Make a new one"));
}

#[tokio::test]
async fn what_was_not_paid_says_where_the_money_is_what_is_held_and_what_to_do_next() {
    let [held, failed, paid] = [payout(2).await, payout(3).await, payout(4).await];
    let seller = get(&path::<kind::Seller>("sellers", 0)).await.html;

    assert!(failed.contains("The pay-out failed, and nothing was paid. 57.00\u{a0}EUR is in"));
    assert!(
        failed.contains("state=held&amp;seller=sel_") && failed.contains("let those that are held")
    );
    assert!(!paid.contains("setback-title") && !held.contains("setback-title"));
    let failed_page = path::<kind::Payout>("payouts", 3);
    assert!(
        held.contains(&failed_page)
            && held.contains("that was not paid, came back, or contradicts itself.")
    );
    assert!(
        seller.contains("The bank sent the money back. 57.00\u{a0}EUR is in the wallet again.")
    );
    assert!(seller.contains("2\u{a0}other pay-outs are held because of it."), "{seller}");
    assert!(seller.contains(&failed_page));
}

#[tokio::test]
async fn a_pay_out_shows_what_it_takes_what_it_pays_for_and_its_postings() {
    let (waits, paid) = (payout(0).await, payout(4).await);

    assert!(waits.contains("Available afterwards") && waits.contains("settled once it is"));
    assert!(waits.contains("Nothing is posted before it is submitted."));
    assert!(!paid.contains("Available afterwards"));
    assert!(paid.contains("begun/1") && paid.contains("Pay-outs in transit, house bank"));
    assert!(paid.contains("FF-2026-1187-A") && paid.contains("/remittance.csv\""));
    assert!(paid.contains("The first 1 of 3\u{a0}lines; the file has them all."));
}

#[tokio::test]
async fn a_seller_page_shows_their_accounts_and_previews_a_pay_out_before_it_is_made() {
    let address = path::<kind::Seller>("sellers", 0);
    let page = get(&address).await.html;
    let wished = get(&format!("{address}?amount=57.00&currency=EUR")).await.html;
    let wrong = get(&format!("{address}?amount=x%3Cb%3E&currency=EUR")).await.html;
    let bare = get(&path::<kind::Seller>("sellers", 1)).await.html;

    assert_eq!(page.matches("/verify\"").count(), 1, "only what nobody has looked at");
    assert!(page.contains("DE89 **** **** **** **30 00") && page.contains("every Monday"));
    assert!(page.contains("Can be paid now: 100.00") && !page.contains("/console/actions/sellers"));
    assert!(wished.contains(r#"name="key" value="pyo_key""#), "{wished}");
    assert!(wished.contains("Left afterwards") && wished.contains(r#"value="57.00""#));
    assert!(wrong.contains("Write the amount in digits") && wrong.contains("x&lt;b&gt;"));
    for tied in [r#"aria-describedby="amount-hint amount-error""#, r#"aria-invalid="true""#] {
        assert!(wrong.contains(tied) && !wished.contains(tied), "{tied}: {wrong}");
    }
    let currency = get(&format!("{address}?problem=payout_currency&field=currency")).await.html;
    assert!(currency.contains(r#"aria-describedby="currency-error""#), "{currency}");
    assert!(!wrong.contains("/console/actions/sellers"));
    assert!(bare.contains("no account that pay-outs could leave from"));
    assert!(!bare.contains("/verify\""));
}

#[tokio::test]
async fn what_contradicts_itself_is_said_by_one_person_with_proof_and_agreed_on_by_another() {
    let [ruled, doubted, proposed] = [payout(4).await, payout(5).await, payout(6).await];

    assert!(doubted.contains("/ruling\"") && doubted.contains("What proves it"), "{doubted}");
    assert_eq!(doubted.matches(r#"type="radio" name="ruling""#).count(), 2);
    assert!(!doubted.contains("/ruling/confirm\""));
    assert!(proposed.contains("/ruling/confirm\"") && proposed.contains("Turn it down"));
    assert!(proposed.contains("statement 11, line &lt;3&gt;"), "what people typed is never markup");
    assert!(!proposed.contains(r#"name="reason""#));
    assert!(ruled.contains("Cleo Marin said so, and Ada Lindqvist agreed."), "{ruled}");
    assert!(!ruled.contains("ruling-title"));
    let missing = path::<kind::Payout>("payouts", 5) + "?problem=ruling_missing&field=ruling";
    assert!(get(&missing).await.html.contains(r#"aria-describedby="ruling-error""#));
}

#[tokio::test]
async fn bank_files_say_what_waits_how_far_banks_are_and_what_they_said() {
    let page = get("/console/bank-files").await.html;
    let older = get("/console/bank-files?after=pof_00000000000000000000000001").await.html;
    let refused = "/console/bank-files?line=3&column=7&problem=bank_file_cut_off&field=file";
    let refused = get(refused).await.html;
    let nonsense = get("/console/bank-files?line=%3Cb%3E&problem=x&field=file").await.html;
    let report = get(&path::<kind::BankReport>("bank-files/reports", 0)).await.html;
    let broken_off = get(&path::<kind::BankReport>("bank-files/reports", 1)).await.html;

    assert!(page.contains("our &lt;bank&gt;") && page.contains("NL91 **** **** **43 00"), "{page}");
    assert_eq!(page.matches("/pain001.xml\"").count(), 2);
    assert!(page.contains("aria-label=\"Download pof_") && page.contains("?after=pof_"));
    assert!(page.contains("No: read it again") && page.contains("/console/actions/bank-reports"));
    assert!(older.contains("No bank was given a file yet."));
    assert!(refused.contains("The file was cut off.") && refused.contains("in line 3, column 7."));
    assert!(refused.contains(r#"aria-describedby="file-hint file-error file-place""#), "{refused}");
    assert!(!nonsense.contains("<b>") && !nonsense.contains("file-place\""), "{nonsense}");
    assert!(report.contains("To be looked at: 1") && report.contains("line 1, column 812"));
    assert!(report.contains("speaks of &lt;less&gt;") && report.contains("And 119\u{a0}more."));
    assert!(broken_off.contains("It was not read to its end."), "{broken_off}");
}
