//! [`Alarm`]: word of a gate that found too few approvals.

use std::sync::Arc;

use super::TallyKey;
use crate::message::TenantId;

/// Alarm of a gate: too few codes of a range of numbers, or a country, are approved.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Alarm {
    /// Tenant whose codes they are.
    pub tenant: Option<TenantId>,
    /// Country, such as `GB`; or a range, as the digits of a number without the last four.
    pub of: String,
}

type Hears = dyn Fn(&Alarm) + Send + Sync;

/// Function that hears alarms, if there is one.
#[derive(Clone, Default)]
pub(super) struct Alarms(Option<Arc<Hears>>);

impl Alarms {
    pub(super) fn new(call: impl Fn(&Alarm) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(call)))
    }

    pub(super) fn raise(&self, alarms: &[TallyKey]) {
        for key in alarms {
            let alarm = Alarm { tenant: key.tenant.parse().ok(), of: key.of.clone() };
            #[cfg(feature = "tracing")]
            tracing::warn!(target: "anysms::verification", of = %alarm.of, "few codes are approved");
            if let Some(call) = &self.0 {
                call(&alarm);
            }
        }
    }
}
