-- The ledger's part of the yardstick: four lines that balance, and the two balances that they move.
\set merchant random(1, 1000)
\set clearing random(1001, 1010)
begin;
select y.uuid7() as pid \gset
insert into y.ledger_line (entry_id, line, account_id, amount)
values (:pid::uuid, 1, :clearing, 4904), (:pid::uuid, 2, :merchant, -4749),
       (:pid::uuid, 3, 1011, -250), (:pid::uuid, 4, 1012, 95);
update y.account set balance = balance - 4749, version = version + 1 where id = :merchant;
update y.account set balance = balance + 4904, version = version + 1 where id = :clearing;
commit;
