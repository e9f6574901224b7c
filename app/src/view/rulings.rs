//! What people say became of a pay-out of which nothing certain is said.

use domain::payout::ruling::Ending;
use serde::{Deserialize, Serialize};

/// A pay-out of which its provider says one thing and then another, or nothing that can be believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoubtView {
    /// What this person may say became of it; nothing if they may not, or somebody has.
    pub endings: Vec<Ending>,
    /// What somebody says became of it.
    pub proposal: Option<ProposedView>,
}

/// What somebody says became of a pay-out, and nobody has agreed with yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposedView {
    /// What became of it.
    pub ending: Ending,
    /// Who says so.
    pub by: String,
    /// What proves it.
    pub reason: String,
    /// Whether it was the person who looks, and so somebody else has to agree.
    pub is_own: bool,
    /// Whether they may agree.
    pub may_confirm: bool,
    /// Whether they may take it back or turn it down.
    pub may_withdraw: bool,
}

/// What became of a pay-out by the word of two people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuledView {
    /// What became of it.
    pub ending: Ending,
    /// Who said so.
    pub by: String,
    /// Who agreed.
    pub confirmed_by: String,
}
