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
        "a payment's history has as many rows as its version says",
        "select payment.payment_id::text from payment left join transition using (bucket, payment_id)
         group by payment.bucket, payment.payment_id, payment.version
         having count(transition.version) <> payment.version",
    ),
];
