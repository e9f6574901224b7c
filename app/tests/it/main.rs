//! The pages, rendered through a real router from fake ports.

mod console;
mod fakes;
mod format;
mod samples;
mod shopper;
mod site;
