//! One line of an export: how it is written, and how it is read.
//!
//! A line is a JSON object with its fields in a fixed order, no white space, integers without sign
//! or zeros that they do not need, and strings with the fewest escapes (those of RFC 8785, section
//! 3.2.2.2). So each record has exactly one line. What the [`Encoder`] writes, and only that, is
//! what counts: whoever reads a line writes it again and compares.

mod decoder;
mod encoder;
mod instant;

pub use decoder::BadLine;
pub(crate) use decoder::Decoder;
pub(crate) use encoder::Encoder;
