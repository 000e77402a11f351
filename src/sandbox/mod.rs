//! The local carrier.
