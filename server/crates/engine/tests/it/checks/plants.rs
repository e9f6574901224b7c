//! What breaks each rule, as somebody would who owns the database.

use engine::checks::Rule;

/// A rule, what breaks it, what mends it again, and the row that is named.
pub(crate) struct Plant {
    pub(crate) rule: Rule,
    pub(crate) breaks: &'static str,
    pub(crate) mends: &'static str,
    pub(crate) row: &'static str,
}

const SOLD: &str = "select payment_id from payment order by payment_id limit 1";
const POSTED: &str = "select posting_id from posting order by posting_id limit 1";

#[rustfmt::skip]
pub(crate) const PLANTS: &[Plant] = &[
    Plant {
        rule: Rule::PostingsBalance,
        breaks: "update entry set amount_minor = amount_minor + 1 where line = 1
                 and posting_id = (select posting_id from posting order by posting_id limit 1)",
        mends: "update entry set amount_minor = amount_minor - 1 where line = 1
                and posting_id = (select posting_id from posting order by posting_id limit 1)",
        row: POSTED,
    },
    Plant {
        rule: Rule::PostingsHaveEntries,
        breaks: "insert into posting (bucket, posting_id, shop_id, object_id, cause)
                 select bucket, payment_id, shop_id, payment_id, 'nothing' from payment
                 order by payment_id limit 1",
        mends: "delete from posting where cause = 'nothing'",
        row: SOLD,
    },
    Plant {
        rule: Rule::EntriesFit,
        breaks: "update entry set currency = 'USD' where posting_id = (
                     select posting_id from posting order by posting_id limit 1)",
        mends: "update entry set currency = 'EUR'",
        row: POSTED,
    },
    Plant {
        rule: Rule::EntriesFit,
        breaks: "update posting set shop_id = gen_random_uuid() where posting_id = (
                     select posting_id from posting order by posting_id limit 1)",
        mends: "update posting set shop_id = (select shop_id from shop)",
        row: POSTED,
    },
    Plant {
        rule: Rule::AccountsFit,
        breaks: "update account set owner_id = shop_id where kind = 'processor_receivable' and account_id = (
                     select min(account_id::text)::uuid from account where kind = 'processor_receivable')",
        mends: "update account set owner_id = (select processor_account_id from processor_account)
                where kind = 'processor_receivable'",
        row: "select min(account_id::text)::uuid from account where kind = 'processor_receivable'",
    },
    Plant {
        rule: Rule::BalancesAreSums,
        breaks: "update balance_delta set amount_minor = amount_minor + 1 where delta_id = 1",
        mends: "update balance_delta set amount_minor = amount_minor - 1 where delta_id = 1",
        row: "select account_id from balance_delta where delta_id = 1",
    },
    Plant {
        rule: Rule::CapturesWithinAuthorized,
        breaks: "update payment set authorized_minor = captured_minor - 1
                 where payment_id = (select payment_id from payment order by payment_id limit 1)",
        mends: "update payment set authorized_minor = captured_minor",
        row: SOLD,
    },
    Plant {
        rule: Rule::RefundsWithinCaptured,
        breaks: "update payment set refunded_minor = captured_minor + 1
                 where payment_id = (select payment_id from payment order by payment_id limit 1)",
        mends: "update payment set refunded_minor = 0",
        row: SOLD,
    },
    Plant {
        rule: Rule::ReservedIsUnderWay,
        breaks: "update payment set refund_reserved_minor = 1, refund_requested_minor = 1
                 where payment_id = (select payment_id from payment order by payment_id limit 1)",
        mends: "update payment set refund_reserved_minor = 0, refund_requested_minor = 0",
        row: SOLD,
    },
    Plant {
        rule: Rule::CapturesArePosted,
        breaks: "update payment set captured_minor = captured_minor - 1
                 where payment_id = (select payment_id from payment order by payment_id limit 1)",
        mends: "update payment set captured_minor = authorized_minor",
        row: SOLD,
    },
    Plant {
        rule: Rule::ReceivableIsOwed,
        breaks: "update payment set settled_minor = 5
                 where payment_id = (select payment_id from payment order by payment_id limit 1)",
        mends: "update payment set settled_minor = 0",
        row: SOLD,
    },
    Plant {
        rule: Rule::PayoutsArePosted,
        breaks: "insert into payout (bucket, payout_id, shop_id, seller_id, payout_account_id,
                                     payee_account_id, currency, amount_minor, maker_kind, needs_second,
                                     reasons, approver_kind, phase, submissions, begun, ended_at)
                 select bucket_of(seller_id), seller_id, shop_id, seller_id, seller_id, seller_id, 'EUR',
                        5700, 'schedule', false, '{}', 'schedule', 'paid', 1, 1, now()
                 from seller order by seller_id limit 1",
        mends: "delete from payout",
        row: "select seller_id from seller order by seller_id limit 1",
    },
    Plant {
        rule: Rule::HistoryIsWhole,
        breaks: "update payment set phase = 'authorized'
                 where payment_id = (select payment_id from payment order by payment_id limit 1)",
        mends: "update payment set phase = 'captured'",
        row: SOLD,
    },
    Plant {
        rule: Rule::LeasesEnd,
        breaks: "update job set leased_by = job_id, leased_until = now() - interval '1 hour'
                 where job_id = (select job_id from job order by job_id limit 1)",
        mends: "update job set leased_by = null, leased_until = null",
        row: "select job_id from job order by job_id limit 1",
    },
    Plant {
        rule: Rule::PaymentsExpire,
        breaks: "update payment set phase = 'created'
                 where payment_id = (select payment_id from payment order by payment_id limit 1);
                 update checkout set expires_at = now() - interval '2 hours'",
        mends: "update payment set phase = 'captured';
                update checkout set expires_at = now() + interval '1 hour'",
        row: SOLD,
    },
    Plant {
        rule: Rule::PostingsAreSealed,
        breaks: "insert into posting (bucket, posting_id, shop_id, object_id, cause, recorded_at)
                 select bucket, payment_id, shop_id, payment_id, 'hidden', now() - interval '2 hours'
                 from payment order by payment_id limit 1",
        mends: "delete from posting where cause = 'hidden'",
        row: SOLD,
    },
    // What its trigger put there, of a row that was deleted since.
    Plant {
        rule: Rule::PostingsAreSealed,
        breaks: "insert into unsealed (shop_id, subject_id, effective_on, kind, added_at)
                 select shop_id, payment_id, current_date, 'posting', now() - interval '2 hours'
                 from payment order by payment_id limit 1",
        mends: "delete from unsealed where kind = 'posting' and added_at < now() - interval '1 hour'",
        row: SOLD,
    },
    Plant {
        rule: Rule::DecisionsAreSealed,
        breaks: "insert into audit_log (audit_id, shop_id, actor, action, object_type, object_id, at)
                 select payment_id, shop_id, 'x', 'x', 'x', 'x', now() - interval '2 hours'
                 from payment order by payment_id limit 1",
        mends: "delete from audit_log where actor = 'x'",
        row: SOLD,
    },
    // What its trigger put there, of a row that was deleted since.
    Plant {
        rule: Rule::DecisionsAreSealed,
        breaks: "insert into unsealed (shop_id, subject_id, effective_on, kind, added_at)
                 select shop_id, payment_id, current_date, 'audit', now() - interval '2 hours'
                 from payment order by payment_id limit 1",
        mends: "delete from unsealed where kind = 'audit' and added_at < now() - interval '1 hour'",
        row: SOLD,
    },
    Plant {
        rule: Rule::ChainHolds,
        breaks: "update posting set cause = cause || '!'
                 where posting_id = (select posting_id from posting order by posting_id limit 1)",
        mends: "update posting set cause = rtrim(cause, '!')",
        row: POSTED,
    },
    Plant {
        rule: Rule::ChainHolds,
        breaks: "create table kept as table entry; create table kept_posting as table posting;
                 delete from entry; delete from posting
                 where posting_id = (select posting_id from posting order by posting_id limit 1)",
        mends: "insert into posting select * from kept_posting on conflict do nothing;
                insert into entry select * from kept",
        row: "select posting_id from kept_posting order by posting_id limit 1",
    },
    Plant {
        rule: Rule::ChainHolds,
        breaks: "create table kept_close as table day_close;
                 update day_close set signature = decode(repeat('00', 64), 'hex')",
        mends: "delete from day_close; insert into day_close select * from kept_close",
        row: "select shop_id from shop",
    },
    Plant {
        rule: Rule::ChainHolds,
        breaks: "create table kept_balance as table day_balance;
                 update day_balance set opening_minor = 'NaN' where account_id = (
                     select min(account_id::text)::uuid from day_balance)",
        mends: "delete from day_balance; insert into day_balance select * from kept_balance",
        row: "select min(account_id::text)::uuid from day_balance",
    },
    Plant {
        rule: Rule::ChainHolds,
        breaks: "create table kept_audit as table audit_log; update audit_log set at = 'infinity'",
        mends: "delete from audit_log; insert into audit_log select * from kept_audit",
        row: "select audit_id from audit_log",
    },
    Plant {
        rule: Rule::ChainHolds,
        breaks: "create table kept_days as table posting;
                 update posting set effective_on = 'infinity'
                 where posting_id = (select posting_id from posting order by posting_id limit 1)",
        mends: "delete from posting; insert into posting select * from kept_days",
        row: POSTED,
    },
];
