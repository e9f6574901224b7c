//! An adapter that tells an account's health what becomes of its calls, and heeds its circuit.

use std::sync::Arc;

use async_trait::async_trait;
use domain::money::Money;
use psp::{
    Answer, Authorization, CallError, DeclineClass, Headers, Notification, NotificationError,
    PaymentReport, Processor, Registration, RegistrationReport,
};

use crate::processors::health::Health;
use crate::processors::window::CallKind;

pub(super) struct Observed {
    pub(super) inner: Arc<dyn Processor>,
    pub(super) health: Arc<Health>,
}

impl Observed {
    /// Makes a call that moves money, unless the circuit holds it back: then nothing happens.
    async fn move_money(&self, call: impl Future<Output = Answer> + Send) -> Answer {
        let pass = match self.health.pass(CallKind::Money) {
            Ok(pass) => pass,
            Err(setback) => return Answer::Retryable(setback),
        };
        let answer = call.await;
        self.health.note(pass, trouble(&answer)).await;
        answer
    }

    /// Asks a question, whatever the circuit says: only the answer may end a doubt.
    async fn ask<T: Send>(
        &self,
        call: impl Future<Output = Result<T, CallError>> + Send,
    ) -> Result<T, CallError> {
        let pass = self.health.ask();
        let answer = call.await;
        self.health.note(pass, unavailable(&answer).as_deref()).await;
        answer
    }
}

/// What of an answer is the processor's own trouble. A card that is declined is none.
fn trouble(answer: &Answer) -> Option<&str> {
    match answer {
        Answer::Done(_) | Answer::Conflict(..) => None,
        Answer::Declined(decline, _) => {
            (decline.code.class() == DeclineClass::Retry).then_some(decline.message.as_str())
        }
        Answer::Retryable(setback) => Some(&setback.why),
        Answer::Unknown(why) => Some(why),
    }
}

fn unavailable<T>(answer: &Result<T, CallError>) -> Option<String> {
    match answer {
        Ok(_) | Err(CallError::Refused(_)) => None,
        Err(CallError::Unavailable(setback)) => Some(setback.why.clone()),
    }
}

#[async_trait]
impl Processor for Observed {
    async fn register(&self, registration: &Registration) -> Result<RegistrationReport, CallError> {
        let pass = self.health.pass(CallKind::Registration).map_err(CallError::Unavailable)?;
        let answer = self.inner.register(registration).await;
        self.health.note(pass, unavailable(&answer).as_deref()).await;
        answer
    }

    async fn find_registration(&self, token: &str) -> Result<RegistrationReport, CallError> {
        self.ask(self.inner.find_registration(token)).await
    }

    async fn authorize(&self, authorization: &Authorization) -> Answer {
        self.move_money(self.inner.authorize(authorization)).await
    }

    async fn inquire(&self, reference: &str) -> Result<Vec<PaymentReport>, CallError> {
        self.ask(self.inner.inquire(reference)).await
    }

    async fn capture(&self, processor_reference: &str, key: &str, amount: Money) -> Answer {
        self.move_money(self.inner.capture(processor_reference, key, amount)).await
    }

    async fn cancel(&self, processor_reference: &str, key: &str) -> Answer {
        self.move_money(self.inner.cancel(processor_reference, key)).await
    }

    async fn refund(&self, processor_reference: &str, key: &str, amount: Money) -> Answer {
        self.move_money(self.inner.refund(processor_reference, key, amount)).await
    }

    fn verify_notification(
        &self,
        headers: &Headers,
        body: &[u8],
    ) -> Result<String, NotificationError> {
        self.inner.verify_notification(headers, body)
    }

    fn read_notification(&self, body: &[u8]) -> Option<Notification> {
        self.inner.read_notification(body)
    }

    fn reported(&self, body: &[u8]) -> Option<PaymentReport> {
        self.inner.reported(body)
    }
}
