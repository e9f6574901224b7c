//! Rules of time: leases, expiries, and what has to be sealed.

use crate::checks::Found;
use crate::db::{Fault, Tx};

/// Work that somebody holds ten minutes after the lease has run out.
pub(super) async fn leases_end(tx: &mut Tx, first: i16, last: i16) -> Result<Vec<Found>, Fault> {
    find!(
        tx,
        first,
        last,
        r#"
        select null::uuid as shop_id, bucket::bigint as place, job_id as subject,
               format('%s is held since its lease ended at %s', kind, leased_until) as detail
        from job
        where bucket between $1 and $2 and leased_by is not null
          and leased_until < now() - interval '10 minutes'
        "#
    )
}

/// Payments that could still begin an hour after their checkout expired.
pub(super) async fn payments_expire(
    tx: &mut Tx,
    first: i16,
    last: i16,
) -> Result<Vec<Found>, Fault> {
    find!(
        tx,
        first,
        last,
        r#"
        select payment.shop_id as shop_id, payment.bucket::bigint as place,
               payment.payment_id as subject,
               format('it waits to begin, and its checkout expired at %s', expires_at) as detail
        from payment
        join checkout on checkout.bucket = payment.bucket
            and checkout.checkout_id = payment.checkout_id
        where payment.bucket between $1 and $2 and payment.phase = 'created' and not in_doubt
          and expires_at < now() - interval '1 hour'
        "#
    )
}

/// Postings that were not sealed within an hour: those that nobody knows of, those that wait, and
/// those that were deleted while they waited.
pub(super) async fn postings_are_sealed(
    tx: &mut Tx,
    first: i16,
    last: i16,
) -> Result<Vec<Found>, Fault> {
    find!(
        tx,
        first,
        last,
        r#"
        select posting.shop_id as shop_id, bucket::bigint as place, posting_id as subject,
               case when waiting.subject_id is null then 'it does not even wait to be sealed'
                    else 'it waits to be sealed' end as detail
        from posting
        left join unsealed as waiting
            on waiting.shop_id = posting.shop_id and waiting.subject_id = posting_id
        left join book_chain as chain on chain.shop_id = posting.shop_id
        where bucket between $1 and $2 and recorded_at < now() - interval '1 hour'
          and not exists (select 1 from sealed_record
                          where sealed_record.kind in ('posting', 'audit')
                            and sealed_record.subject_id = posting_id)
          -- What is of a day to come waits for that day.
          and (waiting.subject_id is null or chain.shop_id is null
               or waiting.effective_on <= chain.open_on
               or waiting.effective_on < (now() at time zone 'utc')::date - 1)
        union all
        select shop_id, bucket_of(subject_id)::bigint, subject_id,
               'it was deleted while it waited to be sealed'
        from unsealed
        where kind = 'posting' and added_at < now() - interval '1 hour'
          and bucket_of(subject_id) between $1 and $2
          and not exists (select 1 from posting
                          where posting.bucket = bucket_of(unsealed.subject_id)
                            and posting.posting_id = unsealed.subject_id
                            and posting.shop_id = unsealed.shop_id)
        "#
    )
}

/// Lines of the audit log that were not sealed within an hour, and those that were deleted while they
/// waited.
pub(super) async fn decisions_are_sealed(
    tx: &mut Tx,
    first: i16,
    last: i16,
) -> Result<Vec<Found>, Fault> {
    find!(
        tx,
        first,
        last,
        r#"
        select shop_id, bucket_of(audit_id)::bigint as place,
               audit_id as subject, 'it was not sealed' as detail
        from audit_log
        where bucket_of(audit_id) between $1 and $2
          -- The close of the day before may have to come first.
          and at < now() - interval '1 hour'
          and not exists (select 1 from sealed_record
                          where sealed_record.kind in ('posting', 'audit')
                            and sealed_record.subject_id = audit_id)
        union all
        select nullif(shop_id, '00000000-0000-0000-0000-000000000000'),
               bucket_of(subject_id)::bigint, subject_id,
               'it was deleted while it waited to be sealed'
        from unsealed
        where kind = 'audit' and added_at < now() - interval '1 hour'
          and bucket_of(subject_id) between $1 and $2
          and not exists (select 1 from audit_log
                          where audit_id = unsealed.subject_id
                            and coalesce(audit_log.shop_id, '00000000-0000-0000-0000-000000000000')
                                = unsealed.shop_id)
        "#
    )
}
