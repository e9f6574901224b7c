//! The shopper's pages.
