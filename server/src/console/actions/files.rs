//! The upload of a settlement file.

use axum::extract::{Multipart, State};
use axum::response::Response;
use domain::id::ProcessorAccountId;
use engine::reconciliation::actor::{Actor, Person};
use engine::reconciliation::take_in::{TakeIn, TakeInError, TakenIn, take_in};

use super::{Acting, FILE_BYTES_MAX, done, refused};
use crate::console::session::role;
use crate::web::see_other;
use crate::wiring::Services;

const PAGE: &str = "/console/files";

/// What the form sent.
#[derive(Debug, Default)]
pub(super) struct Upload {
    account: Option<ProcessorAccountId>,
    pub(super) name: String,
    pub(super) content: Vec<u8>,
}

pub(super) async fn upload(
    State(services): State<Services>,
    Acting(operator): Acting,
    form: Multipart,
) -> Response {
    let upload = match read(form).await {
        Ok(upload) => upload,
        Err((problem, field)) => return refused(PAGE, problem, Some(field)),
    };
    let Some(processor_account) = upload.account else {
        return refused(PAGE, "processor_account_missing", Some("processor_account"));
    };
    let person = Person { id: operator.id, name: operator.name.clone(), role: role(&operator) };
    let request = TakeIn {
        shop: operator.shop,
        processor_account,
        name: &upload.name,
        content: &upload.content,
        by: Actor::Person(person),
    };
    match take_in(services.pool(), request).await {
        Ok(TakenIn::Now { file, .. }) => done(&format!("{PAGE}/{file}"), "taken_in"),
        Ok(TakenIn::Before { file, .. }) => done(&format!("{PAGE}/{file}"), "already_known"),
        // The report of a refused file says why.
        Err(TakeInError::Refused { file, .. }) => see_other(&format!("{PAGE}/{file}")),
        Err(TakeInError::NotAllowed) => refused(PAGE, "not_allowed", None),
        Err(TakeInError::UnknownAccount) => {
            refused(PAGE, "processor_account_missing", Some("processor_account"))
        }
        Err(TakeInError::Fault(fault)) => {
            tracing::error!(error = ?fault, "a file could not be taken in");
            refused(PAGE, "unavailable", None)
        }
    }
}

/// Reads a form with a file.
///
/// # Errors
/// The code of what is wrong, and the field to blame.
pub(super) async fn read(mut form: Multipart) -> Result<Upload, (&'static str, &'static str)> {
    let mut upload = Upload::default();
    let mut has_file = false;
    while let Some(field) = form.next_field().await.map_err(|_| ("file_too_large", "file"))? {
        match field.name() {
            Some("processor_account") => {
                let text = field
                    .text()
                    .await
                    .map_err(|_| ("processor_account_missing", "processor_account"))?;
                upload.account = text.trim().parse().ok();
            }
            Some("file") => {
                field.file_name().unwrap_or("file").clone_into(&mut upload.name);
                has_file = !upload.name.is_empty();
                upload.content =
                    field.bytes().await.map_err(|_| ("file_too_large", "file"))?.into();
            }
            _ => {}
        }
    }
    match upload.content.len() {
        0 if has_file => Err(("file_empty", "file")),
        0 => Err(("file_missing", "file")),
        length if length > FILE_BYTES_MAX => Err(("file_too_large", "file")),
        _ => Ok(upload),
    }
}
