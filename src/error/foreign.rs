//! [`ForeignError`]: what is kept of an error that was written elsewhere.

/// Cause that was written elsewhere, of which only the type is kept.
#[derive(Debug, thiserror::Error)]
#[error("an error of type {0}, whose text is kept back")]
pub(super) struct ForeignError(&'static str);

impl ForeignError {
    pub(super) fn of<E>(error: &E) -> Self {
        Self(std::any::type_name_of_val(error))
    }
}
