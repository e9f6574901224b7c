//! Bank files in the console: made by a button, fetched again, and what banks say taken in by a form.
//! Where the bank contradicts itself, two people rule what became of the pay-out.

use domain::id::PayoutId;
use domain::permission::Role;
use sqlx::PgPool;

use crate::bank_files::{Till, statement, told};
use crate::support::Answer;

const PAGE: &str = "/console/bank-files";
const MAKE: &str = "/console/actions/bank-files";
const READ: &str = "/console/actions/bank-reports";
const ANA: &str = "ana@test.example";
const OLA: &str = "ola@test.example";

impl Till {
    async fn person(&self, email: &str, role: Role) -> String {
        self.world.staff(email, role).await;
        self.world.sign_in(email).await
    }

    async fn make(&self, cookie: &str, on: &str) -> String {
        let form = [("account", "our bank"), ("on", on)];
        self.world.form(MAKE, cookie, &form).await.header("location").to_owned()
    }

    async fn bank_files(&self, cookie: &str) -> String {
        self.world.page(PAGE, cookie).await.text
    }

    /// The newest file's id.
    async fn file(&self) -> String {
        let page = self.bank_files(&self.ben).await;
        let at = page.find("<tr id=\"pof_").expect("there is a file") + "<tr id=\"".len();
        page[at..].split('"').next().unwrap().to_owned()
    }

    async fn read(&self, cookie: &str, name: &str, content: &str) -> String {
        let answer = self.world.send_file(READ, cookie, (name, content)).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        answer.header("location").to_owned()
    }

    /// Does what the form of a ruling does, as whoever has just looked at the page.
    async fn rules(
        &self,
        payout: PayoutId,
        step: &str,
        cookie: &str,
        form: &[(&str, &str)],
    ) -> String {
        let page = self.page(payout).await;
        let marker = "name=\"version\" value=\"";
        let version = page
            .find(marker)
            .map_or("0", |at| page[at + marker.len()..].split('"').next().unwrap());
        let path = format!("/console/actions/payouts/{payout}/ruling{step}");
        let form = [&[("version", version)][..], form].concat();
        let answer = self.world.form(&path, cookie, &form).await;
        let location = answer.header("location");
        let (page, said) = location.split_once('?').unwrap_or_else(|| panic!("{location}"));
        assert_eq!(page, format!("/console/payouts/{payout}"));
        said.to_owned()
    }
}

/// A report that rejects the pay-out of the file.
fn rejection(file: &str, payout: PayoutId) -> String {
    let (message, id) = (told(file), told(&payout.to_string()));
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.03\"><CstmrPmtStsRpt>\
         <GrpHdr><MsgId>R-1</MsgId></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId>\
         <GrpSts>PART</GrpSts></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts>\
         <OrgnlPmtInfId>{message}-1</OrgnlPmtInfId><TxInfAndSts>\
         <OrgnlEndToEndId>{id}</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd>\
         </Rsn></StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    )
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_is_made_by_a_button_once_and_fetched_with_the_same_bytes(pool: PgPool) {
    let till = Till::open(pool, "console-files").await;
    till.adds_account();
    let payout = till.submitted().await;
    let before = till.bank_files(&till.ben).await;

    let past = till.make(&till.ben, "2020-01-01").await;
    let nonsense = till.make(&till.ben, "tomorrow").await;
    let made = till.make(&till.ben, "").await;
    let again = till.make(&till.ben, "").await;

    assert_eq!(past, format!("{PAGE}?problem=bank_file_past&field=on"));
    assert_eq!(nonsense, format!("{PAGE}?problem=day_invalid&field=on"));
    assert_eq!(made, format!("{PAGE}?notice=bank_file_made"));
    assert_eq!(again, format!("{PAGE}?problem=bank_file_nothing_waits&field=account"));
    assert!(before.contains("our bank") && before.contains("NL91 **** **** **43 00"), "{before}");
    assert!(before.contains("No bank was given a file yet."));
    let id = till.file().await;
    let address = format!("{PAGE}/{id}/pain001.xml");
    let first = till.world.page(&address, &till.ben).await;
    let second = till.world.page(&address, &till.ben).await;
    assert_eq!(first.header("content-type"), "application/xml");
    assert!(first.header("content-disposition").contains(&id));
    assert!(first.text.contains(&told(&payout.to_string())) && first.text == second.text);
    let page = till.bank_files(&till.ben).await;
    assert!(page.contains(&address) && page.contains("ben@test.example"), "{page}");
    let of_payout = till.page(payout).await;
    assert!(of_payout.contains(&format!("{PAGE}#{id}")), "{of_payout}");
    let queue = till.world.page("/console/payouts", &till.ben).await.text;
    assert!(queue.contains(&format!("href=\"{PAGE}\"")), "the queue leads there");
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_may_only_look_makes_fetches_and_reads_nothing(pool: PgPool) {
    let till = Till::open(pool, "console-files-reader").await;
    till.adds_account();
    let payout = till.submitted().await;
    let ola = till.person(OLA, Role::Operator).await;

    let not_made = till.make(&ola, "").await;
    till.make(&till.ben, "").await;
    let id = till.file().await;
    let fetched = till.world.page(&format!("{PAGE}/{id}/pain001.xml"), &ola).await;
    let not_read = till.read(&ola, "s.xml", &statement(payout)).await;
    let seen = till.bank_files(&ola).await;
    let signed_out = till.world.page(&format!("{PAGE}/{id}/pain001.xml"), "").await;
    let unknown = till.world.page(&format!("{PAGE}/pof_1/pain001.xml"), &till.ben).await;
    let no_report = till.world.page(&format!("{PAGE}/reports/bkr_1"), &till.ben).await;

    assert_eq!(not_made, format!("{PAGE}?problem=not_allowed"));
    assert_eq!(fetched.header("location"), format!("{PAGE}?problem=not_allowed"));
    assert_eq!(not_read, format!("{PAGE}?problem=not_allowed"));
    assert!(seen.contains(&id), "they may look");
    assert!(!seen.contains("/console/actions/bank") && !seen.contains("pain001.xml"), "{seen}");
    let statuses = [&signed_out, &unknown, &no_report].map(|answer: &Answer| answer.status);
    assert_eq!(statuses, [303, 404, 404]);
    assert_eq!(till.world.count("bank_report").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_bank_says_is_taken_in_once_and_shown(pool: PgPool) {
    let till = Till::open(pool, "console-reports").await;
    till.adds_account();
    let payout = till.submitted().await;
    till.make(&till.ben, "").await;
    let content = statement(payout);

    let half = content.find("<CdtDbtInd>").unwrap();
    let cut = till.read(&till.ben, "cut.xml", &content[..half]).await;
    let nothing = till.read(&till.ben, "other.xml", "<Document><Other/></Document>").await;
    let empty = till.read(&till.ben, "empty.xml", "").await;
    let read = till.read(&till.ben, "day <1>.xml", &content).await;
    let again = till.read(&till.ben, "day 1 again.xml", &content).await;

    assert!(cut.starts_with(&format!("{PAGE}?line=1&column=")), "{cut}");
    assert!(cut.ends_with("&problem=bank_file_cut_off&field=file"), "{cut}");
    let told = till.world.page(&cut, &till.ben).await.text;
    assert!(told.contains("The file was cut off.") && told.contains("It was noticed in line 1,"));
    assert!(told.contains("aria-describedby=\"file-hint file-error file-place\""), "{told}");
    assert!(nothing.ends_with("problem=bank_file_no_message&field=file"), "{nothing}");
    assert_eq!(empty, format!("{PAGE}?problem=file_empty&field=file"));
    let (report, notice) = read.split_once('?').unwrap();
    assert_eq!(notice, "notice=bank_report_read");
    assert_eq!(again, format!("{report}?notice=bank_report_known"));
    let shown = till.world.page(report, &till.ben).await.text;
    for part in ["day &lt;1&gt;.xml", "camt.053", "ben@test.example", &payout.to_string(), "Paid"] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    let list = till.bank_files(&till.ben).await;
    assert!(list.contains(report) && list.contains("camt.053"), "{list}");
    assert!(till.page(payout).await.contains("A file of the bank"));
    assert_eq!(till.world.count("bank_report").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_bank_that_contradicts_itself_is_ruled_on_by_two_people_with_proof(pool: PgPool) {
    let till = Till::open(pool, "console-ruling").await;
    till.adds_account();
    let payout = till.submitted().await;
    till.make(&till.ben, "").await;
    let ana = till.person(ANA, Role::Analyst).await;
    let ola = till.person(OLA, Role::Operator).await;
    till.read(&ana, "paid.xml", &statement(payout)).await;
    let before = till.page(payout).await;
    let contradiction = rejection(&till.file().await, payout);
    let report = till.read(&ana, "rejected.xml", &contradiction).await;

    let doubted = till.page(payout).await;
    let proof = ("reason", "statement <11>, line 3");
    let nothing = till.rules(payout, "", &ana, &[proof]).await;
    let silent = till.rules(payout, "", &ana, &[("ruling", "paid"), ("reason", " ")]).await;
    let by_ola = till.rules(payout, "", &ola, &[("ruling", "paid"), proof]).await;
    let proposed = till.rules(payout, "", &ana, &[("ruling", "paid"), proof]).await;
    let waits = till.page(payout).await;
    let own = till.world.page(&format!("/console/payouts/{payout}"), &ana).await.text;
    let by_ana = till.rules(payout, "/confirm", &ana, &[]).await;
    let withdrawn = till.rules(payout, "/withdraw", &till.ben, &[]).await;
    till.rules(payout, "", &till.ben, &[("ruling", "returned"), proof]).await;
    let alone = till.rules(payout, "/confirm", &till.ben, &[]).await;
    till.rules(payout, "/withdraw", &ana, &[]).await;
    till.rules(payout, "", &ana, &[("ruling", "paid"), proof]).await;
    let confirmed = till.rules(payout, "/confirm", &till.ben, &[]).await;
    let ruled = till.page(payout).await;

    assert!(!before.contains("ruling-title"), "nothing is in question yet");
    assert!(doubted.contains("ruling-title") && doubted.contains("What proves it"), "{doubted}");
    let said = till.world.page(&report, &ana).await.text;
    assert!(
        said.contains("To be looked at") && said.contains("it contradicts what was said before")
    );
    assert_eq!(nothing, "problem=ruling_missing&field=ruling");
    assert_eq!(silent, "problem=reason_needed&field=reason");
    assert_eq!([by_ola, by_ana], ["problem=not_allowed", "problem=not_allowed"]);
    assert_eq!((&*proposed, &*withdrawn), ("notice=ruling_proposed", "notice=ruling_withdrawn"));
    assert!(waits.contains("/ruling/confirm\"") && waits.contains("statement &lt;11&gt;, line 3"));
    assert!(own.contains("You proposed this yourself.") && !own.contains("/ruling/confirm\""));
    assert_eq!(alone, "problem=ruling_own");
    assert_eq!(confirmed, "notice=ruling_confirmed");
    assert!(ruled.contains("It was paid: the seller has the money.") && ruled.contains(" agreed."));
    assert!(!ruled.contains("ruling-title") && !ruled.contains("AC04</code>"), "{ruled}");
    let alerts = "select count(*) from alert where state <> 'resolved'";
    let open: i64 = sqlx::query_scalar(alerts).fetch_one(&till.world.pool).await.unwrap();
    assert_eq!(open, 0);
    let unknown = "/console/actions/payouts/pyo_1/ruling/confirm";
    assert_eq!(till.world.form(unknown, &till.ben, &[]).await.status, 404);
}
