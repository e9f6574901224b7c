//! The words of alerts.

/// What is the matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Payments stay in one state for longer than that may take.
    PaymentsStuck,
    /// Refunds are not answered.
    RefundsStuck,
    /// A processor that sent notifications sends none, while payments wait for them.
    WebhooksSilent,
    /// Many notifications are refused: somebody forges them, or a secret is wrong.
    WebhooksRefused,
    /// Notifications speak of nothing that we know.
    WebhooksUnmatched,
    /// A processor account that a payment has left says that it has money of it.
    MoneyElsewhere,
    /// A processor accepts fewer payments than on its last days.
    AcceptanceDropped,
    /// A processor is not called for a while, because its calls fail.
    CircuitOpened,
    /// Work failed for good.
    DeadLetters,
    /// A shop does not take its webhooks.
    DeliveriesFailing,
    /// Work that is due is not begun.
    QueueLate,
    /// A bank has not answered for pay-outs of a file within the limit.
    BankFilesUnanswered,
    /// Something was learnt of a payment or a pay-out that our rules would not have allowed, and
    /// booked.
    IrregularFact,
    /// Rows break a rule of the books.
    BooksBroken,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::PaymentsStuck,
        Self::RefundsStuck,
        Self::WebhooksSilent,
        Self::WebhooksRefused,
        Self::WebhooksUnmatched,
        Self::MoneyElsewhere,
        Self::AcceptanceDropped,
        Self::CircuitOpened,
        Self::DeadLetters,
        Self::DeliveriesFailing,
        Self::QueueLate,
        Self::BankFilesUnanswered,
        Self::IrregularFact,
        Self::BooksBroken,
    ];

    /// The word that stands in the database, in the log and in what the operator is told.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PaymentsStuck => "payments_stuck",
            Self::RefundsStuck => "refunds_stuck",
            Self::WebhooksSilent => "webhooks_silent",
            Self::WebhooksRefused => "webhooks_refused",
            Self::WebhooksUnmatched => "webhooks_unmatched",
            Self::MoneyElsewhere => "money_elsewhere",
            Self::AcceptanceDropped => "acceptance_dropped",
            Self::CircuitOpened => "circuit_opened",
            Self::DeadLetters => "dead_letters",
            Self::DeliveriesFailing => "deliveries_failing",
            Self::QueueLate => "queue_late",
            Self::BankFilesUnanswered => "bank_files_unanswered",
            Self::IrregularFact => "irregular_fact",
            Self::BooksBroken => "books_broken",
        }
    }

    /// The kind that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// How urgent an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// Today.
    Warning,
    /// Now.
    Critical,
}

impl Severity {
    /// The word that stands in the database, in the log and in what the operator is told.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// The severity that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Warning, Self::Critical].into_iter().find(|severity| severity.as_str() == word)
    }
}

/// How far an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Nobody looks at it yet.
    Open,
    /// Somebody does.
    Acknowledged,
    /// It has passed, or somebody says that it has.
    Resolved,
}

impl State {
    /// The word that stands in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
        }
    }

    /// The state that `word` names.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Open, Self::Acknowledged, Self::Resolved]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}
