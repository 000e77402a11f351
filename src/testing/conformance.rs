//! The contract of `SmsProvider`, as a suite that any provider can run.
