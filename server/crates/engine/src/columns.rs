//! Rows, column by column: how a set of them travels to Postgres, which spreads it with `unnest`.
//!
//! Typed arrays, because JSON has to be put together here and taken apart there, which costs more than
//! the rows themselves.

use serde_json::Value;
use sqlx::types::Json;

/// One column of `rows`.
pub(crate) fn column<'a, Row, Cell>(rows: &'a [Row], of: impl Fn(&'a Row) -> Cell) -> Vec<Cell> {
    rows.iter().map(of).collect()
}

/// A value for a column of `jsonb`, where nothing is no value at all and not the `null` of JSON.
pub(crate) fn json_or_null(value: &Value) -> Option<Json<&Value>> {
    (!value.is_null()).then_some(Json(value))
}
