//! The operations of a payment as they are stored: one JSON value, absent if there never was one.

use domain::currency::Currency;
use domain::id::RefundId;
use domain::money::Money;
use domain::operation::{Ending, Operation, Operations, Order, Taking};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    made: u16,
    open: Vec<StoredOperation>,
    #[serde(default)]
    cancel_refused: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    takings: Vec<StoredTaking>,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredTaking {
    number: u16,
    authorized_minor: i64,
    captured_minor: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredOperation {
    number: u16,
    #[serde(flatten)]
    order: StoredOrder,
    is_unknown: bool,
}

/// What a job carries to the processor, and what stands in the payment meanwhile.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case")]
pub(crate) enum StoredOrder {
    Capture { amount_minor: i64 },
    Cancel { ending: Ending },
    Refund { refund: RefundId },
}

impl From<Order> for StoredOrder {
    fn from(order: Order) -> Self {
        match order {
            Order::Capture(amount) => Self::Capture { amount_minor: amount.minor() },
            Order::Cancel(ending) => Self::Cancel { ending },
            Order::Refund(refund) => Self::Refund { refund },
        }
    }
}

impl StoredOrder {
    pub(crate) fn order(self, currency: Currency) -> Order {
        match self {
            Self::Capture { amount_minor } => {
                Order::Capture(Money::from_minor(amount_minor, currency))
            }
            Self::Cancel { ending } => Order::Cancel(ending),
            Self::Refund { refund } => Order::Refund(refund),
        }
    }
}

/// The operations in `stored`; `None` if it cannot be read.
pub(crate) fn read(stored: Option<&Value>, currency: Currency) -> Option<Operations> {
    let Some(stored) = stored else { return Some(Operations::default()) };
    let stored: Stored = serde_json::from_value(stored.clone()).ok()?;
    let open = stored.open.into_iter().map(|operation| Operation {
        number: operation.number,
        order: operation.order.order(currency),
        is_unknown: operation.is_unknown,
    });
    let takings = stored.takings.into_iter().map(|taking| Taking {
        number: taking.number,
        authorized: Money::from_minor(taking.authorized_minor, currency),
        captured: Money::from_minor(taking.captured_minor, currency),
    });
    Some(Operations {
        made: stored.made,
        open: open.collect(),
        cancel_refused: stored.cancel_refused,
        takings: takings.collect(),
    })
}

/// What is stored of `operations`.
pub(crate) fn stored(operations: &Operations) -> Option<Value> {
    if operations.made == 0 && operations.takings.is_empty() {
        return None;
    }
    let open = operations.open.iter().map(|operation| StoredOperation {
        number: operation.number,
        order: operation.order.into(),
        is_unknown: operation.is_unknown,
    });
    let takings = operations.takings.iter().map(|taking| StoredTaking {
        number: taking.number,
        authorized_minor: taking.authorized.minor(),
        captured_minor: taking.captured.minor(),
    });
    Some(json!(Stored {
        made: operations.made,
        open: open.collect(),
        cancel_refused: operations.cancel_refused,
        takings: takings.collect(),
    }))
}

#[cfg(test)]
mod tests {
    use domain::id::RefundId;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn operations_are_read_as_they_were_stored() {
        let orders = [
            Order::Capture(Money::from_minor(5_000, Currency::EUR)),
            Order::Cancel(Ending::Expired),
            Order::Refund(RefundId::from_uuid(Uuid::from_u128(7))),
        ];
        let open = orders.into_iter().zip(1..).map(|(order, number)| Operation {
            number,
            order,
            is_unknown: number == 2,
        });
        let money = Money::from_minor(5_000, Currency::EUR);
        let takings = vec![Taking { number: 1, authorized: money, captured: money }];
        let operations =
            Operations { made: 9, open: open.collect(), cancel_refused: true, takings };

        assert_eq!(read(stored(&operations).as_ref(), Currency::EUR), Some(operations));
        assert_eq!(stored(&Operations::default()), None);
        assert_eq!(read(None, Currency::EUR), Some(Operations::default()));
    }
}
