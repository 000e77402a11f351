pub(crate) mod admission;
pub(crate) mod lease;
pub(crate) mod operations;
pub(crate) mod transitions;
