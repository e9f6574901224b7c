-- Refunds that somebody made at the processor, and that came back.
--
-- What went back elsewhere was a total that only rises, so that a refund that bounced stayed booked.
-- What came back is a total of its own, which only rises as well: a late report changes nothing.

alter table payment
    add column returned_elsewhere_minor bigint not null default 0,
    add constraint payment_returned_check check (returned_elsewhere_minor >= 0);
comment on column payment.returned_elsewhere_minor is 'Refunds made at the processor without us that were not made in the end, in total.';
