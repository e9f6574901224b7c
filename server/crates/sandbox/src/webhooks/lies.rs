//! What a webhook says that is not so.

use serde_json::{Value, json};

use crate::{
    faults::fault::WebhookFault,
    money::{format_amount, one, parse_amount},
};

/// The amounts of a payment or transfer, which a lie changes together.
const AMOUNTS: [&str; 3] = ["amount", "authorized", "captured"];
/// What a webhook may be about that can be lied about.
const SUBJECTS: [&str; 2] = ["/data/payment", "/data/transfer"];

/// Changes the body as the fault wants it, or leaves it.
pub(crate) fn tell(body: &str, fault: Option<WebhookFault>) -> String {
    let lie = match fault {
        Some(WebhookFault::WrongReference) => rename,
        Some(WebhookFault::WrongAmount) => inflate,
        _ => return body.to_owned(),
    };
    let Ok(mut message) = serde_json::from_str::<Value>(body) else { return body.to_owned() };
    for pointer in SUBJECTS {
        if let Some(subject) = message.pointer_mut(pointer) {
            lie(subject);
        }
    }
    message.to_string()
}

fn rename(subject: &mut Value) {
    let reference = subject["reference"].as_str().unwrap_or_default();
    subject["reference"] = json!(format!("{reference}_of_another"));
}

fn inflate(subject: &mut Value) {
    let currency = subject["currency"].as_str().unwrap_or_default().to_owned();
    for name in AMOUNTS {
        let told = subject[name].as_str().map(|text| parse_amount(text, &currency));
        // What is zero stays zero: nothing was captured, and the lie is about how much.
        if let Some(Ok(minor)) = told {
            subject[name] = json!(format_amount(minor + one(&currency), &currency));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::tell;
    use crate::faults::fault::WebhookFault;

    const BODY: &str = r#"{"data":{"payment":{"amount":"5.00","captured":"0.00","currency":"EUR","reference":"pay_1"}}}"#;

    #[test]
    fn a_lie_changes_one_thing() {
        let amount = tell(BODY, Some(WebhookFault::WrongAmount));
        assert_eq!(amount, BODY.replace("5.00", "6.00"));
        let reference = tell(BODY, Some(WebhookFault::WrongReference));
        assert_eq!(reference, BODY.replace("pay_1", "pay_1_of_another"));
        assert_eq!(tell(BODY, Some(WebhookFault::WrongSignature)), BODY);
        assert_eq!(tell(BODY, None), BODY);
    }
}
