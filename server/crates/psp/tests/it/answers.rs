//! What each answer of a processor says for certain about what happened: the whole table.

use std::time::Duration;

use domain::currency::Currency;
use domain::money::Money;
use psp::sandbox::Sandbox;
use psp::{Answer, Authorization, CallError, DeclineCode, Processor, Source};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// How a server answers every request.
#[derive(Debug, Clone)]
enum Server {
    /// With this status and body.
    Says(u16, String),
    /// With half of a body, and then the connection breaks.
    CutsMidAnswer,
    /// The connection breaks before an answer.
    Hangs(Up),
    /// Nobody listens.
    IsAway,
}

/// When a connection ends.
#[derive(Debug, Clone, Copy)]
enum Up {
    AtOnce,
    Never,
}

impl Server {
    fn says(status: u16, body: &Value) -> Self {
        Self::Says(status, body.to_string())
    }

    /// Starts the server, and returns the adapter that asks it.
    async fn start(&self) -> Sandbox {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = self.clone();
        tokio::spawn(async move {
            if matches!(server, Self::IsAway) {
                return;
            }
            loop {
                let (mut connection, _) = listener.accept().await.unwrap();
                let mut request = [0; 8_192];
                let _ = connection.read(&mut request).await.unwrap();
                if matches!(server, Self::Hangs(Up::Never)) {
                    std::future::pending::<()>().await;
                }
                connection.write_all(&server.answer()).await.unwrap();
            }
        });
        Sandbox::new(&url, "sk_test", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    }

    fn answer(&self) -> Vec<u8> {
        match self {
            Self::Says(status, body) => format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nlocation: /elsewhere\r\n\
                 retry-after: 7\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len(),
            ),
            Self::CutsMidAnswer => {
                "HTTP/1.1 201 Created\r\ncontent-length: 500\r\n\r\n{\"id\":\"sp_1\"".to_owned()
            }
            Self::Hangs(_) | Self::IsAway => String::new(),
        }
        .into_bytes()
    }
}

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Means {
    Done,
    Declined,
    Invalid,
    Conflict,
    Retryable,
    Unknown,
}

fn means(answer: &Answer) -> Means {
    match answer {
        Answer::Done(_) => Means::Done,
        Answer::Declined(decline, _) if decline.code == DeclineCode::Invalid => Means::Invalid,
        Answer::Declined(..) => Means::Declined,
        Answer::Conflict(..) => Means::Conflict,
        Answer::Retryable(setback) => {
            assert!(!setback.why.is_empty());
            Means::Retryable
        }
        Answer::Unknown(why) => {
            assert!(!why.is_empty());
            Means::Unknown
        }
    }
}

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

fn payment(status: &str) -> Value {
    let taken = if status == "captured" { "5.00" } else { "0.00" };
    json!({
        "id": "sp_1", "reference": "pay_1", "status": status, "amount": "5.00", "currency": "EUR",
        "authorized": taken, "captured": taken, "refunded": "0.00",
    })
}

fn error(code: &str) -> Value {
    json!({ "error": { "code": code, "message": "so it is" } })
}

async fn authorize(sandbox: &Sandbox) -> Answer {
    let authorization = Authorization {
        reference: "pay_1".into(),
        key: "key".into(),
        amount: eur(500),
        capture: true,
        source: Source::PaymentMethod("pm_card_visa".into()),
        return_url: None,
    };
    sandbox.authorize(&authorization).await
}

/// Server, what an authorisation learns from it, and what a capture, a release and a refund learn,
/// of which the processor has the payment already.
fn table() -> Vec<(Server, Means, Means)> {
    use Means::{Conflict, Declined, Done, Invalid, Retryable, Unknown};
    let garbage = || Server::Says(201, "<html>garbage".into());
    vec![
        (Server::says(201, &payment("captured")), Done, Done),
        (Server::says(200, &payment("requires_action")), Done, Done),
        (Server::says(201, &payment("declined")), Declined, Declined),
        // A success that cannot be read may be one all the same.
        (Server::says(201, &payment("levitating")), Unknown, Unknown),
        (Server::says(201, &json!({})), Unknown, Unknown),
        (garbage(), Unknown, Unknown),
        (Server::Says(204, String::new()), Unknown, Unknown),
        // A redirect says nothing, and is not followed: it would leak what was sent.
        (Server::Says(302, String::new()), Unknown, Unknown),
        (Server::Says(307, String::new()), Unknown, Unknown),
        (Server::says(400, &error("invalid_request")), Invalid, Invalid),
        (Server::says(402, &error("payment_required")), Invalid, Invalid),
        (Server::says(413, &error("too_large")), Invalid, Invalid),
        // Our access is in question, or our pace, not the payment.
        (Server::says(401, &error("unauthorized")), Retryable, Retryable),
        (Server::says(403, &error("forbidden")), Retryable, Retryable),
        (Server::says(404, &error("not_found")), Retryable, Retryable),
        (Server::says(429, &error("rate_limited")), Retryable, Retryable),
        // Something with this key or reference exists; a payment that is known stands elsewhere.
        (Server::says(409, &error("conflict")), Unknown, Conflict),
        (Server::says(422, &error("key_reused")), Unknown, Unknown),
        (Server::says(408, &error("timeout")), Unknown, Unknown),
        (Server::says(503, &error("not_processed")), Retryable, Retryable),
        // These may have come after the money moved.
        (Server::says(503, &error("overloaded")), Unknown, Unknown),
        (Server::Says(503, "<html>".into()), Unknown, Unknown),
        (Server::says(500, &error("not_processed")), Unknown, Unknown),
        (Server::says(502, &error("bad_gateway")), Unknown, Unknown),
        (Server::says(504, &error("gateway_timeout")), Unknown, Unknown),
        (Server::CutsMidAnswer, Unknown, Unknown),
        (Server::Hangs(Up::AtOnce), Unknown, Unknown),
        // It never got it.
        (Server::IsAway, Retryable, Retryable),
    ]
}

#[tokio::test]
async fn every_answer_to_a_call_that_moves_money_is_told_apart() {
    for (server, of_authorization, of_others) in table() {
        let sandbox = server.start().await;

        let answer = authorize(&sandbox).await;
        assert_eq!(means(&answer), of_authorization, "an authorisation at {server:?}: {answer:?}");
        let answer = sandbox.capture("sp_1", "key", eur(500)).await;
        assert_eq!(means(&answer), of_others, "a capture at {server:?}: {answer:?}");
        let answer = sandbox.cancel("sp_1", "key").await;
        assert_eq!(means(&answer), of_others, "a release at {server:?}: {answer:?}");
        // A refund that is answered with a payment is an answer that cannot be read.
        let is_about_a_payment = matches!(of_others, Means::Done | Means::Declined);
        let of_refund = if is_about_a_payment { Means::Unknown } else { of_others };
        let answer = sandbox.refund("sp_1", "key", eur(500)).await;
        assert_eq!(means(&answer), of_refund, "a refund at {server:?}: {answer:?}");
    }
}

#[tokio::test]
async fn only_an_answer_that_promises_that_nothing_happened_says_when_to_come_again() {
    for (server, ..) in table() {
        let answer = authorize(&server.start().await).await;
        if let (Answer::Retryable(setback), Server::Says(..)) = (&answer, &server) {
            assert_eq!(setback.retry_after, Some(Duration::from_secs(7)), "{server:?}");
        }
    }
}

/// It takes as long as a call may take.
#[tokio::test]
async fn a_processor_that_says_nothing_leaves_the_outcome_unknown() {
    let server = Server::Hangs(Up::Never);
    let authorizing = async { authorize(&server.start().await).await };
    let refunding = async { server.start().await.refund("sp_1", "key", eur(500)).await };
    let asking = async { server.start().await.inquire("pay_1").await };

    let (authorized, refunded, asked) = tokio::join!(authorizing, refunding, asking);

    let why = "the processor did not answer in time";
    assert_eq!(authorized, Answer::Unknown(why.into()));
    assert_eq!(refunded, Answer::Unknown(why.into()));
    let Err(CallError::Unavailable(setback)) = asked else { panic!("{asked:?}") };
    assert_eq!(setback.why, why);
}

#[tokio::test]
async fn a_question_is_answered_refused_or_asked_again() {
    let list = json!({ "data": [payment("captured")] });
    let found = Server::says(200, &list).start().await.inquire("pay_1").await.unwrap();
    assert_eq!(found.len(), 1);

    for status in [400, 401, 403, 404, 409, 422] {
        let asked = Server::says(status, &error("no")).start().await.inquire("pay_1").await;
        assert!(matches!(asked, Err(CallError::Refused(_))), "{status}: {asked:?}");
    }
    for server in [
        Server::says(429, &error("rate_limited")),
        Server::says(500, &error("internal")),
        Server::says(503, &error("not_processed")),
        Server::Says(302, String::new()),
        Server::Says(200, "<html>".into()),
        Server::says(200, &json!({ "data": [{ "id": "sp_1" }] })),
        Server::CutsMidAnswer,
        Server::Hangs(Up::AtOnce),
        Server::IsAway,
    ] {
        let asked = server.start().await.inquire("pay_1").await;
        assert!(matches!(asked, Err(CallError::Unavailable(_))), "{server:?}: {asked:?}");
    }
}
