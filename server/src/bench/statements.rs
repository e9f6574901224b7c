//! The statements behind one payment, the dearest first, as Postgres counts them.

use color_eyre::eyre::Result;
use sqlx::PgPool;

use super::load::{self, Until};
use super::store;
use super::table::{self, Table};
use super::world::World;

/// What the server has to be started with to count statements, and how long they are planned.
pub(super) const SETTINGS: [(&str, &str); 3] = [
    ("shared_preload_libraries", "pg_stat_statements"),
    ("pg_stat_statements.track_planning", "on"),
    ("pg_stat_statements.max", "1000"),
];
/// How many payments make caches and plans warm before anything counts.
const WARM_UP: u64 = 2_000;
/// Over how many payments the time is divided.
const PAYMENTS: u64 = 10_000;
/// How much of a statement is shown, in characters.
const SHOWN: usize = 110;

/// Adds a row for each of the dearest statements: how long one payment keeps Postgres busy with it,
/// and how many payments share one call.
pub(super) async fn measure(world: &World, table: &mut Table) -> Result<()> {
    let pool = PgPool::connect(&world.database_url).await?;
    store::count_statements(&pool).await?;
    load::whole_payments(world, Until::Count(WARM_UP)).await?;
    store::reset_statements(&pool).await?;
    load::whole_payments(world, Until::Count(PAYMENTS)).await?;
    for statement in store::list_statements(&pool).await? {
        let text: String = statement.text.chars().take(SHOWN).collect();
        let share = table::ratio(PAYMENTS, u64::try_from(statement.calls)?);
        let each = u64::try_from(statement.micros)?.div_ceil(PAYMENTS);
        let planned = statement.planned_percent;
        table.row(&text, format!("{each} us, {planned} % planning, {share} a call"));
    }
    pool.close().await;
    Ok(())
}
