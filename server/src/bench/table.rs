//! The table that the benchmark prints. Integers throughout, as everywhere near money.

/// Rows of a name and a figure.
#[derive(Debug, Default)]
pub(super) struct Table(Vec<(String, String)>);

impl Table {
    #[expect(clippy::needless_pass_by_value, reason = "figures are made for their row")]
    pub(super) fn row(&mut self, name: &str, figure: impl ToString) {
        self.0.push((name.to_owned(), figure.to_string()));
    }

    #[expect(clippy::print_stdout, reason = "the table is what the benchmark is for")]
    pub(super) fn print(&self) {
        let width = self.0.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        println!("\n| {:width$} | {:>12} |", "figure", "measured");
        println!("|-{}-|-{}:|", "-".repeat(width), "-".repeat(12));
        for (name, figure) in &self.0 {
            println!("| {name:width$} | {figure:>12} |");
        }
    }
}

/// `left / right` with two decimals.
pub(super) fn ratio(left: u64, right: u64) -> String {
    let hundredths = (left * 100).checked_div(right).unwrap_or(0);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// A time in milliseconds with two decimals.
pub(super) fn micros(micros: u64) -> String {
    format!("{}.{:02} ms", micros / 1000, micros % 1000 / 10)
}

/// A time in seconds with one decimal.
pub(super) fn seconds(time: std::time::Duration) -> String {
    format!("{}.{} s", time.as_secs(), time.subsec_millis() / 100)
}

/// A size in MiB with one decimal.
pub(super) fn mebibytes(kib: u64) -> String {
    format!("{}.{} MiB", kib / 1024, kib % 1024 * 10 / 1024)
}

/// A size in KiB with one decimal.
pub(super) fn bytes(bytes: u64) -> String {
    format!("{}.{} KiB", bytes / 1024, bytes % 1024 * 10 / 1024)
}
