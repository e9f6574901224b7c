//! Sample mismatches.

use app::view::mismatches::{
    ComparisonRow, Figure, FilePlace, HistoryEntry, LastFile, MismatchActions, MismatchClass,
    MismatchFilter, MismatchKind, MismatchQueueView, MismatchRow, MismatchState, MismatchView,
    OverviewView, ProposalView, QueueCount, ResolutionChoice, ResolutionPreview,
};
use app::view::payments::EntryView;
use domain::id::MismatchId;
use domain::money::Money;

use crate::samples::{at, eur, id, number};

/// A morning with a few mismatches.
pub(crate) fn overview() -> OverviewView {
    let queue = |class, open, at_stake: Vec<Money>| QueueCount { class, open, at_stake };
    OverviewView {
        queues: vec![
            queue(MismatchClass::Automatic, 0, vec![]),
            queue(MismatchClass::Manual, 3, vec![eur(12_490)]),
            queue(MismatchClass::Investigate, 1, vec![eur(4_200)]),
        ],
        waiting_for_approval: 1,
        payments_today: 1_284,
        captured_today: vec![eur(8_430_017)],
        payments_in_doubt: 2,
        dead_letters: 0,
        alerts: 2,
        webhooks_unmatched: 1,
        is_ledger_balanced: true,
        last_file: Some(LastFile {
            id: id(0),
            name: "settlement-2026-11-20.csv".to_owned(),
            received_at: at(3_900),
        }),
        as_of: at(4_000),
    }
}

/// A queue of a few rows, or none of class `automatic`.
pub(crate) fn queue(filter: &MismatchFilter) -> MismatchQueueView {
    let rows: Vec<MismatchRow> = rows()
        .into_iter()
        .filter(|row| filter.class.is_none_or(|class| class == row.class))
        .filter(|row| filter.kind.is_none_or(|kind| kind == row.kind))
        .filter(|row| filter.state.is_none_or(|state| state == row.state))
        .collect();
    MismatchQueueView { total: rows.len() as u64, rows, as_of: at(4_000) }
}

/// The rows of the queue.
pub(crate) fn rows() -> Vec<MismatchRow> {
    use MismatchClass::{Investigate, Manual};
    use MismatchKind::{Amount, Fee, MissingAtProcessor, MissingInOurBooks};
    use MismatchState::{Claimed, Open, Proposed};
    let row =
        |index, kind, class, state, subject: &str, minor, claimed: Option<&str>| MismatchRow {
            id: id(index),
            kind,
            class,
            state,
            subject: subject.to_owned(),
            at_stake: eur(minor),
            claimed_by: claimed.map(str::to_owned),
            opened_at: at(3_901),
        };
    vec![
        row(3, MissingInOurBooks, Investigate, Open, "psp_9xY1kP", 4_200, None),
        row(1, MissingAtProcessor, Manual, Claimed, "FF-2026-1180-A", 1_990, Some("Ada Lindqvist")),
        row(0, Amount, Manual, Open, "FF-2026-1187-B", 500, None),
        row(2, Fee, Manual, Proposed, "FF-2026-1185-A", 12, Some("Ada Lindqvist")),
    ]
}

/// Mismatch 0 is open, 1 claimed, 2 waits for a second person, 4 is resolved.
pub(crate) fn one(mismatch: MismatchId, preview: Option<&str>) -> Option<MismatchView> {
    let (state, may) = match number(mismatch) {
        0 => (
            MismatchState::Open,
            MismatchActions { claim: true, resolve: true, ..Default::default() },
        ),
        1 => (MismatchState::Claimed, MismatchActions { resolve: true, ..Default::default() }),
        2 => (
            MismatchState::Proposed,
            MismatchActions { approve: true, reject: true, ..Default::default() },
        ),
        4 => (MismatchState::Resolved, MismatchActions { reopen: true, ..Default::default() }),
        _ => return None,
    };
    let proposal = (number(mismatch) >= 2).then(proposal);
    let resolutions = if may.resolve { resolutions() } else { Vec::new() };
    let preview =
        preview.filter(|code| resolutions.iter().any(|choice| choice.code == *code)).map(|code| {
            ResolutionPreview {
                code: code.to_owned(),
                entries: write_off(),
                effect: Some("The payment counts as settled in full.".to_owned()),
            }
        });
    Some(MismatchView {
        id: mismatch,
        kind: MismatchKind::Amount,
        class: MismatchClass::Manual,
        state,
        subject: "FF-2026-1187-B".to_owned(),
        at_stake: eur(500),
        processor: "Sandbox".to_owned(),
        payment: Some(id(0)),
        file: Some(FilePlace {
            file: id(0),
            name: "settlement-2026-11-20.csv".to_owned(),
            line: Some(2),
        }),
        comparison: comparison(),
        resolutions,
        preview,
        proposal,
        history: history(),
        claimed_by: (number(mismatch) > 0).then(|| "Ada Lindqvist".to_owned()),
        may,
        idempotency_key: "01934d5ea1b27c3e".to_owned(),
        version: 4,
        opened_at: at(3_901),
        as_of: at(4_000),
    })
}

fn comparison() -> Vec<ComparisonRow> {
    let text = |text: &str| Some(Figure::Text(text.to_owned()));
    let row = |label: &str, ours, theirs, differs| ComparisonRow {
        label: label.to_owned(),
        ours,
        theirs,
        differs,
    };
    vec![
        row("Reference", text("psp_8fK2mQ"), text("psp_8fK2mQ"), false),
        row(
            "Captured",
            Some(Figure::Amount(eur(119_499))),
            Some(Figure::Amount(eur(118_999))),
            true,
        ),
        row(
            "Processor\u{2019}s fee",
            Some(Figure::Amount(eur(3_451))),
            Some(Figure::Amount(eur(3_451))),
            false,
        ),
        row("Status", text("Captured"), text("Captured"), false),
        row("Captured at", Some(Figure::Instant(at(42))), Some(Figure::Instant(at(42))), false),
        row("Payout reference", None, text("po_2026_11_20"), false),
    ]
}

fn resolutions() -> Vec<ResolutionChoice> {
    let choice = |code: &str, label: &str, explanation: &str, needs_approval| ResolutionChoice {
        code: code.to_owned(),
        label: label.to_owned(),
        explanation: explanation.to_owned(),
        needs_approval,
    };
    vec![
        choice(
            "write_off",
            "Write the difference off",
            "The 5.00 EUR that are missing become an expense.",
            false,
        ),
        choice(
            "charge_seller",
            "Charge it to the seller",
            "The seller is owed 5.00 EUR less.",
            true,
        ),
        choice(
            "ignore",
            "Leave it as it is",
            "Nothing is posted; the receivable stays open.",
            false,
        ),
    ]
}

fn write_off() -> Vec<EntryView> {
    let entry =
        |account: &str, debit, credit| EntryView { account: account.to_owned(), debit, credit };
    vec![
        entry("Write-offs", Some(eur(500)), None),
        entry("Processor receivable, Sandbox", None, Some(eur(500))),
    ]
}

fn proposal() -> ProposalView {
    ProposalView {
        label: "Write the difference off".to_owned(),
        reason: "Sandbox confirmed a rounding on their side; not worth a dispute.".to_owned(),
        maker: "Ada Lindqvist".to_owned(),
        proposed_at: at(3_950),
        checker: None,
        entries: write_off(),
    }
}

fn history() -> Vec<HistoryEntry> {
    let entry = |seconds, actor: &str, action: &str, reason: Option<&str>| HistoryEntry {
        at: at(seconds),
        actor: actor.to_owned(),
        action: action.to_owned(),
        reason: reason.map(str::to_owned),
    };
    vec![
        entry(3_901, "Paydesk", "found it in settlement-2026-11-20.csv, line 2", None),
        entry(3_930, "Ada Lindqvist", "claimed it", None),
        entry(
            3_950,
            "Ada Lindqvist",
            "wrote to the processor",
            Some("Asked for their side of line 2."),
        ),
    ]
}
