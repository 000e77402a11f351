//! The house: its rooms, names, sentences and examples, held by tests.

mod contributing;
mod documentation;
mod examples;
mod names;
mod rooms;
mod source;
mod summaries;
