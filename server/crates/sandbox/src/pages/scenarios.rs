//! The practice cards for people: a picker by outcome, and a table by number. Both are plain forms.

use std::fmt::Write;

use crate::{
    cards::{Group, TEST_CARDS, TestCard},
    pages::html::Text,
    processors::Processor,
};

/// A form that pays with what is chosen by its outcome, so that nobody has to type a number.
pub(crate) fn picker(path: &str, processor: &Processor) -> String {
    let mut options = String::new();
    for group in Group::ALL {
        let takes = |card: &&TestCard| {
            card.group == group && processor.methods.iter().any(|method| method == card.method)
        };
        let cards: Vec<&TestCard> = TEST_CARDS.iter().filter(takes).collect();
        if cards.is_empty() {
            continue;
        }
        push(&mut options, format_args!(r#"<optgroup label="{}">"#, Text(group.title())));
        for card in cards {
            let brand = if card.is_card() && card.brand != "visa" {
                format!(" ({})", card.brand)
            } else {
                String::new()
            };
            push(
                &mut options,
                format_args!(
                    r#"<option value="{}">{}{brand}</option>"#,
                    card.slug,
                    Text(card.outcome)
                ),
            );
        }
        options.push_str("</optgroup>\n");
    }
    format!(
        r#"<section class="card" aria-labelledby="scenario-title">
<h2 id="scenario-title">Choose how it ends</h2>
<form method="post" action="{path}">
<div class="field"><label for="scenario">Outcome</label>
<p class="hint" id="scenario-hint">Nothing has to be typed: the matching practice card is used.</p>
<select id="scenario" name="scenario" aria-describedby="scenario-hint">{options}</select></div>
<button class="button quiet" type="submit">Use this outcome</button>
</form></section>"#
    )
}

/// The table from which a click, without a script, fills the form.
pub(crate) fn fillable_table(path: &str) -> String {
    let fill = |card: &TestCard| {
        format!(
            r#"<td><button class="button quiet tiny" type="submit" name="card" value="{}" aria-label="Fill in {}: {}">Fill in</button></td>"#,
            card.slug,
            card.grouped(),
            Text(card.outcome)
        )
    };
    let rows = rows(fill, super::super::cards::TestCard::is_card);
    format!(
        r#"<details class="card practice-cards"><summary>All practice cards</summary>
<p class="hint">A click fills in the form. By hand, any expiry in the future and any security code will do.</p>
<form method="get" action="{path}"><div class="scroll" tabindex="0" role="region" aria-label="Table of practice cards"><table>
<thead><tr><th scope="col">Number</th><th scope="col">What happens</th><th scope="col"><span class="hidden">Fill in</span></th></tr></thead>
{rows}</table></div></form></details>"#
    )
}

/// The table for programmers: with the tokens that charge without a page.
pub(crate) fn token_table() -> String {
    let token = |card: &TestCard| format!(r#"<td class="code">{}</td>"#, card.token());
    format!(
        r#"<div class="scroll" tabindex="0" role="region" aria-label="Table of practice cards"><table>
<thead><tr><th scope="col">Number</th><th scope="col">What happens</th><th scope="col">Test token</th></tr></thead>
{}</table></div>"#,
        rows(token, |_| true)
    )
}

fn rows(last: impl Fn(&TestCard) -> String, wanted: impl Fn(&TestCard) -> bool) -> String {
    let mut html = String::new();
    for group in Group::ALL {
        let cards = TEST_CARDS.iter().filter(|card| card.group == group && wanted(card));
        let mut body = String::new();
        for card in cards {
            let number = if card.is_card() { card.grouped() } else { "–".to_owned() };
            push(
                &mut body,
                format_args!(
                    r#"<tr><td class="number">{number}</td><td class="prose">{}</td>{}</tr>
"#,
                    Text(card.outcome),
                    last(card)
                ),
            );
        }
        if !body.is_empty() {
            push(
                &mut html,
                format_args!(
                    r#"<tbody><tr class="group"><th scope="rowgroup" colspan="3">{}</th></tr>
{body}</tbody>"#,
                    Text(group.title())
                ),
            );
        }
    }
    html
}

fn push(html: &mut String, part: std::fmt::Arguments<'_>) {
    html.write_fmt(part).expect("a string takes everything");
}
