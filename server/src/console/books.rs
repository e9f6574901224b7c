//! The books of some days as a file: what `paydesk verify` checks, or a form for other programs.

use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use app::view::staff::Operator;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use engine::books::export::{Export, ExportError};
use engine::books::journal::{Format, Sheet};
use engine::db::Fault;
use futures::stream;
use serde::Deserialize;
use time::Date;
use time::format_description::well_known::Iso8601;

use crate::web::see_other;
use crate::wiring::Services;

/// The page that the file is asked for on.
const PAGE: &str = "/console/proof";

/// The part of the address behind the question mark; what is empty was not chosen.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    from: String,
    to: String,
    format: String,
}

/// The books of the operator's shop, however long: they are read page by page.
pub(super) async fn file(
    State(services): State<Services>,
    Extension(operator): Extension<Operator>,
    Query(wanted): Query<Wanted>,
) -> Response {
    let Ok(from) = day(&wanted.from) else { return refused("day_invalid", "from") };
    let Ok(to) = day(&wanted.to) else { return refused("day_invalid", "to") };
    let Ok(format) = form(&wanted.format) else { return refused("books_format", "format") };
    let export = match Export::begin(services.pool(), operator.shop, from, to).await {
        Ok(export) => export,
        Err(error) => return not_exported(error),
    };
    let (media_type, ending) = kind(format);
    let header = export.header();
    let name = format!("books-{}-{}.{ending}", header.from, header.to);
    let headers = [
        (CONTENT_TYPE, media_type.to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    let pages = stream::try_unfold(Next::Head(export, format), page);
    (headers, Body::from_stream(pages)).into_response()
}

fn day(text: &str) -> Result<Option<Date>, time::error::Parse> {
    (!text.is_empty()).then(|| Date::parse(text, &Iso8601::DATE)).transpose()
}

/// The form of the file; by default the one that proves.
fn form(word: &str) -> Result<Format, String> {
    if word.is_empty() { Ok(Format::PaydeskBooks) } else { word.parse() }
}

fn refused(problem: &str, field: &str) -> Response {
    see_other(&format!("{PAGE}?problem={problem}&field={field}"))
}

fn not_exported(error: ExportError) -> Response {
    match error {
        ExportError::Nothing => see_other(&format!("{PAGE}?problem=books_nothing")),
        ExportError::Backwards => refused("books_backwards", "to"),
        ExportError::NotClosed(_) => refused("books_not_closed", "from"),
        ExportError::Fault(fault) => {
            tracing::error!(error = ?fault, "the books could not be exported");
            see_other(&format!("{PAGE}?problem=unavailable"))
        }
    }
}

/// The media type and the ending of a form's file.
const fn kind(format: Format) -> (&'static str, &'static str) {
    match format {
        Format::PaydeskBooks => ("application/jsonl", "jsonl"),
        Format::Beancount => ("text/plain; charset=utf-8", "beancount"),
        Format::Hledger => ("text/plain; charset=utf-8", "journal"),
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
    }
}

/// What the file goes on with.
enum Next {
    Head(Export, Format),
    Records(Box<(Export, Sheet<Pipe>, Pipe)>),
    Nothing,
}

async fn page(next: Next) -> Result<Option<(Bytes, Next)>, Fault> {
    match next {
        Next::Nothing => Ok(None),
        Next::Head(export, format) => {
            let pipe = Pipe::default();
            let sheet = Sheet::begin(pipe.clone(), format, export.header())
                .map_err(|error| broken(&error))?;
            Ok(Some((pipe.take(), Next::Records(Box::new((export, sheet, pipe))))))
        }
        Next::Records(mut going) => {
            let (export, sheet, pipe) = &mut *going;
            let records = export.next().await?;
            if records.is_empty() {
                let (_, sheet, pipe) = *going;
                sheet.end().map_err(|error| broken(&error))?;
                return Ok(Some((pipe.take(), Next::Nothing)));
            }
            for sealed in &records {
                sheet.write(sealed).map_err(|error| broken(&error))?;
            }
            Ok(Some((pipe.take(), Next::Records(going))))
        }
    }
}

fn broken(error: &io::Error) -> Fault {
    Fault::Broken(format!("the books: {error}"))
}

/// What was written of the file and not sent yet.
#[derive(Debug, Clone, Default)]
struct Pipe(Arc<Mutex<Vec<u8>>>);

impl Pipe {
    fn take(&self) -> Bytes {
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
