-- A shop may ask for a quote each second, to show a price: those that were accepted are found without
-- the others, and the others are forgotten.
create index exchange_quote_accepted_idx on exchange_quote (seller_id, accepted_at) where accepted_at is not null;
create index exchange_quote_expired_idx on exchange_quote (expires_at) where accepted_at is null;
