//! Turns the compiled browser side into what a page loads: one script and one wasm file.
//!
//! It does what the `wasm-bindgen` program does for the target `web`, from the library behind that
//! program, so that nobody has to install the program, and in the version that the lock file names.

use std::path::PathBuf;

use clap::Parser;
use color_eyre::eyre::{Result, WrapErr as _, eyre};
use wasm_bindgen_cli_support::Bindgen;

/// Writes `NAME.js` and `NAME_bg.wasm` for a compiled wasm file.
#[derive(Debug, Parser)]
struct Arguments {
    /// The wasm file that cargo wrote.
    input: PathBuf,
    /// The directory to write to; it is made if it is missing.
    #[arg(long)]
    out_dir: PathBuf,
    /// The name that both files begin with.
    #[arg(long)]
    out_name: String,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    bundle(&arguments).wrap_err_with(|| format!("cannot bundle {}", arguments.input.display()))
}

/// Runs wasm-bindgen, and turns its errors, which are of another kind, into reports.
fn bundle(arguments: &Arguments) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(&arguments.input)
        .out_name(&arguments.out_name)
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true);
    bindgen.web(true).map_err(|error| eyre!("{error:#}"))?;
    bindgen.generate(&arguments.out_dir).map_err(|error| eyre!("{error:#}"))
}
