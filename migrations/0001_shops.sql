-- Shops, their keys, sellers and processor accounts; the references that shops give; idempotency.
--
-- Small tables have plain ids. Whatever belongs to a checkout carries the checkout's bucket, which
-- is the last byte of its id, first in each key, so that the hot tables can be sharded by it.

create function bucket_of(id uuid) returns smallint
    language sql immutable parallel safe
    return get_byte(uuid_send(id), 15)::smallint;

create function refuse_change() returns trigger
    language plpgsql as
$$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end
$$;

create table setting
(
    name  text  not null constraint setting_pkey primary key,
    value bytea not null
);
comment on table setting is 'What this installation made once and keeps, such as the secret behind access keys.';

create table shop
(
    shop_id        uuid        not null constraint shop_pkey primary key,
    name           text        not null,
    webhook_url    text,
    webhook_secret text,
    created_at     timestamptz not null default now(),
    constraint shop_webhook_check check ((webhook_url is null) = (webhook_secret is null))
);

create table api_key
(
    api_key_id uuid        not null constraint api_key_pkey primary key,
    shop_id    uuid        not null constraint api_key_shop_fkey references shop,
    name       text        not null,
    key_sha256 bytea       not null constraint api_key_sha256_key unique,
    created_at timestamptz not null default now(),
    revoked_at timestamptz
);

create table seller
(
    seller_id        uuid        not null constraint seller_pkey primary key,
    shop_id          uuid        not null constraint seller_shop_fkey references shop,
    reference        text        not null,
    name             text        not null,
    fee_basis_points integer     not null,
    created_at       timestamptz not null default now(),
    constraint seller_reference_key unique (shop_id, reference),
    constraint seller_fee_check check (fee_basis_points between 0 and 10000)
);
comment on column seller.reference is 'The name that the shop gives: seller_account in the API.';

create table processor_account
(
    processor_account_id uuid        not null constraint processor_account_pkey primary key,
    shop_id              uuid        not null constraint processor_account_shop_fkey references shop,
    processor            text        not null,
    name                 text        not null,
    base_url             text        not null,
    api_key              text        not null,
    webhook_secret       text        not null,
    fee_basis_points     integer     not null,
    fee_fixed_minor      bigint      not null,
    created_at           timestamptz not null default now(),
    constraint processor_account_name_key unique (shop_id, name),
    constraint processor_account_fee_check check (fee_basis_points between 0 and 10000 and fee_fixed_minor >= 0)
);

create table reference_claim
(
    bucket    smallint not null,
    shop_id   uuid     not null,
    kind      text     not null,
    reference text     not null,
    object_id uuid     not null,
    constraint reference_claim_pkey primary key (bucket, shop_id, kind, reference),
    constraint reference_claim_kind_check check (kind in ('checkout', 'payment'))
);
comment on table reference_claim is
    'Ids that shops give, unique per shop; the bucket is the hash of the reference, so that it finds the object.';

create table idempotency
(
    bucket       smallint    not null,
    shop_id      uuid        not null,
    route        text        not null,
    key          text        not null,
    fingerprint  bytea       not null,
    leased_until timestamptz not null,
    object_id    uuid,
    status       smallint,
    headers      jsonb,
    body         text,
    created_at   timestamptz not null default now(),
    constraint idempotency_pkey primary key (bucket, shop_id, route, key),
    constraint idempotency_answer_check check ((status is null) = (body is null)),
    constraint idempotency_body_check check (octet_length(body) <= 65536)
) with (fillfactor = 70);
comment on table idempotency is
    'A key is claimed with a lease, then names the object that the effect made, then holds the answer.';
