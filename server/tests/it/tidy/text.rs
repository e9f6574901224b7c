//! What may stand in a file, and how long it may be.

use super::tree::{Source, assert_none, sources};

/// The most lines that a file may have.
const LINES_MAX: usize = 500;

/// What a statement in the code begins with.
const QUERIES: [&str; 5] = ["sqlx::query", "query!(", "query_as!(", "query_scalar!(", "raw_sql("];

#[test]
fn no_file_is_longer_than_500_lines() {
    let offenders: Vec<String> = sources()
        .iter()
        .filter(|source| is_written_by_hand(source))
        .map(|source| (source, source.text.lines().count()))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .map(|(source, lines)| format!("{}: {lines} lines", source.path))
        .collect();

    assert_none("a file has at most 500 lines", &offenders);
}

#[test]
fn every_module_says_what_it_is_for() {
    let offenders: Vec<String> = sources()
        .iter()
        .filter(|source| source.has_extension("rs") && !source.text.starts_with("//! "))
        .map(|source| source.path.clone())
        .collect();

    assert_none("a module begins with //! and says what it is for", &offenders);
}

#[test]
fn sql_stands_only_in_store_files() {
    let offenders = lines_with(|source, line| {
        !may_hold_sql(source) && QUERIES.iter().any(|query| line.contains(query))
    });

    assert_none("SQL stands in store.rs", &offenders);
}

#[test]
fn no_statement_selects_whatever_there_is() {
    // `unnest` has the columns that the statement itself gives it.
    let offenders =
        lines_with(|_, line| line.contains("select *") && !line.contains("select * from unnest("));

    assert_none("a statement names its columns", &offenders);
}

#[test]
fn money_knows_no_floating_point() {
    let offenders =
        lines_with(|source, line| !source.path.contains("chart") && words(line).any(is_float));

    assert_none("no floats outside charts", &offenders);
}

#[test]
fn nothing_is_left_for_later_in_the_code() {
    // Put together here, so that this file is not an offender itself.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let mut offenders = Vec::new();
    for source in sources().iter().filter(|source| is_written_by_hand(source)) {
        for (index, line) in source.text.lines().enumerate() {
            if words(line).any(|word| marks.contains(&word)) {
                offenders.push(format!("{}:{}: {}", source.path, index + 1, line.trim()));
            }
        }
    }

    assert_none("what is left to do is an issue", &offenders);
}

/// The lines of code outside tests that are wrong, as `path:line: text`.
fn lines_with(is_wrong: impl Fn(&Source, &str) -> bool) -> Vec<String> {
    let mut offenders = Vec::new();
    for source in sources().iter().filter(|source| source.has_extension("rs") && !source.is_test())
    {
        for (number, line) in source.lines_of_code() {
            if is_wrong(source, line) {
                offenders.push(format!("{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    offenders
}

fn is_written_by_hand(source: &Source) -> bool {
    let has_known_extension =
        ["rs", "sql", "css", "ts", "mjs"].iter().any(|extension| source.has_extension(extension));
    has_known_extension || source.path == "Makefile" || source.path.starts_with("scripts/")
}

/// `store.rs`, or a file of a `store/` that has grown out of one; the queue and the sandbox have
/// books of their own, and the benchmark's yardstick is another program's work.
fn may_hold_sql(source: &Source) -> bool {
    source.path.ends_with("/store.rs")
        || source.path.contains("/store/")
        || source.path.starts_with("server/crates/jobs/")
        || source.path.starts_with("server/crates/sandbox/")
        || source.path == "server/src/bench/yardstick.rs"
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|character: char| !character.is_alphanumeric() && character != '_')
}

/// The types, and literals such as `1_f64`.
fn is_float(word: &str) -> bool {
    let number = word.trim_end_matches("f64").trim_end_matches("f32");
    number.len() < word.len() && number.chars().all(|digit| digit.is_ascii_digit() || digit == '_')
}
