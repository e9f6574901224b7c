-- Several named processors in one program: what each costs and takes. Accounts belong to one.

create table processor (
    name        text primary key,
    label       text not null,
    share_ppm   integer not null constraint processor_share_check check (share_ppm between 0 and 1000000),
    fixed_minor integer not null constraint processor_fixed_check check (fixed_minor >= 0),
    methods     text[] not null,
    -- Null takes every currency.
    currencies  text[]
);

insert into processor (name, label, share_ppm, fixed_minor, methods, currencies)
values ('sandbox', 'Sandbox Pay', 14000, 25, '{card,wallet,bank_transfer,voucher}', null);

alter table account add column processor text not null default 'sandbox'
    constraint account_processor_fkey references processor (name);

-- Methods without a card have no last digits.
alter table payment_method
    drop constraint payment_method_last4_check,
    add constraint payment_method_last4_check check (last4 ~ '^([0-9]{4})?$');
