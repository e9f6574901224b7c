//! What a webhook says that is not so.

use serde_json::{Value, json};

use crate::{
    faults::fault::WebhookFault,
    money::{format_amount, one, parse_amount},
};

/// The amounts of a payment, which a lie changes together.
const AMOUNTS: [&str; 3] = ["amount", "authorized", "captured"];

/// Changes the body as the fault wants it, or leaves it.
pub(crate) fn tell(body: &str, fault: Option<WebhookFault>) -> String {
    let lie = match fault {
        Some(WebhookFault::WrongReference) => rename,
        Some(WebhookFault::WrongAmount) => inflate,
        _ => return body.to_owned(),
    };
    let Ok(mut message) = serde_json::from_str::<Value>(body) else { return body.to_owned() };
    if let Some(payment) = message.pointer_mut("/data/payment") {
        lie(payment);
    }
    message.to_string()
}

fn rename(payment: &mut Value) {
    let reference = payment["reference"].as_str().unwrap_or_default();
    payment["reference"] = json!(format!("{reference}_of_another"));
}

fn inflate(payment: &mut Value) {
    let currency = payment["currency"].as_str().unwrap_or_default().to_owned();
    for name in AMOUNTS {
        let told = payment[name].as_str().map(|text| parse_amount(text, &currency));
        // What is zero stays zero: nothing was captured, and the lie is about how much.
        if let Some(Ok(minor)) = told {
            payment[name] = json!(format_amount(minor + one(&currency), &currency));
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
