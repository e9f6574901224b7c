//! The rows of the books: postings, wallets, pay-outs, and books that are verified.
//!
//! What is fast on an empty ledger says little: balances are read again beside ten million entries.

mod balances;
mod hot_seller;
mod paid_out;
mod postings;
mod proof;
mod store;

use std::str::FromStr as _;

use color_eyre::eyre::Result;
use domain::id::{SellerId, ShopId};
use engine::shops;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::table::Table;
use super::world::World;

/// How many sellers share the books.
const SELLERS: u32 = 1_000;
/// How many writers or readers there are at once; `pgbench` has as many.
const CLIENTS: usize = 8;

/// A ledger of its own on the benchmark's server, to write to without a service beside it.
struct Books {
    pool: PgPool,
    shop: ShopId,
    sellers: Vec<SellerId>,
}

/// Adds all of them.
pub(super) async fn measure(world: &World, table: &mut Table) -> Result<()> {
    let books = Books::open(world, "postings").await?;
    postings::measure(world, &books, table).await?;
    books.pool.close().await;
    let books = Books::open(world, "balances").await?;
    balances::measure(&books, table).await?;
    books.pool.close().await;
    hot_seller::measure(world, table).await?;
    paid_out::measure(world, table).await?;
    proof::measure(world, table).await
}

impl Books {
    async fn open(world: &World, database: &'static str) -> Result<Self> {
        let server = PgConnectOptions::from_str(&world.yardstick_url)?;
        let admin = PgPool::connect_with(server.clone()).await?;
        store::create_database(&admin, database).await?;
        admin.close().await;
        let options = server.database(database);
        let pool = PgPoolOptions::new()
            .max_connections(u32::try_from(CLIENTS)? + 2)
            .connect_with(options)
            .await?;
        engine::db::migrate(&pool).await?;
        let shop = shops::save_shop(&pool, "Books", None).await?;
        let sellers = sellers(&pool, shop).await?;
        Ok(Self { pool, shop, sellers })
    }
}

/// Makes sure that the shop has so many sellers, `s-0` and on.
async fn sellers(pool: &PgPool, shop: ShopId) -> Result<Vec<SellerId>> {
    let mut sellers = Vec::new();
    for number in 0..SELLERS {
        let reference = reference(number);
        sellers.push(shops::save_seller(pool, shop, &reference, &reference, 500).await?);
    }
    Ok(sellers)
}

/// The shop's name for the seller of this number.
fn reference(number: u32) -> String {
    format!("s-{number}")
}
