//! The fingerprint of a request: the same for the same content, however its JSON is laid out.

use aws_lc_rs::digest::{Context, SHA256};
use serde_json::Value;

/// SHA-256 over method, path and body, the body with sorted names and without white space.
///
/// # Panics
/// Never: a SHA-256 has 32 bytes.
pub fn fingerprint(method: &str, path: &str, body: &Value) -> [u8; 32] {
    let mut canonical = String::new();
    write(body, &mut canonical);
    let mut context = Context::new(&SHA256);
    for part in [method, path, &canonical] {
        context.update(part.as_bytes());
        context.update(b"\n");
    }
    context.finish().as_ref().try_into().expect("a SHA-256 has 32 bytes")
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort_unstable();
            out.push('{');
            for name in names {
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                write(&fields[name], out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write(item, out);
                out.push(',');
            }
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_order_of_names_does_not_matter_and_everything_else_does() {
        let one = json!({"b": [1, {"x": "y"}], "a": null});
        let same: Value = serde_json::from_str(r#"{ "a":null, "b":[1,{"x":"y"}] }"#).unwrap();
        let other = json!({"b": [{"x": "y"}, 1], "a": null});

        assert_eq!(fingerprint("POST", "/p", &one), fingerprint("POST", "/p", &same));
        assert_ne!(fingerprint("POST", "/p", &one), fingerprint("POST", "/p", &other));
        assert_ne!(fingerprint("POST", "/p", &one), fingerprint("POST", "/q", &one));
        assert_ne!(
            fingerprint("POST", "/p", &json!(["a,b"])),
            fingerprint("POST", "/p", &json!(["a", "b"]))
        );
    }
}
