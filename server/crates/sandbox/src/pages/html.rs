//! HTML by plain formatting: one escaping helper, one layout, the headers that keep pages safe.

use std::fmt::{self, Write};

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// Text from outside. Displays itself so that it cannot become markup, in text or in a quoted
/// attribute.
pub(crate) struct Text<'a>(pub(crate) &'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '&' => formatter.write_str("&amp;")?,
                '<' => formatter.write_str("&lt;")?,
                '>' => formatter.write_str("&gt;")?,
                '"' => formatter.write_str("&quot;")?,
                '\'' => formatter.write_str("&#39;")?,
                other => formatter.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// Whose pages they are that belong to no processor.
pub(crate) const BRAND: &str = "Sandbox Pay";

/// A page, as far as it is special.
pub(crate) struct Page<'a> {
    pub(crate) status: StatusCode,
    pub(crate) title: &'a str,
    /// Whose page it is.
    pub(crate) brand: &'a str,
    /// Whether the page is for people at a desk, and may be wide.
    pub(crate) is_wide: bool,
    /// The inside of `main`, already HTML.
    pub(crate) main: String,
}

impl IntoResponse for Page<'_> {
    fn into_response(self) -> Response {
        let html = format!(
            r##"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{title} · {brand}</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/sandbox.css">
</head>
<body{wide}>
<a class="skip" href="#main">Skip to content</a>
<header class="top">
<p class="brand"><img src="/favicon.svg" alt="" width="28" height="28">{brand}</p>
<p class="practice">Practice only: no real cards, no real money</p>
</header>
<main id="main" tabindex="-1">
{main}
</main>
<footer class="bottom"><p>{brand} is a practice payment service. It keeps no card numbers.</p></footer>
</body>
</html>
"##,
            title = Text(self.title),
            brand = Text(self.brand),
            wide = if self.is_wide { r#" class="wide""# } else { "" },
            main = self.main,
        );
        (self.status, page_headers(), html).into_response()
    }
}

/// The headers of every page: nothing runs, nothing foreign is loaded, nothing is kept.
///
/// Forms may lead to other origins, because a finished page sends the shopper back to the shop.
fn page_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; img-src 'self' data:; \
             form-action 'self' http: https:; base-uri 'none'; frame-ancestors 'none'",
        ),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
}

/// Sends the browser on with a GET, whatever it came with.
pub(crate) fn see_other(location: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(location) else {
        return broken();
    };
    let no_store = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location), no_store]).into_response()
}

/// 404, for people.
pub(crate) fn not_found() -> Response {
    notice(
        StatusCode::NOT_FOUND,
        "Page not found",
        "There is nothing at this address. Go back to the shop and try again from there.",
    )
}

/// 500, for people.
pub(crate) fn broken() -> Response {
    notice(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something broke",
        "The sandbox could not do this. Nothing was charged. Please try again.",
    )
}

/// A page that says one thing.
pub(crate) fn notice(status: StatusCode, title: &str, sentence: &str) -> Response {
    let main = format!(
        r#"<section class="card"><h1>{}</h1><p>{}</p></section>"#,
        Text(title),
        Text(sentence)
    );
    Page { status, title, brand: BRAND, is_wide: false, main }.into_response()
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn text_cannot_become_markup() {
        let hostile = r#"<script>alert("x")</script> & 'y'"#;
        assert_eq!(
            Text(hostile).to_string(),
            "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;y&#39;"
        );
    }
}
