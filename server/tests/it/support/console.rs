//! The console from outside: pages and forms with a cookie.

use axum::body::Body;
use axum::http::Request;

use super::{Answer, PASSWORD, World};

impl World {
    /// What whoever holds `cookie` sees at `path`.
    pub(crate) async fn page(&self, path: &str, cookie: &str) -> Answer {
        let request = Request::get(path).header("cookie", cookie).header("accept", "text/html");
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Sends a form as a browser on one of our own pages does.
    pub(crate) async fn form(&self, path: &str, cookie: &str, form: &[(&str, &str)]) -> Answer {
        let request = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("host", "pay.test")
            .header("origin", "http://pay.test")
            .header("cookie", cookie);
        let body = serde_urlencoded::to_string(form).unwrap();
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Sends a form with a file, as a browser on one of our own pages does.
    pub(crate) async fn send_file(
        &self,
        path: &str,
        cookie: &str,
        (name, content): (&str, &str),
    ) -> Answer {
        let body = format!(
            "--edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             content-type: application/octet-stream\r\n\r\n{content}\r\n--edge--\r\n"
        );
        let request = Request::post(path)
            .header("content-type", "multipart/form-data; boundary=edge")
            .header("sec-fetch-site", "same-origin")
            .header("cookie", cookie);
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Signs in with [`PASSWORD`] and returns the cookie.
    pub(crate) async fn sign_in(&self, email: &str) -> String {
        let form = [("email", email), ("password", PASSWORD), ("next", "")];
        let answer = self.form("/console/actions/sign-in", "", &form).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/console"));
        answer.header("set-cookie").split(';').next().unwrap().to_owned()
    }
}
