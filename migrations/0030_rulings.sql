-- Gaps of pay-outs: what people rule where a provider contradicts itself, and whose account it is.
--
-- A pay-out goes to an account of its seller, from an account of its shop, both in its currency: the
-- keys say so now, not only the program that looks the accounts up.

alter table payout
    add column ruling              text,
    add column ruling_by           uuid constraint payout_ruling_by_fkey references staff,
    add column ruling_confirmed_by uuid constraint payout_ruling_confirmed_by_fkey references staff,
    add constraint payout_ruling_check check (
        case when ruling is null then num_nonnulls(ruling_by, ruling_confirmed_by) = 0
             else ruling in ('paid', 'failed', 'returned') and ruling_by is not null end),
    add constraint payout_ruling_second_check check (ruling_confirmed_by <> ruling_by),
    add constraint payout_ruling_phase_check check (
        ruling is null
        or case when ruling_confirmed_by is null then in_doubt else not in_doubt and phase = ruling end);
comment on column payout.ruling is
    'What people say became of it, where what its provider says contradicts itself; a proposal until it is confirmed.';

alter table seller add constraint seller_shop_key unique (seller_id, shop_id);
alter table payee_account
    add constraint payee_account_owner_key unique (payee_account_id, seller_id, shop_id, currency),
    drop constraint payee_account_seller_fkey,
    add constraint payee_account_seller_fkey
        foreign key (seller_id, shop_id) references seller (seller_id, shop_id);
alter table payout_schedule
    drop constraint payout_schedule_seller_fkey,
    add constraint payout_schedule_seller_fkey
        foreign key (seller_id, shop_id) references seller (seller_id, shop_id);
alter table payout_account
    add constraint payout_account_owner_key unique (payout_account_id, shop_id, currency);
alter table payout
    drop constraint payout_payee_fkey,
    add constraint payout_payee_fkey
        foreign key (payee_account_id, seller_id, shop_id, currency)
        references payee_account (payee_account_id, seller_id, shop_id, currency),
    drop constraint payout_account_fkey,
    add constraint payout_account_fkey
        foreign key (payout_account_id, shop_id, currency)
        references payout_account (payout_account_id, shop_id, currency);
alter table payout_file
    drop constraint payout_file_account_fkey,
    add constraint payout_file_account_fkey
        foreign key (payout_account_id, shop_id, currency)
        references payout_account (payout_account_id, shop_id, currency);

-- What a bank's file said, as far as it is about pay-outs of ours: who reads it in the console sees it
-- on a page of its own. Of what is about others only the place in the file is kept.
alter table bank_report add column said jsonb;
create index payout_file_shop_idx on payout_file (shop_id, payout_file_id);
create index bank_report_shop_idx on bank_report (shop_id, bank_report_id);

-- How long a bank may leave a file of pay-outs without an answer: a weekend, and a day.
alter table state_limit
    drop constraint state_limit_state_check,
    add constraint state_limit_state_check check (state in ('page_open', 'executing', 'action_required', 'in_review',
        'awaiting_funds', 'unknown', 'refund_processing', 'authorized', 'capture_processing', 'cancel_processing',
        'bank_file'));
insert into state_limit (state, method, expected_seconds, limit_seconds) values ('bank_file', null, 86400, 259200);
