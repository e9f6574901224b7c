-- Every posting copied 1,000 times with its entries: ten thousand entries become ten million. Ids
-- follow from the original's and the number of the copy, so that the entries of a copy find it; the last
-- byte of an id is its bucket and stays. Checks and triggers are off meanwhile; the sums are checked
-- afterwards.
set session_replication_role = replica;

create function pg_temp.copy_id(original uuid, number integer) returns uuid
    language sql immutable as
$$
    select overlay(md5(original::text || number) placing right(original::text, 2) from 31)::uuid
$$;

create temp table original_posting as select * from posting;
create temp table original_entry as select * from entry;

insert into posting (bucket, posting_id, shop_id, object_id, cause)
select bucket, pg_temp.copy_id(posting_id, number), shop_id, object_id, cause || '/' || number
from original_posting cross join generate_series(1, 1000) as number;

insert into entry (bucket, posting_id, line, account_id, currency, amount_minor)
select bucket, pg_temp.copy_id(posting_id, number), line, account_id, currency, amount_minor
from original_entry cross join generate_series(1, 1000) as number;

update account_balance set balance_minor = balance_minor * 1001;
set session_replication_role = origin;
analyze;
