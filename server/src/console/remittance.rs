//! The remittance advice of a pay-out as comma-separated values.

use app::view::staff::Operator;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::id::PayoutId;
use domain::money::{Money, MoneyError};
use engine::db::Fault;
use engine::payouts::remittance::{self, About, GROUPS_MAX, Group, Remittance};
use futures::stream;
use sqlx::PgPool;
use uuid::Uuid;

use crate::wiring::Services;

/// The names of the columns.
const HEAD: &str = "line,about,reference,released,reserve,taken_back,exchanged,came_again,other,\
                    amount,currency\n";

/// The advice, however long: it is read page by page. `amount` adds up from `opening` over the lines
/// and `paid` to `stays`.
pub(super) async fn csv(
    State(services): State<Services>,
    Extension(operator): Extension<Operator>,
    Path(id): Path<String>,
) -> Response {
    let Ok(id) = id.parse::<PayoutId>() else { return StatusCode::NOT_FOUND.into_response() };
    let advice = match remittance::find(services.pool(), operator.shop, id).await {
        Ok(Some(advice)) => advice,
        Ok(None) => return StatusCode::NOT_FOUND.into_response(),
        Err(fault) => {
            tracing::error!(error = ?fault, "a remittance advice could not be made");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{id}-remittance.csv\"")),
    ];
    let file = File { pool: services.pool().clone(), balance: advice.opening, advice };
    let pages = stream::try_unfold(Some((file, Next::Head)), page);
    (headers, Body::from_stream(pages)).into_response()
}

/// A file that is being written.
struct File {
    pool: PgPool,
    advice: Remittance,
    /// What stands there after the lines so far: the file adds up to what it holds itself.
    balance: Money,
}

/// What the file goes on with.
enum Next {
    Head,
    Lines(Option<Uuid>),
    Foot,
}

type Going = Option<(File, Next)>;

async fn page(next: Going) -> Result<Option<(Bytes, Going)>, Fault> {
    let Some((mut file, next)) = next else { return Ok(None) };
    let (text, next) = match next {
        Next::Head => {
            let text = format!("{HEAD}{}", sum("opening", "", file.balance));
            (text, Some(Next::Lines(None)))
        }
        Next::Lines(after) => {
            let groups = remittance::groups(&file.pool, &file.advice, after, GROUPS_MAX).await?;
            let mut text = String::new();
            for group in &groups {
                let amount = group.parts.total().map_err(broken)?;
                file.balance = file.balance.checked_add(amount).map_err(broken)?;
                text.push_str(&line(group, amount));
            }
            let next = match groups.last() {
                Some(last) if groups.len() == usize::from(GROUPS_MAX) => {
                    Next::Lines(Some(last.place()))
                }
                _ => Next::Foot,
            };
            (text, Some(next))
        }
        Next::Foot => {
            let payout = &file.advice.payout;
            let paid = payout.state.amount.checked_neg().map_err(broken)?;
            let stays = file.balance.checked_add(paid).map_err(broken)?;
            let id = payout.id.to_string();
            (format!("{}{}", sum("paid", &id, paid), sum("stays", "", stays)), None)
        }
    };
    Ok(Some((text.into(), next.map(|next| (file, next)))))
}

/// One line; none of its cells needs quotes: references have letters, digits and `._:-` alone.
fn line(group: &Group, amount: Money) -> String {
    let (kind, about, reference) = match &group.about {
        About::Payment(id, reference) => ("payment", id.to_string(), reference.as_str()),
        About::Exchange(id) => ("exchange", id.to_string(), ""),
        About::Payout(id) => ("payout", id.to_string(), ""),
        About::Other(id) => ("other", id.to_string(), ""),
    };
    let parts = &group.parts;
    let cells = [
        parts.released,
        parts.reserve,
        parts.clawed_back,
        parts.exchanged,
        parts.came_again,
        parts.other,
        amount,
    ];
    let cells = cells.map(Money::to_decimal_string).join(",");
    format!("{kind},{about},{reference},{cells},{}\n", amount.currency())
}

/// A line that is a sum.
fn sum(kind: &str, about: &str, amount: Money) -> String {
    format!("{kind},{about},,,,,,,,{},{}\n", amount.to_decimal_string(), amount.currency())
}

fn broken(error: MoneyError) -> Fault {
    Fault::Broken(format!("a remittance advice: {error}"))
}
