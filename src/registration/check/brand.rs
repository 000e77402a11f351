//! Check of a brand.

use super::{Findings, FormFinding};
use crate::registration::BrandForm;

impl BrandForm {
    /// Finds the usual reasons of refusal, without asking anybody. What a provider's profile says is not seen here.
    #[must_use]
    pub fn check(&self) -> Vec<FormFinding> {
        let mut found = Findings::default();
        found.name(&self.name);
        let bundles = [&self.customer_profile, &self.messaging_profile];
        if bundles.iter().all(|id| id.is_none()) && self.profile.is_none() {
            let rule = "is missing, and so are customer_profile and messaging_profile";
            found.error(
                "profile",
                rule,
                "name the profile, or both bundles, as the provider has them",
            );
        }
        let names = [("customer_profile", bundles[0]), ("messaging_profile", bundles[1])];
        for (at, (field, id)) in names.into_iter().enumerate() {
            found.id(field, id.as_deref(), "BU");
            if id.is_none() && bundles[1 - at].is_some() {
                found.error(
                    field,
                    "is missing",
                    "name both bundles, as one is of no use without the other",
                );
            }
        }
        if self.profile.as_ref().is_some_and(|id| id.trim().is_empty()) {
            found.error("profile", "is empty", "copy the id from the provider's console");
        }
        if self.callback.is_some() {
            found.https("callback", None, self.callback.as_ref(), "give an address by https");
        }
        found.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(form: &BrandForm) -> Vec<&'static str> {
        form.check().iter().map(|finding| finding.field).collect()
    }

    #[test]
    fn a_brand_needs_a_name_and_a_profile() {
        let mut form = BrandForm::new("club");
        assert_eq!(fields(&form), ["profile"]);
        form.customer_profile = Some(format!("BU{}", "0".repeat(32)));
        assert_eq!(fields(&form), ["messaging_profile"]);
        form.messaging_profile = Some("BU12".to_owned());
        assert_eq!(fields(&form), ["messaging_profile"]);
        form.messaging_profile = Some(format!("BU{}", "aF".repeat(16)));
        assert_eq!(fields(&form), [""; 0]);
        form.profile = Some(" ".to_owned());
        assert_eq!(fields(&form), ["profile"]);
        let mut form = BrandForm { profile: Some("x".to_owned()), ..BrandForm::new("a b") };
        form.callback = Some("http://example.com/hook".into());
        assert_eq!(fields(&form), ["name", "callback"]);
        for name in ["", "a:b", "a/b", "é", &"a".repeat(65)] {
            form.name = name.to_owned();
            assert_eq!(fields(&form)[0], "name", "{name}");
        }
    }
}
