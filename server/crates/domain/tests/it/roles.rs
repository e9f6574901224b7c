//! `server/docs/roles.md`: what each role may do, as the rules have it.

use std::fmt::Write;

use domain::permission::{Action, Role};

use crate::document;

const HEAD: &str = "# What each role may do

Generated from `domain::permission` by a test (`UPDATE_DOCS=1 cargo test -p domain` writes it anew), so
it cannot drift from the code. What four eyes demand comes on top: whoever proposed or made something
never approves it, whatever their role. Whoever may use the command line may do all of it.

| | operator | analyst | approver | admin |
|---|---|---|---|---|
";

/// The action as people read it. A new one does not compile until it has a line.
const fn sentence(action: Action) -> &'static str {
    match action {
        Action::Read => "look at payments, the ledger, files, pay-outs and mismatches",
        Action::TakeInFile => "take in a settlement file",
        Action::ResolveMismatch => "take on a mismatch, resolve it, or propose how",
        Action::ApproveAdjustment => "approve or reject what somebody else proposed",
        Action::ReplayWebhook => {
            "have a webhook of a processor or a pay-out provider handled again"
        }
        Action::DiscardWebhook => "decide that a webhook matches nothing and need not",
        Action::HandleAlert => "acknowledge or resolve an alert",
        Action::ForceCircuit => "decide whether a processor account is called",
        Action::HandleDeadLetter => "have a dead letter tried again, or discard it",
        Action::MakePayout => "make or cancel a pay-out",
        Action::HoldPayout => "stop a pay-out, or let it go on",
        Action::ApprovePayout => "let a pay-out be submitted",
        Action::ProposeRuling => "say what became of a pay-out whose provider contradicts itself",
        Action::ConfirmRuling => "agree with what somebody else said became of such a pay-out",
        Action::MakeBankFile => "make a file of pay-outs for a bank, and download one",
        Action::ReadBankReport => "take in what a bank\u{2019}s file says of pay-outs",
        Action::VerifyPayeeAccount => "say that a seller\u{2019}s bank account is theirs",
        Action::ExchangeFunds => "exchange what a seller has between currencies",
    }
}

#[test]
fn the_table_of_roles_lists_every_action() {
    let mut text = HEAD.to_owned();
    for &action in Action::ALL {
        write!(text, "| {} |", sentence(action)).expect("text can be written to");
        for role in Role::ALL {
            let may = if role.may(action) { " yes |" } else { " |" };
            text.push_str(may);
        }
        text.push('\n');
    }
    document::check("roles.md", &text);
}

#[test]
fn who_may_more_may_all_that_who_may_less_may() {
    for pair in Role::ALL.windows(2) {
        for &action in Action::ALL {
            assert!(!pair[0].may(action) || pair[1].may(action), "{action:?}: {pair:?}");
        }
    }
}
