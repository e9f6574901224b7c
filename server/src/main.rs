//! The program `paydesk`.

use std::process::ExitCode;

use clap::Parser;
use color_eyre::eyre::Result;
use server::config::{Arguments, Command};
use server::{bench, commands, demo, run, telemetry};

/// A quarter of the service's time went into the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match start(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The causes in one line, for people; where in the program it happened helps nobody.
            eprintln!("paydesk: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(arguments: Arguments) -> Result<()> {
    color_eyre::install()?;
    telemetry::start(&arguments.log, arguments.log_format);
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .expect("nothing has installed a provider before");
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        match arguments.command {
            Command::Serve(serve) => run::serve(serve).await,
            Command::Work(work) => run::work(work).await,
            Command::Migrate(database) => commands::migrate(&database).await,
            Command::Demo(options) => demo::run(options).await,
            Command::Reconcile(reconcile) => commands::reconcile(reconcile).await,
            Command::Why(why) => commands::why::why(why).await,
            Command::Webhooks(webhooks) => commands::webhooks::webhooks(webhooks).await,
            Command::DeadLetters(letters) => commands::dead_letters::dead_letters(letters).await,
            Command::Routes(routes) => commands::routes::routes(routes).await,
            Command::WebhookEndpoints(endpoints) => {
                commands::webhook_endpoints::webhook_endpoints(endpoints).await
            }
            Command::Sellers(sellers) => commands::sellers::sellers(sellers).await,
            Command::Payouts(payouts) => commands::payouts::payouts(payouts).await,
            Command::Rates(rates) => commands::rates::rates(rates).await,
            Command::Exchange(exchange) => commands::exchange::exchange(exchange).await,
            Command::Books(books) => commands::books::books(books).await,
            Command::Verify(verify) => commands::verify::verify(verify).await,
            Command::Doctor(database) => commands::doctor(&database).await,
            Command::Bench(arguments) => bench::run(arguments).await,
        }
    })
}
