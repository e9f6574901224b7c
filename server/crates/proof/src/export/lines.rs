//! Lines of bounded length from a stream.

use std::io::{self, BufRead, Read as _};

use crate::export::LINE_BYTES_MAX;

/// What [`Lines::next`] found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RawLine<'a> {
    /// A line, without its line feed.
    Text(&'a str),
    /// A line that is not UTF-8.
    NotUtf8,
    /// A line of more than [`LINE_BYTES_MAX`] bytes, which was skipped.
    TooLong,
    /// The file ends without a line feed.
    CutOff,
    /// There is nothing left.
    End,
}

/// Reads line by line into one buffer.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input, buffer: Vec::new(), number: 0 }
    }

    /// The number of the line that was read last, from 1.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The next line.
    pub(crate) fn next(&mut self) -> io::Result<RawLine<'_>> {
        self.buffer.clear();
        let room = u64::try_from(LINE_BYTES_MAX).expect("a few megabytes") + 1;
        let read = self.input.by_ref().take(room).read_until(b'\n', &mut self.buffer)?;
        if read == 0 {
            return Ok(RawLine::End);
        }
        self.number += 1;
        if self.buffer.last() == Some(&b'\n') {
            self.buffer.pop();
            return Ok(str::from_utf8(&self.buffer).map_or(RawLine::NotUtf8, RawLine::Text));
        }
        if read <= LINE_BYTES_MAX {
            return Ok(RawLine::CutOff);
        }
        self.input.skip_until(b'\n')?;
        Ok(RawLine::TooLong)
    }
}
