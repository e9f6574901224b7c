//! What people type into the console: no card number is kept, logged or sent back, and nothing that
//! is typed breaks a page.

use domain::permission::Role;
use sqlx::PgPool;

use crate::card_data::{everything_stored, holds};
use crate::support::log::Log;
use crate::support::{Answer, PASSWORD, World, basket};

const ANA: &str = "ana@test.example";
const NUMBER: &str = "4242424242424242";
/// The ways in which a card number, or what cannot be printed, is typed.
const TYPED: [&str; 5] = [
    NUMBER,
    "4242 4242 4242 4242",
    "4242-4242-4242-4242 12/29",
    "a\u{0}b 4242424242424242",
    "ana@test.example\u{0}\r\nSet-Cookie: a=b\u{1b}[31m",
];

/// Rows that forms act on: an alert, a dead letter, a mismatch and a webhook.
async fn rows(world: &World) -> Vec<String> {
    sqlx::raw_sql(
        "insert into alert (alert_id, shop_id, kind, subject, severity, message, facts)
             select '00000000-0000-7000-8000-000000000001', shop_id, 'circuit_opened', 'x', 'critical', 'm', '{}'
             from shop;
         insert into dead_letter (bucket, job_id, kind, subject_id, payload, attempts, last_error, created_at)
             select payment.bucket, '00000000-0000-7000-8000-000000000001', 'execute_payment', payment_id,
                    '{}', 1, 'why', now() from payment limit 1;
         insert into inbound_webhook (inbound_webhook_id, processor_account_id, message_id, headers, body, state)
             select '00000000-0000-7000-8000-000000000001', processor_account_id, 'm', '{}', '', 'stored'
             from processor_account",
    )
    .execute(&world.pool)
    .await
    .unwrap();
    let id = uuid::Uuid::from_u128(0x7000_8000_0000_0000_0001);
    let alert = domain::id::AlertId::from_uuid(id);
    let job = domain::id::JobId::from_uuid(id);
    let webhook = domain::id::InboundWebhookId::from_uuid(id);
    let mismatch = domain::id::MismatchId::from_uuid(id);
    let mut forms = vec![format!("processors/{}/force", world.account)];
    forms.extend(["acknowledge", "resolve"].map(|act| format!("alerts/{alert}/{act}")));
    forms.extend(["retry", "retry-like", "discard"].map(|act| format!("dead-letters/{job}/{act}")));
    forms.extend(
        ["claim", "resolve", "approve", "reject", "reopen"]
            .map(|act| format!("mismatches/{mismatch}/{act}")),
    );
    forms.push(format!("webhooks/{webhook}/replay"));
    let payout = domain::id::PayoutId::from_uuid(id);
    let acts = ["approve", "hold", "resume", "cancel"];
    forms.extend(acts.map(|act| format!("payouts/{payout}/{act}")));
    forms.push(format!("sellers/{}/payouts", domain::id::SellerId::from_uuid(id)));
    forms
}

/// Everything that a browser would show or keep of an answer.
fn shown(answer: &Answer) -> String {
    format!("{:?} {}", answer.headers, answer.text)
}

#[sqlx::test(migrations = "../migrations")]
async fn no_form_or_search_of_the_console_keeps_logs_repeats_or_breaks_on_what_is_typed(
    pool: PgPool,
) {
    let log = Log::default();
    let _logging = log.listen(tracing::Level::TRACE);
    let world = World::new(pool).await;
    world.create("known", &basket("known")).await;
    world.staff(ANA, Role::Admin).await;
    let cookie = world.sign_in(ANA).await;
    let forms = rows(&world).await;
    let mut answers = Vec::new();

    for typed in TYPED {
        for form in [
            [("email", typed), ("password", PASSWORD), ("next", "")],
            [("email", ANA), ("password", typed), ("next", "")],
            [("email", ANA), ("password", "wrong"), ("next", &format!("/console/why?q={NUMBER}"))],
            [("email", ANA), ("password", PASSWORD), ("next", &format!("/console/{NUMBER}"))],
        ] {
            answers.push(world.form("/console/actions/sign-in", "", &form).await);
        }
        for path in &forms {
            let fields =
                ["reason", "version", "wish", "minutes", "resolution", "amount", "currency", "key"];
            let all: Vec<(&str, &str)> = fields.iter().map(|field| (*field, typed)).collect();
            let path = format!("/console/actions/{path}");
            answers.push(world.form(&path, &cookie, &all).await);
            for (wish, version) in [("open", "0"), ("close", "0")] {
                let others = [("wish", wish), ("version", version), ("minutes", "5")];
                let mut form = others.to_vec();
                form.extend([("reason", typed), ("resolution", "write_off")]);
                answers.push(world.form(&path, &cookie, &form).await);
            }
        }
        for place in [
            "",
            "/payments",
            "/why",
            "/webhooks",
            "/alerts",
            "/dead-letters",
            "/payouts",
            "/sign-in",
        ] {
            for name in ["q", "kind", "error", "email", "next", "after", "resolution"] {
                let query = serde_urlencoded::to_string([(name, typed)]).unwrap();
                let path = format!("/console{place}?{query}");
                answers.push(world.page(&path, &cookie).await);
                answers.push(world.page(&path, "").await);
            }
            let path = typed.replace(' ', "%20").replace(|letter: char| letter.is_control(), "%00");
            answers.push(world.page(&format!("/console{place}/{path}"), &cookie).await);
            answers.push(world.page(&format!("/console{place}/{path}"), "").await);
        }
    }

    for answer in &answers {
        assert!(answer.status.as_u16() < 500, "{}", shown(answer));
        assert!(!holds(&shown(answer), NUMBER), "repeated: {}", shown(answer));
        assert!(!shown(answer).contains("unavailable"), "{}", shown(answer));
    }
    assert!(!holds(&everything_stored(&world).await, NUMBER), "stored");
    let logged = log.take();
    assert!(!holds(&logged, NUMBER), "logged");
    assert!(!logged.contains(" ERROR "), "{logged}");
}

#[sqlx::test(migrations = "../migrations")]
async fn who_types_a_card_number_is_told_why_nothing_happened(pool: PgPool) {
    let world = World::new(pool).await;
    world.staff(ANA, Role::Admin).await;
    let cookie = world.sign_in(ANA).await;
    let tries = world.count("sign_in_attempt").await;

    let form = [("email", "4242 4242 4242 4242"), ("password", PASSWORD), ("next", "")];
    let refused = world.form("/console/actions/sign-in", "", &form).await;
    let search = world.page("/console/why?q=4242+4242+4242+4242", &cookie).await;
    let unprintable = world.page("/console/payments?q=%00", &cookie).await;

    let address = "/console/sign-in?problem=card_number&field=email";
    assert_eq!(refused.header("location"), address);
    let page = world.page(address, "").await.text;
    assert!(page.contains("looks like it holds a card number"), "{page}");
    assert_eq!(world.count("sign_in_attempt").await, tries, "the try is not written down");
    assert_eq!(search.header("location"), "/console/why?problem=card_number");
    let page = world.page(search.header("location"), &cookie).await.text;
    assert!(page.contains("looks like it holds a card number"), "{page}");
    assert_eq!(unprintable.header("location"), "/console/payments?problem=unprintable");
    assert_eq!(world.page("/console/payments?q=order-1001", &cookie).await.status, 200);
}
