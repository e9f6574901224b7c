-- The yardstick: the least that any correct payment system must write, as plain SQL. One payment
-- in two transactions, as in life, since the processor is called between them.
\set merchant random(1, 1000)
\set clearing random(1001, 1010)
\set amount random(1000, 100000)
\set fee :amount / 50
begin;
insert into y.payment (id, merchant_id, idem_key, amount, currency, state)
values (y.uuid7(), :merchant, gen_random_uuid()::text, :amount, 'EUR', 1) returning id as pid \gset
insert into y.job (kind, payment_id) values ('charge', :pid::uuid) returning id as jid \gset
insert into y.audit (actor, action, object_id, detail)
values ('api', 'payment.created', :pid::uuid, jsonb_build_object('amount', :amount::bigint));
commit;
begin;
update y.payment set state = 3, psp_ref = 'psp_' || :amount::text, updated_at = now()
where id = :pid::uuid and state = 1;
insert into y.ledger_line (entry_id, line, account_id, amount)
values (:pid::uuid, 1, :clearing, :amount::bigint - :fee::bigint / 2),
       (:pid::uuid, 2, :merchant, -(:amount::bigint - :fee::bigint)),
       (:pid::uuid, 3, 1011, -(:fee::bigint)),
       (:pid::uuid, 4, 1012, :fee::bigint / 2);
insert into y.outbox (topic, payment_id, payload)
values ('payment.captured', :pid::uuid,
        jsonb_build_object('amount', :amount::bigint, 'currency', 'EUR', 'state', 'captured'));
insert into y.audit (actor, action, object_id, detail)
values ('worker', 'payment.captured', :pid::uuid, jsonb_build_object('amount', :amount::bigint));
delete from y.job where id = :jid::bigint;
update y.account set balance = balance - (:amount::bigint - :fee::bigint), version = version + 1
where id = :merchant;
update y.account set balance = balance + (:amount::bigint - :fee::bigint / 2), version = version + 1
where id = :clearing;
commit;
