//! `paydesk bench`: how fast this is, measured on this machine against the least that any correct
//! payment system must write.
//!
//! One run prints one table. Everything is real: Postgres with durability on, the sandbox in a
//! process of its own, the service in another, payments from the API call to the delivered webhook.
//! The yardstick runs in turn with the payments, since machines change their speed while one looks.

mod books;
mod cpu;
mod faults;
mod full;
mod hooks;
mod keeper;
mod load;
mod outage;
mod pages;
mod queue;
mod statements;
mod store;
mod table;
mod work;
mod world;
mod yardstick;

use std::path::PathBuf;
use std::time::Duration;

use color_eyre::eyre::Result;

use load::Latency;
use table::Table;
use world::World;

/// How many payments count as the first of a brand-new database.
const FIRST_PAYMENTS: u64 = 10_000;

/// How to measure.
#[derive(Debug, Clone, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub struct BenchArguments {
    /// How long each measurement of a round takes, in seconds.
    #[arg(long, default_value_t = 10)]
    pub seconds: u64,
    /// How many rounds; the table shows medians.
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// How many callers wait for an answer at the same time.
    #[arg(long, default_value_t = 256)]
    pub callers: usize,
    /// Measures also what takes long: a failing processor, an outage, and a full database.
    #[arg(long)]
    pub whole: bool,
    /// Measures only the work behind one payment, which is the same on a busy machine.
    #[arg(long)]
    pub work: bool,
    /// Measures only the books: postings, balances, pay-outs, and books that are verified.
    #[arg(long)]
    pub books: bool,
    /// Measures only which statements one payment keeps Postgres busy with.
    #[arg(long)]
    pub statements: bool,
    /// Where the benchmark's databases live; removed at the end.
    #[arg(long, default_value = "target/bench")]
    pub data_dir: PathBuf,
}

/// Measures, and prints the table.
///
/// # Errors
/// Whatever went wrong on the way.
pub async fn run(arguments: BenchArguments) -> Result<()> {
    let mut table = Table::default();
    let settings = if arguments.statements { statements::SETTINGS.as_slice() } else { &[] };
    let mut world = World::start(&arguments.data_dir, settings, arguments.callers).await?;
    let measured = measure(&mut world, &arguments, &mut table).await;
    world.stop().await;
    // What was measured before something went wrong is worth knowing too.
    table.print();
    measured
}

async fn measure(world: &mut World, arguments: &BenchArguments, table: &mut Table) -> Result<()> {
    if arguments.statements {
        return statements::measure(world, table).await;
    }
    if arguments.work {
        return work::measure(world, table).await;
    }
    if arguments.books {
        load::whole_payments(world, load::Until::Count(FIRST_PAYMENTS)).await?;
        return books::measure(world, table).await;
    }
    let span = Duration::from_secs(arguments.seconds);
    table.row("service memory, idle", table::mebibytes(world.memory_kib()?));

    let cold = load::whole_payments(world, load::Until::Count(FIRST_PAYMENTS)).await?;
    table.row("whole payments/s, 1 to 10,000 of a new database", cold.per_second());

    let (mut yardsticks, mut payments) = (Vec::new(), Vec::new());
    for round in 1..=arguments.rounds {
        let yardstick = yardstick::run(world, arguments.seconds).await?;
        let payment = load::whole_payments(world, load::Until::Time(span)).await?;
        say(&format!(
            "round {round}: yardstick {yardstick}/s, payments {}/s",
            payment.per_second()
        ));
        yardsticks.push(yardstick);
        payments.push(payment.per_second());
    }
    let (yardstick, payment) = (median(&mut yardsticks), median(&mut payments));
    table.row("yardstick, payments/s (pgbench, 8 clients)", yardstick);
    table.row("whole payments/s, warmed (API to webhook)", payment);
    table.row("  ratio to the yardstick (goal 0.60)", table::ratio(payment, yardstick));
    table.row("  first 10,000 to warmed (goal 0.70)", table::ratio(cold.per_second(), payment));

    work::measure(world, table).await?;
    queue::measure(world, table).await?;

    let accepted = load::accept(world, span).await?;
    table.row("accept, checkouts/s at most", accepted.per_second());
    latency_rows(table, "accept at the top rate", &accepted.latency);
    let half = load::accept_at(world, accepted.per_second() / 2, span).await?;
    latency_rows(table, "accept at half of the top rate", &half.latency);
    table.row(
        "  p99 to p50 at half (goal 5 at most)",
        table::ratio(half.latency.percentile(99), half.latency.percentile(50)),
    );

    for page in pages::measure(world).await? {
        latency_rows(table, page.name, &page.latency);
        table.row(&format!("  {} HTML, compressed", page.name), table::bytes(page.html_bytes));
        table.row(&format!("  {} CSS, compressed", page.name), table::bytes(page.css_bytes));
    }
    if arguments.whole {
        faults::measure(world, span, table).await?;
        outage::measure(world, table).await?;
        books::measure(world, table).await?;
        full::measure(world, span, table).await?;
    }
    world.keep_sandbox_on_disk().await?;
    let on_disk = load::whole_payments(world, load::Until::Time(span)).await?;
    table.row("whole payments/s, the sandbox's books on disk too", on_disk.per_second());
    table.row("service memory, highest (goal 200 MiB)", table::mebibytes(world.memory_peak_kib()?));
    Ok(())
}

fn latency_rows(table: &mut Table, name: &str, latency: &Latency) {
    table.row(&format!("{name}, p50"), table::micros(latency.percentile(50)));
    table.row(&format!("{name}, p99"), table::micros(latency.percentile(99)));
}

fn median(values: &mut [u64]) -> u64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

#[expect(clippy::print_stdout, reason = "the benchmark's output is what it is for")]
fn say(line: &str) {
    println!("{line}");
}
