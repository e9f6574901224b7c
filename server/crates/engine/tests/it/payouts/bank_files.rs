//! Pay-outs by bank file: out in one file once, and back as the bank's files say.

mod made;
mod overview;
mod read;

use std::fmt::Write as _;

use domain::currency::Currency;
use domain::id::{PayoutAccountId, PayoutFileId, PayoutId};
use domain::money::Money;
use domain::payout::Phase;
use engine::db::new_plain_id;
use engine::payouts::bank_files::accounts::{self, BankAccount, Debtor};
use engine::payouts::bank_files::{
    Made, MakeError, NewFile, NewReport, NewlyMade, Outcome, Summary, make, parse, read,
};
use engine::payouts::create::{NewPayout, create};
use engine::reconciliation::actor::Actor;
use jobs::Step;
use sqlx::PgPool;

use super::Counter;

/// The account that the bank debits.
const OURS: &str = "NL91ABNA0417164300";
/// Who makes and reads files.
const BY: Actor = Actor::Program("a test");
/// What it is called here.
const NAME: &str = "our bank";

/// A counter that pays by bank file.
struct Till {
    counter: Counter,
    account: PayoutAccountId,
}

impl Till {
    async fn open(pool: PgPool, available: Money) -> Self {
        let counter = Counter::open(pool, available).await;
        let account = BankAccount {
            id: new_plain_id(),
            shop: counter.desk.world.shop,
            name: NAME.into(),
            currency: Currency::EUR,
            debtor: Debtor {
                iban: OURS.parse().unwrap(),
                bic: "ABNANL2A".parse().unwrap(),
                holder: "Alpine Market GmbH".into(),
            },
        };
        let saved = accounts::save(counter.desk.pool(), &account, "a test").await.unwrap();
        Self { counter, account: saved.unwrap() }
    }

    fn pool(&self) -> &PgPool {
        self.counter.desk.pool()
    }

    /// Made, approved and submitted at the account of bank files.
    async fn submitted(&self, amount: Money) -> PayoutId {
        let new = NewPayout {
            shop: self.counter.desk.world.shop,
            seller: self.counter.seller(),
            amount,
            account: Some(self.account),
            by: self.counter.analyst(),
            approves: true,
            slot: None,
        };
        let made = create(&self.counter.desk.engine, &new).await.unwrap();
        if made.state.phase == Phase::Draft {
            self.counter.approve(made.id, self.counter.approver()).await.unwrap();
        }
        assert_eq!(self.counter.submit().await, Step { claimed: 1, failed: 0 });
        made.id
    }

    async fn make(&self) -> Result<Made, MakeError> {
        let shop = self.counter.desk.world.shop;
        let new = NewFile { shop, account: NAME, execution_on: None, by: &BY };
        make(self.pool(), &new).await
    }

    /// The file of what waits, which is something.
    async fn made(&self) -> NewlyMade {
        match self.make().await.unwrap() {
            Made::Now(made) => *made,
            Made::Nothing(newest) => panic!("nothing waits: {newest:?}"),
        }
    }

    /// Submitted, and told to the bank.
    async fn filed(&self, amount: Money) -> (PayoutId, PayoutFileId) {
        let payout = self.submitted(amount).await;
        (payout, self.made().await.file.id)
    }

    async fn read(&self, content: &str) -> Outcome {
        let parsed = parse(content.as_bytes()).unwrap();
        let shop = self.counter.desk.world.shop;
        let new = NewReport { shop, name: "report.xml", parsed: &parsed, by: &BY };
        read(self.pool(), &new).await.unwrap()
    }

    /// What a file changes that was not read before.
    async fn learns(&self, content: &str) -> Summary {
        match self.read(content).await {
            Outcome::Now(summary) => summary,
            before @ Outcome::Before { .. } => panic!("{before:?}"),
        }
    }

    async fn phase(&self, payout: PayoutId) -> Phase {
        self.counter.phase(payout).await
    }

    /// How many alerts there are about things that went against the rules.
    async fn alerts(&self) -> i64 {
        let alerts = "select count(*) from alert where kind = 'irregular_fact'";
        self.counter.desk.world.count(alerts).await
    }

    async fn close(self) {
        self.counter.close().await;
    }
}

/// One of our ids as banks repeat it.
fn told(id: &impl std::fmt::Display) -> String {
    id.to_string().replace('_', "-")
}

/// A report on the file, with a status of the whole and of single pay-outs.
fn status_report(file: PayoutFileId, group: &str, of: &[(PayoutId, &str, &str)]) -> String {
    let message = told(&file);
    let mut single = String::new();
    for (payout, status, inside) in of {
        let id = told(payout);
        write!(
            single,
            "<TxInfAndSts><OrgnlEndToEndId>{id}</OrgnlEndToEndId><TxSts>{status}</TxSts>{inside}\
             </TxInfAndSts>"
        )
        .unwrap();
    }
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.03\"><CstmrPmtStsRpt>\
         <GrpHdr><MsgId>R-1</MsgId></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId>\
         <GrpSts>{group}</GrpSts></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts>\
         <OrgnlPmtInfId>{message}-1</OrgnlPmtInfId>{single}</OrgnlPmtInfAndSts>\
         </CstmrPmtStsRpt></Document>"
    )
}

/// A booked entry of an amount on a side, about the pay-out.
fn entry(end_to_end_id: &str, side: &str, amount: &str, inside: &str) -> String {
    format!(
        "<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
         <BookgDt><Dt>2026-11-23</Dt></BookgDt><AcctSvcrRef>B-1</AcctSvcrRef><NtryDtls><TxDtls>\
         <Refs><EndToEndId>{end_to_end_id}</EndToEndId></Refs>{inside}</TxDtls></NtryDtls></Ntry>"
    )
}

/// A statement of the account with this number.
fn statement(iban: &str, entries: &str) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><Stmt>\
         <Acct><Id><IBAN>{iban}</IBAN></Id></Acct>{entries}</Stmt></BkToCstmrStmt></Document>"
    )
}

/// Why something came back.
const CLOSED: &str = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>account closed</AddtlInf></RtrInf>";
