//! A row of bars, one per period: a picture of figures that a table beside it says exactly.

use domain::money::Money;
use leptos::prelude::*;

use crate::format;

/// The height of the drawing, above and below its line together, in its own units.
const HEIGHT: u64 = 1_000;
/// How wide the place of one bar is, how much of that is left free, and what is left.
const STEP: usize = 240;
const GAP: usize = 60;
const BAR: usize = STEP - GAP;

/// One bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// What it is the figure of, such as a month.
    pub label: String,
    /// How high it is; below zero it hangs from the line.
    pub amount: Money,
}

/// Bars of amounts of one currency. Nothing is drawn of fewer than two.
#[component]
pub fn BarChart(
    /// What they show, for those who do not see them.
    title: String,
    /// The bars, from left to right.
    bars: Vec<Bar>,
) -> impl IntoView {
    (bars.len() > 1)
        .then(|| {
            let scale = Scale::of(&bars);
            let width = STEP * bars.len();
            let name = summary(title, &bars);
            let line = scale.line();
            view! {
                <svg
                    class="bar-chart"
                    role="img"
                    aria-label=name
                    viewBox=format!("0 0 {width} {HEIGHT}")
                    preserveAspectRatio="none"
                >
                    {bars.into_iter().enumerate().map(|(index, bar)| {
                        let (top, height) = scale.place(bar.amount.minor());
                        let class = if bar.amount.minor() < 0 { "bar bar-below" } else { "bar" };
                        let x = STEP * index + GAP / 2;
                        view! {
                            <rect class=class x=x y=top width=BAR height=height>
                                <title>{words(&bar)}</title>
                            </rect>
                        }
                    }).collect_view()}
                    <line class="bar-chart-line" x1="0" x2=width y1=line y2=line />
                </svg>
            }
        })
        .into_any()
}

fn words(bar: &Bar) -> String {
    format!("{}: {}", bar.label, format::amount(bar.amount))
}

/// The first and the last figure: a drawing says no more than that to whoever does not see it.
fn summary(title: String, bars: &[Bar]) -> String {
    let ends: Vec<String> = [bars.first(), bars.last()].into_iter().flatten().map(words).collect();
    title + &format!(". {}. The table has them all.", ends.join("; "))
}

/// How amounts become heights.
struct Scale {
    /// The highest figure above the line, in minor units.
    above: u64,
    /// The deepest below it.
    below: u64,
}

impl Scale {
    fn of(bars: &[Bar]) -> Self {
        let minors = || bars.iter().map(|bar| bar.amount.minor());
        Self {
            above: minors().max().unwrap_or(0).max(0).unsigned_abs(),
            below: minors().min().unwrap_or(0).min(0).unsigned_abs(),
        }
    }

    /// So many minor units in units of the drawing.
    fn units(&self, minor: u64) -> u64 {
        let reach = u128::from(self.above) + u128::from(self.below);
        let units = u128::from(minor) * u128::from(HEIGHT) / reach.max(1);
        u64::try_from(units).unwrap_or(HEIGHT)
    }

    /// Where the line is, from above.
    fn line(&self) -> u64 {
        self.units(self.above)
    }

    /// Where a bar begins, from above, and how high it is.
    fn place(&self, minor: i64) -> (u64, u64) {
        let height = self.units(minor.unsigned_abs());
        (if minor < 0 { self.line() } else { self.line() - height }, height)
    }
}

#[cfg(test)]
mod tests {
    use domain::currency::Currency;

    use super::*;

    fn bars(minors: &[i64]) -> Vec<Bar> {
        let bar =
            |&minor| Bar { label: String::new(), amount: Money::from_minor(minor, Currency::EUR) };
        minors.iter().map(bar).collect()
    }

    #[test]
    fn bars_stand_on_the_line_or_hang_from_it_and_fill_the_drawing() {
        let scale = Scale::of(&bars(&[300, -100, 0]));

        assert_eq!(scale.line(), 750);
        assert_eq!(scale.place(300), (0, 750));
        assert_eq!(scale.place(-100), (750, 250));
        assert_eq!(scale.place(0), (750, 0));
    }

    #[test]
    fn the_largest_amounts_that_there_are_can_be_drawn() {
        let scale = Scale::of(&bars(&[i64::MAX, i64::MIN]));

        let (top, height) = scale.place(i64::MIN);
        assert!(top + height <= HEIGHT, "{top} + {height}");
        assert_eq!(Scale::of(&bars(&[0, 0])).place(0), (0, 0));
    }
}
