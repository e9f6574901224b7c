//! What the shop sells, and a basket as the API wants it.

use domain::currency::Currency;
use domain::money::Money;
use serde_json::{Value, json};

use crate::demo::seed::SELLERS;

/// How many of one thing somebody can buy.
const QUANTITY_MAX: i64 = 9;

/// Something that the shop sells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    /// Its name in the form.
    pub(super) code: &'static str,
    /// Who sells it.
    pub(super) seller: &'static str,
    /// What it is.
    pub(super) name: &'static str,
    /// What one costs, in cents.
    pub(super) price_minor: i64,
    /// How many are chosen when the page is opened.
    pub(super) default: i64,
}

pub(super) const ITEMS: [Item; 6] = [
    Item {
        code: "atlas",
        seller: "alpine-books",
        name: "Trail atlas",
        price_minor: 3490,
        default: 1,
    },
    Item {
        code: "poems",
        seller: "alpine-books",
        name: "Mountain poems",
        price_minor: 1500,
        default: 0,
    },
    Item {
        code: "stove",
        seller: "summit-gear",
        name: "Camping stove",
        price_minor: 4999,
        default: 1,
    },
    Item { code: "rope", seller: "summit-gear", name: "Rope, 30 m", price_minor: 8950, default: 0 },
    Item {
        code: "cheese",
        seller: "valley-dairy",
        name: "Alp cheese, 500 g",
        price_minor: 1385,
        default: 0,
    },
    Item {
        code: "butter",
        seller: "valley-dairy",
        name: "Hay butter",
        price_minor: 425,
        default: 0,
    },
];

impl Item {
    /// What `quantity` of it cost.
    pub(super) fn price(&self, quantity: i64) -> Money {
        Money::from_minor(self.price_minor * quantity, Currency::EUR)
    }
}

/// The things of which the form wants at least one, and how many.
pub(super) fn chosen(form: &[(String, String)]) -> Vec<(Item, i64)> {
    ITEMS
        .into_iter()
        .filter_map(|item| {
            let (_, text) = form.iter().find(|(name, _)| name == item.code)?;
            let quantity = text.parse::<i64>().ok()?.clamp(0, QUANTITY_MAX);
            (quantity > 0).then_some((item, quantity))
        })
        .collect()
}

/// The body of the call: one payment per seller.
pub(super) fn request(order: &str, chosen: &[(Item, i64)], own: &str) -> Value {
    let orders: Vec<Value> =
        SELLERS.iter().filter_map(|(seller, _, _)| payment_order(order, seller, chosen)).collect();
    json!({
        "checkout_id": order,
        "buyer_info": { "name": "Robin Shopper", "email": "robin@shopper.example", "country": "DE" },
        "description": format!("Order {order}"),
        "return_url": format!("{own}/orders/{order}"),
        "payment_orders": orders,
    })
}

fn payment_order(order: &str, seller: &str, chosen: &[(Item, i64)]) -> Option<Value> {
    let of_seller: Vec<&(Item, i64)> =
        chosen.iter().filter(|(item, _)| item.seller == seller).collect();
    if of_seller.is_empty() {
        return None;
    }
    let amounts = of_seller.iter().map(|(item, quantity)| item.price(*quantity));
    let amount = Money::sum(Currency::EUR, amounts).expect("a basket is small");
    let lines: Vec<String> = of_seller
        .iter()
        .map(|(item, quantity)| match quantity {
            1 => item.name.to_owned(),
            more => format!("{more} × {}", item.name),
        })
        .collect();
    Some(json!({
        "payment_order_id": format!("{order}-{seller}"),
        "seller_account": seller,
        "amount": amount.to_decimal_string(),
        "currency": "EUR",
        "description": lines.join(", "),
    }))
}
