//! Sample revenue.

use app::view::revenue::{CurrencyRevenue, EarnedRow, RevenueFilter, RevenueView};
use domain::currency::Currency;
use domain::money::Money;
use domain::period::Period;
use time::Date;
use time::macros::date;

use crate::samples::at;

/// Two months in euro, the second of which cost more than it brought in, and one day in yen.
pub(crate) fn revenue(filter: RevenueFilter) -> RevenueView {
    let to = filter.to.unwrap_or(date!(2026 - 11 - 21));
    let from = filter.from.unwrap_or(date!(2026 - 10 - 01));
    let problem = (to < from).then(|| "days_backwards".to_owned());
    let euro = |minor| Money::from_minor(minor, Currency::EUR);
    let yen = |minor| Money::from_minor(minor, Currency::JPY);
    let october =
        row((date!(2026 - 10 - 01), date!(2026 - 10 - 31)), [euro(250_050), euro(-9_930)]);
    let november = row((date!(2026 - 11 - 01), to), [euro(1_200), euro(-4_321)]);
    let in_euro = CurrencyRevenue {
        total: row((from, to), [euro(251_250), euro(-14_251)]),
        periods: vec![october, november],
    };
    let in_yen = CurrencyRevenue {
        total: row((from, to), [yen(6_000), yen(0)]),
        periods: vec![row((date!(2026 - 11 - 01), to), [yen(6_000), yen(0)])],
    };
    RevenueView {
        from,
        to,
        by: filter.by,
        currencies: if problem.is_some() { Vec::new() } else { vec![in_euro, in_yen] },
        problem,
        accounts: vec!["Platform fees".to_owned(), "Processor fees".to_owned()],
        as_of: at(4_000),
    }
}

fn row((from, to): (Date, Date), [fees, costs]: [Money; 2]) -> EarnedRow {
    let currency = fees.currency();
    let statement =
        format!("/console/ledger/platform_fees?currency={currency}&from={from}&to={to}");
    EarnedRow {
        period: Period::new(from, to).unwrap_or(Period { from, to: from }),
        parts: vec![(fees, Some(statement)), (costs, None)],
        result: fees.checked_add(costs).unwrap(),
    }
}
