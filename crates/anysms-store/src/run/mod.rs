pub(crate) mod pace;
pub(crate) mod reconcile;
pub(crate) mod record;
pub(crate) mod retention;
pub(crate) mod worker;
