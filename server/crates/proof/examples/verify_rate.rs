//! Prints how many entries per second `verify` checks on one core, and the memory it takes:
//! `cargo run --release -p proof --example verify_rate -- [postings per day] [days]`.
#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter};
use std::path::Path;
use std::time::Instant;

use domain::account::AccountType;
use domain::currency::Currency;
use domain::id::{AccountId, PostingId, ShopId};
use domain::money::Money;
use proof::chain::Link;
use proof::export::{Header, Writer};
use proof::record::{Account, Entry, Posting};
use proof::sealer::Sealer;
use proof::signature::Signer;
use proof::verify::{Options, verify};
use time::macros::{date, datetime};
use time::{Date, Duration};
use uuid::Uuid;

const SELLERS: u64 = 1_000;
const FIRST_DAY: Date = date!(2026 - 01 - 01);

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let mut next = |default| arguments.next().and_then(Result::ok).unwrap_or(default);
    let (postings, days) = (next(20_000), next(10));
    let path = std::env::temp_dir().join(format!("verify-rate-{}.jsonl", std::process::id()));
    write(&path, postings, days)?;

    let size = fs::metadata(&path)?.len();
    let (started, busy) = (Instant::now(), processor_nanoseconds());
    let file = BufReader::with_capacity(1 << 16, File::open(&path)?);
    let report = verify(file, &Options::default())?;
    let elapsed = started.elapsed().as_nanos();
    let busy = processor_nanoseconds() - busy;
    fs::remove_file(&path)?;

    let summary = &report.summary;
    let (postings, entries) = (summary.postings, summary.entries);
    let rate = |nanoseconds: u128| u128::from(entries) * 1_000_000_000 / nanoseconds.max(1);
    println!("{} MB, {} days, {postings} postings, {entries} entries", size >> 20, summary.days);
    println!("good: {}", report.is_good());
    println!("by the clock: {} ms, {} entries/s", elapsed / 1_000_000, rate(elapsed));
    println!("on the processor: {} ms, {} entries/s", busy / 1_000_000, rate(busy));
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status.lines().filter(|line| line.starts_with("VmHWM")) {
        println!("peak memory, with writing the file: {}", line[6..].trim());
    }
    Ok(())
}

/// How long this thread has had a processor, also on a machine that others keep busy; Linux only.
fn processor_nanoseconds() -> u128 {
    let statistics = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    statistics.split_whitespace().next().and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Captures of three entries and their settlements of four, over a thousand sellers.
fn write(path: &Path, postings: u64, days: u64) -> io::Result<()> {
    let shop = ShopId::from_uuid(Uuid::from_u128(1));
    let signer = Signer::from_seed(&[7; 32]);
    let to = FIRST_DAY + Duration::days(days.cast_signed());
    let header = Header { shop, from: FIRST_DAY, to, previous: Link::genesis(shop) };
    let mut writer = Writer::begin(BufWriter::new(File::create(path)?), &header)?;
    let mut sealer = Sealer::new(shop);
    for day in 0..days {
        let date = FIRST_DAY + Duration::days(day.cast_signed());
        for number in day * postings..(day + 1) * postings {
            let posting = posting(date, number);
            for entry in &posting.entries {
                if let Some(sealed) = sealer.account(account(entry.account)) {
                    writer.write(&sealed)?;
                }
            }
            writer.write(&sealer.posting(posting).map_err(io::Error::other)?)?;
        }
        for sealed in sealer.close(date, &signer) {
            writer.write(&sealed)?;
        }
    }
    writer.end().map(drop)
}

fn posting(date: Date, number: u64) -> Posting {
    let capture = [(1, 10_000), (100 + number / 2 % SELLERS, -9_500), (2, -500)];
    let settlement = [(3, 9_710), (4, 200), (5, 90), (1, -10_000)];
    let (word, moves) = if number.is_multiple_of(2) {
        ("captured", &capture[..])
    } else {
        ("settled", &settlement[..])
    };
    let entry = |&(account, minor): &(u64, i64)| Entry {
        account: AccountId::from_uuid(Uuid::from_u128(u128::from(account) << 64)),
        amount: Money::from_minor(minor, Currency::EUR),
    };
    // Spread as the random bits of real ids are.
    let random = u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c834 | 1);
    Posting {
        id: PostingId::from_uuid(Uuid::from_u128(random)),
        object: Uuid::from_u128(u128::from(number / 2) << 32),
        cause: format!("{word}/10000"),
        corrects: None,
        effective_on: date,
        booked_on: date,
        recorded_at: datetime!(2026-01-01 10:12:13.123456 UTC),
        entries: moves.iter().map(entry).collect(),
    }
}

fn account(id: AccountId) -> Account {
    let number = id.uuid().as_u128() >> 64;
    let (kind, account_type, owner) = match number {
        1 => ("processor_receivable", AccountType::Asset, Some(9)),
        2 => ("platform_fees", AccountType::Revenue, None),
        3 => ("processor_balance", AccountType::Asset, Some(9)),
        4 => ("processor_fees", AccountType::Expense, Some(9)),
        5 => ("suspense", AccountType::Asset, Some(9)),
        _ => ("seller_pending", AccountType::Liability, Some(number)),
    };
    let owner = owner.map(Uuid::from_u128);
    Account { id, kind: kind.to_owned(), account_type, owner, currency: Currency::EUR }
}
