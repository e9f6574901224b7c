//! Sentences for the codes that come back in an address after a form was sent.
//!
//! A form that worked answers with a redirect to a page with `?notice=<code>`; one that was refused
//! with `?problem=<code>`, and `&field=<name>` if one field is to blame. Codes that are not listed
//! here show a general sentence, so an address cannot make a page say what it likes.

use domain::four_eyes::Objection;

use crate::words::payouts;

/// Why a form was refused.
pub fn problem(code: &str) -> &'static str {
    match code {
        // The checkout page.
        "expired" => {
            "This checkout has expired. Go back to the shop and start again. Nothing was charged."
        }
        "cancelled" => "This checkout was cancelled by the shop. Nothing was charged.",
        "already_paid" => "This checkout is already paid. You were not charged again.",
        "in_progress" => {
            "A payment for this checkout is already under way. You were not charged again."
        }
        "processor_unavailable" => {
            "The payment page cannot be reached right now. Nothing was charged. Please try again in a minute."
        }
        // Every page with a form.
        "stale" => {
            "Something has changed since you opened this page. Look at it again, then decide."
        }
        "not_allowed" => "Your role does not allow this.",
        "too_many" => "Too many tries. Wait a minute, then try again.",
        "card_number" => {
            "This looks like it holds a card number. Card numbers must not be stored here; take it out."
        }
        "unprintable" => "This holds characters that cannot be printed. Take them out.",
        // Signing in.
        "wrong_credentials" => "The email address or the password is wrong.",
        "locked" => "Too many wrong passwords. Signing in is locked for a few minutes.",
        "email_missing" => "Enter your email address.",
        "password_missing" => "Enter your password.",
        // Mismatches.
        "resolution_missing" => "Choose a resolution.",
        "resolution_not_allowed" => "This resolution does not fit this mismatch.",
        "reason_missing" => "Say why. The reason stays with the posting.",
        "reason_too_long" => "The reason is too long. 500 characters are enough.",
        "own_proposal" => "You proposed this yourself. A second person has to approve it.",
        "already_resolved" => "This mismatch is already resolved.",
        "over_limit" => "This is more than may be posted in one step. Ask an administrator.",
        // Webhooks in.
        "webhook_refused" => "This webhook was not believed when it arrived, and is not now.",
        "webhook_not_unmatched" => {
            "This webhook does not wait for anybody any more: it was matched, or discarded."
        }
        // Dead letters.
        "dead_letter_gone" => {
            "This dead letter is not there any more: somebody had it tried again, or discarded it."
        }
        "dead_letter_waited_for" => {
            "The payment waits for the outcome of this work. Retry it: that asks the processor first."
        }
        // Processors.
        "wish_missing" => "Choose what to do.",
        "duration_missing" => "Choose for how long, from one minute to one day.",
        "reason_needed" => "Say why. The reason stays in the audit log.",
        // Settlement files.
        "file_missing" => "Choose a file.",
        "file_too_large" => "The file is too large.",
        "file_empty" => "The file is empty.",
        "processor_account_missing" => "Choose the processor account that the file belongs to.",
        other => problem_of_funds(other)
            .unwrap_or("This did not work, and nothing was changed. Try again, or ask for help."),
    }
}

/// Why a form was refused that is about what sellers have, and the books that say so.
fn problem_of_funds(code: &str) -> Option<&'static str> {
    Some(match code {
        // Pay-outs.
        "maker_is_checker" => payouts::objection(Objection::MakerIsChecker),
        "verifier_is_checker" => payouts::objection(Objection::VerifierIsChecker),
        "second_person_needed" => payouts::objection(Objection::NotAPerson),
        "payout_under_way" => "The pay-out was submitted, and cannot be stopped any more.",
        "payout_ended" => "The pay-out is over.",
        "payout_in_doubt" => "Nobody knows yet what became of the pay-out. It is asked about.",
        "ruling_missing" => "Choose what became of it.",
        "ruling_not_in_question" => {
            "What became of it is not in question any more. Look at the page again."
        }
        "ruling_waits" => {
            "Somebody has said already what became of it. Agree with them, or turn it down."
        }
        "ruling_own" => "You proposed this yourself. A second person has to agree.",
        "payout_currency" => "The shop has no account that pays out in this currency.",
        "no_verified_account" => {
            "The seller has no bank account in this currency that somebody has verified."
        }
        "payee_account_retired" => "Another bank account took the place of this one.",
        "amount_invalid" => "Write the amount in digits, such as 12.50.",
        "amount_not_positive" => "An amount is more than nothing.",
        "amount_too_many_decimals" => "The amount has more decimals than its currency.",
        "amount_too_large" => {
            "This is more than the seller can be paid beside their other pay-outs."
        }
        other => return problem_of_bank_files(other).or_else(|| problem_of_books(other)),
    })
}

/// Why a form was refused that is about files for banks, and of banks.
fn problem_of_bank_files(code: &str) -> Option<&'static str> {
    Some(match code {
        "bank_file_account" => "Choose an account that pays by bank file.",
        "bank_file_nothing_waits" => {
            "Nothing waits for a file at this account: all that was submitted is in one below."
        }
        "bank_file_past" => "The day is over. Choose today or a later day.",
        "bank_file_unwritable" => {
            "Nothing of what waits can be written into a file. Look at the bank accounts of the payees."
        }
        "bank_file_not_xml" => "The file is not XML as banks write it.",
        "bank_file_utf16" => "The file is UTF-16, which is not read here. Save it as UTF-8.",
        "bank_file_document_type" => "The file has a document type, which no bank file has.",
        "bank_file_too_much" => "The file has more in it than is read at once.",
        "bank_file_cut_off" => "The file was cut off. Fetch it from the bank again.",
        "bank_file_no_message" => "The file is none of pain.002, camt.053 and camt.054.",
        "bank_file_several" => "The file has more than one message. Bring them one by one.",
        _ => return None,
    })
}

/// Why a form was refused that is about exchanges, and the books that say so.
fn problem_of_books(code: &str) -> Option<&'static str> {
    Some(match code {
        // Exchanges.
        "exchange_same" => "Choose another currency than the one that is sold.",
        "exchange_no_rate" => {
            "There is no rate between these two currencies. Rates are taken in with: paydesk rates import FILE"
        }
        "exchange_rate_old" => {
            "The newest rate is too old. Take a newer one in with: paydesk rates import FILE"
        }
        "exchange_too_small" => "This is too little to be exchanged.",
        "exchange_too_large" => "The amount is out of range.",
        "exchange_not_covered" => "The seller has less than this available.",
        "quote_expired" => "The quote has expired, and nothing was exchanged. Ask for another.",
        "quote_accepted" => "This quote was accepted before. It is good for one exchange.",
        // The books.
        "days_backwards" => "The last day is before the first.",
        "days_too_many" => "These are too many days: choose fewer, or months.",
        "books_format" => "Choose one of the forms.",
        "books_nothing" => "Nothing of these books is sealed yet.",
        "books_backwards" => "The first day is after the last.",
        "books_not_closed" => {
            "The day before is not closed yet: begin with the open day or before."
        }
        "day_invalid" => "Write a day such as 2026-11-20.",
        _ => return None,
    })
}

/// What a form did.
pub fn notice(code: &str) -> Option<&'static str> {
    Some(match code {
        "claimed" => "You have taken this mismatch on.",
        "resolved" => "Resolved. The books have changed as previewed.",
        "proposed" => "Proposed. A second person has to approve it before the books change.",
        "approved" => "Approved. The books have changed as proposed.",
        "rejected" => "Sent back to its queue with your reason.",
        "reopened" => "Opened again.",
        "taken_in" => "The file was taken in and compared with the books.",
        "already_known" => {
            "This very file was taken in before. Nothing was changed; this is its report."
        }
        "replayed" => {
            "It will be handled again at once. Load the page again to see what it led to."
        }
        "acknowledged" => "The others see that you look at it.",
        "alert_resolved" => "Resolved. If the condition lasts, there will be a new alert.",
        "dead_letter_retried" => "It is tried again, at once. Its history stays with it.",
        "dead_letters_retried" => {
            "All of this cause are tried again. Their history stays with them."
        }
        "webhook_discarded" | "dead_letter_discarded" => {
            "Discarded. It stays readable, with your reason."
        }
        "circuit_forced" => "Decided. It ends by itself when its time is over.",
        "circuit_unforced" => "Its calls decide again.",
        "payout_made" => "The pay-out is made.",
        "payout_approved" => "Approved. It is given to the provider at once.",
        "payout_held" => "Held. Nothing is submitted until somebody lets it go on.",
        "payout_resumed" => "It goes on from where it was held.",
        "payout_cancelled" => "Cancelled. Nothing was paid.",
        "bank_file_made" => "The file is made. Download it below, and give it to the bank.",
        "bank_file_made_more" => {
            "The file is made. More pay-outs wait than one file may have: make the next one."
        }
        "bank_file_left_out" => {
            "The file is made without what cannot be written, which still waits. Look at those payees."
        }
        "bank_report_read" => "The file was read. This is what it said.",
        "bank_report_known" => {
            "This very file was read before. Nothing was changed; this is what it said."
        }
        "ruling_proposed" => "Proposed. A second person has to agree before anything is booked.",
        "ruling_confirmed" => "Agreed and booked.",
        "ruling_withdrawn" => {
            "Nothing waits for a second person any more. It can be proposed anew."
        }
        "exchanged" => "Exchanged. What was bought is available now.",
        "payee_account_verified" => "Verified. The seller is paid to this account from now on.",
        "signed_out" => "You are signed out.",
        _ => return None,
    })
}
