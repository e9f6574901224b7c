-- Statements: the entries of one account, in the order in which they were recorded.
create index entry_account_idx on entry (account_id, recorded_at);
