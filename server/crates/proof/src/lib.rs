//! Books that prove themselves: what was recorded, in an order and a form that cannot be changed
//! without being noticed, and everything that is needed to check it without Paydesk.
//!
//! Nothing here reads a database, a clock or a file by itself; streams are given. When records are
//! sealed and where the links are kept is the engine's business.
//!
//! # The format `paydesk-books/1`
//!
//! A file is UTF-8, one JSON object per line, each line ended by one line feed. It begins with a
//! `header`, ends with an `end`, and has the records of one shop between them, in the order of
//! their chain ([`export`] has the frame, [`record`] the kinds). JSON, because every language and
//! every auditor's tool reads it; canonical, because a byte that may be changed is a byte that was
//! not proven: fields stand in the order of the table, without white space, without fields of
//! other names; integers have no sign or zeros that they do not need; strings have the escapes of
//! RFC 8785, section 3.2.2.2, and no other. Whoever checks a line writes it again and compares.
//!
//! | kind | fields, in this order |
//! |---|---|
//! | `header` | `format` `shop` `from` `to` `first_sequence` `previous_hash` `hash` |
//! | `account` | `sequence` `id` `account_kind` `account_type` `owner`? `currency` `hash` |
//! | `posting` | `sequence` `id` `object` `cause` `corrects`? `effective_on` `booked_on` `recorded_at` `entries`\[`account` `currency` `amount_minor`\] `hash` |
//! | `audit` | `sequence` `id` `actor` `staff`? `action` `object_type` `object_id` `detail` `at` `hash` |
//! | `balance` | `sequence` `date` `id` `account_kind` `account_type` `owner`? `currency` `opening_minor` `debits_minor` `credits_minor` `closing_minor` `hash` |
//! | `close` | `sequence` `shop` `date` `first_sequence` `last_sequence` `last_hash` `postings` `entries` `audits` `accounts` `totals`\[`currency` `debits_minor` `credits_minor`\] `key_id` `public_key` `hash` `signature` |
//! | `end` | `records` `last_sequence` `last_hash` |
//!
//! Each begins with `kind`. Fields with `?` may be null. Numbers are the sequences, counts and
//! amounts; all else is a string. Amounts are in minor units of the currency beside them, debit
//! positive and credit negative. Ids are those of the API, owners and objects UUIDs, days
//! `2026-11-20`, instants `2026-11-20T10:12:13.123456Z`, hashes, keys and signatures lower-case
//! hexadecimal. JSON has no limit for integers; a reader that keeps them as floating point loses
//! what is beyond 2⁵³.
//!
//! # The chain
//!
//! A *field* is the length of its text in bytes, as four bytes with the most significant first,
//! and the text: that of a string without quotes and escapes, that of a number its digits. Null is
//! the empty field. A list is the field of how many items it has and then their fields. The hash
//! of a record is the SHA-256 of these fields, one after the other:
//!
//! 1. `paydesk-books/1`
//! 2. the kind
//! 3. the hash of the record before, as 32 bytes and not as text
//! 4. the sequence number
//! 5. the other fields of the table up to, and without, `hash`
//!
//! Before the first record stands the SHA-256 of the fields `paydesk-books/1`, `genesis` and the
//! shop's id. The hash of a header is that of `paydesk-books/1`, `header` and its fields.
//!
//! For example, the books of `shp_00000000000000000000000001` begin after
//! `5b12bae1045cc7e1c780f0317ab70c0d27d9be0dfbb8f74bfce7ab0ba5f73df2`. If the first record opens
//! the account of its fees in euro, the hash is that of these 144 bytes:
//!
//! ```text
//! 0000000f paydesk-books/1
//! 00000007 account
//! 00000020 5b12bae1…5f73df2 (32 bytes)
//! 00000001 1
//! 0000001e acc_00000000000000000000000002
//! 0000000d platform_fees
//! 00000007 revenue
//! 00000000                                  (no owner)
//! 00000003 EUR
//! ```
//!
//! and the line of the export is, in one piece,
//!
//! ```text
//! {"kind":"account","sequence":1,"id":"acc_00000000000000000000000002",
//! "account_kind":"platform_fees","account_type":"revenue","owner":null,"currency":"EUR",
//! "hash":"a2a018bd42c11b527da27b81ba5c231bcae85d9ce5f4a7e7c03fb56f125a32b4"}
//! ```
//!
//! # The close of a day
//!
//! A day's records are followed by the `balance` of each open account, in the order of their ids,
//! and by the `close`. An account is open from its `account` record to a close where it stands at
//! zero; used again, it is opened again. So every close holds all that the next day begins with,
//! and a file can begin with the balances of any close. What is signed, and how to check it, is in
//! [`signature::statement`].
#![warn(missing_docs)]

mod books;
pub mod chain;
pub mod digest;
pub mod export;
mod line;
pub mod plain;
pub mod record;
pub mod sealer;
pub mod signature;
pub mod verify;
