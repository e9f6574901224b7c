//! Both sides of a mismatch, figure by figure.

use app::view::mismatches::{ComparisonRow, Figure};
use domain::matching::MismatchKind;
use engine::payments::PaymentRecord;
use engine::reconciliation::mismatches::Details;
use engine::reconciliation::reports::LineRecord;

/// The row of what the processor keeps.
const FEE: &str = "Processor\u{2019}s fee";

/// The figures, what differs first.
pub(super) fn rows(details: &Details) -> Vec<ComparisonRow> {
    let mismatch = &details.mismatch;
    let (ours, theirs) = (details.ours.as_ref(), details.theirs.as_ref());
    let mut rows = vec![ComparisonRow {
        label: label(mismatch.kind).to_owned(),
        ours: mismatch.ours.map(Figure::Amount),
        theirs: mismatch.theirs.map(Figure::Amount),
        differs: true,
    }];
    rows.extend(facts(ours, theirs).into_iter().filter(|row| !repeats(mismatch.kind, row)));
    rows.push(ComparisonRow {
        label: "What was found".to_owned(),
        ours: None,
        theirs: Some(Figure::Text(mismatch.detail.clone())),
        differs: false,
    });
    rows
}

/// Whether a row says again what the first one says.
fn repeats(kind: MismatchKind, row: &ComparisonRow) -> bool {
    kind == MismatchKind::Fee && row.label == FEE
}

/// What the figure is that differs.
fn label(kind: MismatchKind) -> &'static str {
    match kind {
        MismatchKind::Fee => FEE,
        MismatchKind::Balance => "Balance",
        MismatchKind::OrphanRefund => "Refund",
        MismatchKind::MissingAtProcessor
        | MismatchKind::MissingInOurBooks
        | MismatchKind::Amount
        | MismatchKind::Currency
        | MismatchKind::Status
        | MismatchKind::Duplicate => "Amount",
    }
}

/// What else both sides know, for finding the cause.
fn facts(ours: Option<&PaymentRecord>, theirs: Option<&LineRecord>) -> Vec<ComparisonRow> {
    let row = |label: &str, ours: Option<Figure>, theirs: Option<Figure>| ComparisonRow {
        label: label.to_owned(),
        ours,
        theirs,
        differs: false,
    };
    let text = |text: &str| Figure::Text(text.to_owned());
    let rows = vec![
        row(
            "Payment",
            ours.map(|payment| Figure::Text(payment.id.to_string())),
            theirs.map(|line| text(&line.reference)),
        ),
        row(
            "Processor\u{2019}s reference",
            ours.and_then(|payment| payment.processor_reference.as_deref().map(text)),
            theirs.map(|line| text(&line.processor_reference)),
        ),
        row("Order", ours.map(|payment| text(&payment.reference)), None),
        row("Seller", ours.map(|payment| text(&payment.seller_name)), None),
        row(
            "Status",
            ours.map(|payment| text(app::words::payment::status(payment.state.status()).0)),
            None,
        ),
        row(
            "Captured, or gross",
            ours.map(|payment| Figure::Amount(payment.state.captured)),
            theirs.map(|line| Figure::Amount(line.gross)),
        ),
        row(
            "Refunded",
            ours.filter(|payment| payment.state.refunded.is_positive())
                .map(|payment| Figure::Amount(payment.state.refunded)),
            None,
        ),
        row(FEE, None, theirs.map(|line| Figure::Amount(line.fee))),
        row("Net", None, theirs.map(|line| Figure::Amount(line.net))),
        row("At the processor", None, theirs.map(|line| Figure::Instant(line.occurred_at))),
    ];
    rows.into_iter().filter(|row| row.ours.is_some() || row.theirs.is_some()).collect()
}
