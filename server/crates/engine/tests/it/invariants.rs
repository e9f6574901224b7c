//! What must hold of the whole database after every test.

use sqlx::PgPool;

/// Panics with the first law that is broken, and the rows that break it.
pub(crate) async fn assert_hold(pool: &PgPool) {
    for (law, offenders) in LAWS {
        let broken: Vec<String> =
            sqlx::query_scalar(*offenders).fetch_all(pool).await.expect("the law is valid SQL");
        assert!(broken.is_empty(), "broken: {law}: {broken:?}");
    }
}

const LAWS: &[(&str, &str)] = &[
    (
        "every posting balances in every currency",
        "select posting_id::text from entry group by posting_id, currency
         having sum(amount_minor) <> 0",
    ),
    (
        "every balance is the sum of its entries",
        "select account_id::text from (
             select account_id, amount_minor from entry
             union all select account_id, -amount_minor from balance_delta
             union all select account_id, -balance_minor from account_balance) as part
         group by account_id having sum(amount_minor) <> 0",
    ),
    (
        "a payment is settled by as much as its lines say",
        "select payment.payment_id::text from payment
         left join line_match on line_match.object_id = payment.payment_id
         group by payment.payment_id, settled_minor
         having settled_minor <> coalesce(sum(line_match.amount_minor), 0)",
    ),
    (
        "suspense holds what unresolved mismatches say, and nothing else",
        "select owner_id || ' ' || currency from (
             select owner_id, currency, balance_minor as minor from balance where kind = 'suspense'
             union all
             select processor_account_id, currency, -held_minor from mismatch
             where kind in ('fee', 'duplicate', 'missing_in_our_books', 'currency',
                            'orphan_refund')
               and not exists (select 1 from adjustment
                               where adjustment.mismatch_id = mismatch.mismatch_id
                                 and state = 'applied' and posting_id is not null)) as part
         group by owner_id, currency having sum(minor) <> 0",
    ),
    (
        "every usable line of a file has matched or differs, and those that differ say how",
        "select line.settlement_line_id::text from settlement_line as line
         where state = 'read'
            or (state = 'mismatched') <> exists (
                select 1 from mismatch
                where mismatch.settlement_line_id = line.settlement_line_id)",
    ),
    (
        "a file is its matched, mismatched and refused rows",
        "select file.settlement_file_id::text from settlement_file as file
         where (lines, matched, mismatched, refused) is distinct from (
             (select count(*) from settlement_line as line
              where line.settlement_file_id = file.settlement_file_id)
             + (select count(*) from refused_line
                where refused_line.settlement_file_id = file.settlement_file_id),
             (select count(*) from settlement_line as line
              where line.settlement_file_id = file.settlement_file_id and state = 'matched'),
             (select count(*) from settlement_line as line
              where line.settlement_file_id = file.settlement_file_id and state = 'mismatched'),
             (select count(*) from refused_line
              where refused_line.settlement_file_id = file.settlement_file_id))",
    ),
    (
        "a payment's history has a row for each version up to its own, without a gap",
        "select payment.payment_id::text from payment left join transition using (bucket, payment_id)
         group by payment.bucket, payment.payment_id, payment.version
         having max(transition.version) <> payment.version
             or count(*) <> payment.version + 1 - min(transition.version)
             or min(transition.version) > 1",
    ),
    (
        "the history is a chain: each row begins in the phase that the one before it led to",
        "select payment_id::text from (
             select payment_id, from_phase,
                    lag(to_phase) over (partition by payment_id order by version) as before
             from transition) as step
         where from_phase <> before",
    ),
    (
        "a payment is in the phase that its history ends in",
        "select payment_id::text from payment join transition using (bucket, payment_id, version)
         where phase <> to_phase",
    ),
    (
        "what was captured and not given back, charged back or settled is what the processor owes",
        "select payment.payment_id::text from payment
         left join posting on posting.object_id = payment.payment_id
         left join entry on entry.posting_id = posting.posting_id
         left join account on account.account_id = entry.account_id
             and account.kind = 'processor_receivable'
         group by payment.bucket, payment.payment_id
         having coalesce(sum(entry.amount_minor) filter (where account.account_id is not null), 0)
             <> captured_minor - refunded_minor - charged_back_minor - settled_minor
                + refund_settled_minor",
    ),
    (
        "what was captured is what was posted as captured",
        "select payment.payment_id::text from payment
         left join posting on posting.object_id = payment.payment_id
             and posting.cause like 'captured/%'
         left join entry on entry.posting_id = posting.posting_id and entry.amount_minor > 0
         group by payment.bucket, payment.payment_id
         having captured_minor <> coalesce(sum(entry.amount_minor), 0)",
    ),
    (
        "a seller's wallet is the sum of the seller's entries",
        "select seller_id::text from wallet
         where pending_minor + available_minor + reserved_minor <> (
             select -coalesce(sum(amount_minor), 0) from entry join account using (account_id)
             where account.owner_id = wallet.seller_id and account.currency = wallet.currency
               and kind in ('seller_pending', 'seller_available', 'seller_reserved'))",
    ),
    (
        "what is kept back of a seller is what its reserves say",
        "select seller_id::text from wallet
         where reserved_minor <> (
             select coalesce(sum(left_minor), 0) from reserve
             where reserve.seller_id = wallet.seller_id and reserve.currency = wallet.currency)",
    ),
    (
        "refunds that we asked for stay within what was captured, and count as their rows say",
        "select payment.payment_id::text from payment
         left join refund using (bucket, payment_id)
         group by payment.bucket, payment.payment_id
         having refund_requested_minor > captured_minor
             or refunded_minor - refunded_elsewhere_minor
                <> coalesce(sum(refund.amount_minor) filter (where refund.state = 'succeeded'), 0)
             or refund_reserved_minor
                <> coalesce(sum(refund.amount_minor) filter (where refund.state = 'requested'), 0)",
    ),
    (
        "an outgoing event has the number of a change that its object has seen",
        "select event_id::text from outbox
         left join transition on transition.bucket = outbox.bucket
             and transition.payment_id = outbox.object_id and transition.version = outbox.sequence
         left join payout_history as change on change.bucket = outbox.bucket
             and change.payout_id = outbox.object_id and change.version = outbox.sequence
         where transition.version is null and change.version is null",
    ),
    (
        "a pay-out's history is a chain of all its versions that ends where the pay-out is",
        "select payout.payout_id::text from payout
         left join (select bucket, payout_id, version, to_phase,
                           from_phase is not distinct from lag(to_phase) over (
                               partition by payout_id order by version) as follows
                    from payout_history) as change using (bucket, payout_id)
         group by payout.bucket, payout.payout_id
         having count(*) <> payout.version or max(change.version) <> payout.version
             or not bool_and(follows)
             or max(to_phase) filter (where change.version = payout.version) <> phase",
    ),
    (
        "the money of a pay-out stands once where its phase says: in transit, gone, or nowhere",
        "select payout.payout_id::text from payout
         left join posting on posting.bucket = payout.bucket and posting.object_id = payout.payout_id
         left join entry on entry.posting_id = posting.posting_id
         left join account on account.account_id = entry.account_id
         group by payout.bucket, payout.payout_id
         having (coalesce(-sum(entry.amount_minor) filter (where kind = 'payouts_in_transit'), 0),
                 coalesce(-sum(entry.amount_minor) filter (where kind = 'bank'), 0),
                 coalesce(sum(entry.amount_minor) filter (where kind = 'seller_available'), 0))
             <> (case when phase in ('submitted', 'in_transit') then payout.amount_minor else 0 end,
                 case when phase = 'paid' then payout.amount_minor else 0 end,
                 case when phase in ('submitted', 'in_transit', 'paid') then payout.amount_minor else 0 end)",
    ),
    (
        "a file for a bank is its pay-outs, of one account, each submitted once",
        "select file.payout_file_id::text from payout_file as file
         left join payout_file_line as line using (payout_file_id)
         left join payout on payout.bucket = line.bucket and payout.payout_id = line.payout_id
         group by file.payout_file_id
         having count(line.payout_id) <> file.payouts
             or coalesce(sum(payout.amount_minor), 0) <> file.total_minor
             or bool_or(payout.payout_account_id <> file.payout_account_id)
             or bool_or(payout.currency <> file.currency)
             or max(payout.submissions) <> 1",
    ),
    (
        "an entry stands in the bucket and the currency of its account",
        "select posting_id::text from entry join account using (account_id)
         where entry.bucket <> account.bucket or entry.currency <> account.currency",
    ),
    (
        "a quote that was accepted was exchanged and posted once, and no other was",
        "select quote.exchange_quote_id::text from exchange_quote as quote
         left join exchange using (exchange_quote_id)
         left join posting on posting.object_id = quote.exchange_quote_id
         where (quote.accepted_at is null) <> (exchange.posting_id is null)
            or posting.posting_id is distinct from exchange.posting_id
            or posting.cause <> 'exchanged'
            or (quote.sold_currency, quote.sold_minor, quote.bought_currency)
               <> (exchange.sold_currency, exchange.sold_minor, exchange.bought_currency)",
    ),
    (
        "a position holds what exchanges sold and were worth, less what was realised",
        "select currency from (
             select currency, balance_minor from balance where kind = 'exchange_position'
             union all select sold_currency, sold_minor from exchange
             union all select bought_currency, -worth_minor from exchange
             union all select currency, balance_minor from balance
                       where kind = 'exchange_gains') as part
         group by currency having sum(balance_minor) <> 0",
    ),
    (
        "a reference that is claimed names something that exists",
        "select reference from reference_claim
         where not exists (select 1 from payment where payment_id = object_id)
           and not exists (select 1 from checkout where checkout_id = object_id)",
    ),
];
