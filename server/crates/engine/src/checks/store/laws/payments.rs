//! Rules of payments, and of payments against the ledger.

use crate::checks::Found;
use crate::db::{Fault, Tx};

/// Payments of which more was captured, or asked for, than was authorised.
pub(super) async fn captures_within_authorized(
    tx: &mut Tx,
    first: i16,
    last: i16,
) -> Result<Vec<Found>, Fault> {
    find!(
        tx,
        first,
        last,
        r#"
        select shop_id, bucket::bigint as place, payment_id as subject,
               format('%s captured and %s asked for of %s authorised', captured_minor,
                      capture_requested_minor, authorized_minor) as detail
        from payment
        where bucket between $1 and $2
          and (captured_minor not between 0 and authorized_minor
               or capture_requested_minor > authorized_minor)
        "#
    )
}

/// Payments of which we had more refunded than was captured, or other than their refunds say.
pub(super) async fn refunds_within_captured(
    tx: &mut Tx,
    first: i16,
    last: i16,
) -> Result<Vec<Found>, Fault> {
    find!(
        tx,
        first,
        last,
        r#"
        select shop_id, bucket::bigint as place, payment_id as subject,
               format('%s refunded by us, %s on their way and %s captured; refunds say %s',
                      refunded_minor - refunded_elsewhere_minor, refund_reserved_minor, captured_minor,
                      succeeded.minor) as detail
        from payment
        cross join lateral (
            select coalesce(sum(amount_minor), 0) as minor from refund
            where refund.bucket = payment.bucket and refund.payment_id = payment.payment_id
              and refund.state = 'succeeded') as succeeded
        where bucket between $1 and $2
          and (refund_requested_minor > captured_minor
               or refunded_minor - refunded_elsewhere_minor + refund_reserved_minor > captured_minor
               or refunded_minor - refunded_elsewhere_minor <> succeeded.minor)
        "#
    )
}

/// Payments that have more or less reserved than their open captures and refunds.
pub(super) async fn reserved_is_under_way(
    tx: &mut Tx,
    first: i16,
    last: i16,
) -> Result<Vec<Found>, Fault> {
    find!(
        tx,
        first,
        last,
        r#"
        select shop_id, bucket::bigint as place, payment_id as subject,
               format('%s of captures and %s of refunds are reserved; %s and %s are under way',
                      capture_reserved_minor, refund_reserved_minor, capturing.minor, refunding.minor)
                   as detail
        from payment
        cross join lateral (
            select coalesce(sum(amount_minor), 0) as minor from refund
            where refund.bucket = payment.bucket and refund.payment_id = payment.payment_id
              and refund.state in ('requested', 'processing')) as refunding
        cross join lateral (
            select coalesce(sum((open ->> 'amount_minor')::bigint), 0) as minor
            from jsonb_array_elements(coalesce(operations -> 'open', '[]')) as one (open)
            where open ->> 'operation' = 'capture') as capturing
        where bucket between $1 and $2
          and (refund_reserved_minor <> refunding.minor or capture_reserved_minor <> capturing.minor)
        "#
    )
}

/// Payments whose captures are not what was posted as captured.
pub(super) async fn captures_are_posted(
    tx: &mut Tx,
    first: i16,
    last: i16,
) -> Result<Vec<Found>, Fault> {
    find!(
        tx,
        first,
        last,
        r#"
        select payment.shop_id as shop_id, bucket::bigint as place, payment_id as subject,
               format('%s captured, %s posted as captured', captured_minor, posted.minor) as detail
        from payment
        cross join lateral (
            select coalesce(sum(entry.amount_minor), 0) as minor
            from posting join entry using (bucket, posting_id)
            where posting.bucket = payment.bucket and posting.object_id = payment.payment_id
              and posting.cause like 'captured/%' and entry.amount_minor > 0) as posted
        where bucket between $1 and $2 and captured_minor <> posted.minor
        "#
    )
}

/// Payments whose processor owes other than what they say.
pub(super) async fn receivable_is_owed(
    tx: &mut Tx,
    first: i16,
    last: i16,
) -> Result<Vec<Found>, Fault> {
    find!(
        tx,
        first,
        last,
        r#"
        select payment.shop_id as shop_id, bucket::bigint as place, payment_id as subject,
               format('the receivable is %s where the payment makes %s', posted.minor,
                      captured_minor - refunded_minor - charged_back_minor - settled_minor
                      + refund_settled_minor) as detail
        from payment
        cross join lateral (
            select coalesce(sum(entry.amount_minor), 0) as minor
            from posting
            join entry using (bucket, posting_id)
            join account using (bucket, account_id)
            where posting.bucket = payment.bucket and posting.object_id = payment.payment_id
              and account.kind = 'processor_receivable') as posted
        where bucket between $1 and $2
          and posted.minor <> captured_minor - refunded_minor - charged_back_minor - settled_minor
                              + refund_settled_minor
        "#
    )
}

/// Payments that are not where their history ends, or whose history has a gap.
pub(super) async fn history_is_whole(
    tx: &mut Tx,
    first: i16,
    last: i16,
) -> Result<Vec<Found>, Fault> {
    find!(
        tx,
        first,
        last,
        r#"
        select shop_id, payment.bucket::bigint as place,
               payment.payment_id as subject,
               format('it is %s at version %s; its history has %s changes and ends %s at version %s',
                      phase, payment.version, history.changes, history.phase_last, history.version_last)
                   as detail
        from payment
        cross join lateral (
            select count(*) as changes, max(transition.version) as version_last,
                   (array_agg(to_phase order by transition.version desc))[1] as phase_last,
                   min(transition.version) as version_first
            from transition
            where transition.bucket = payment.bucket
              and transition.payment_id = payment.payment_id) as history
        where payment.bucket between $1 and $2 and payment.version > 0
          and (history.version_last is distinct from payment.version
               or history.phase_last is distinct from payment.phase
               or history.changes <> payment.version + 1 - history.version_first)
        "#
    )
}
