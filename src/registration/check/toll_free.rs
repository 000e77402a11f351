//! Check of a toll-free number.

use super::{FindingSeverity, Findings, FormFinding, says_how_to_stop, sight};
use crate::{message::Text, registration::TollFreeForm};

/// Ways to opt in that both vendors have (2026-11).
const OPT_INS: [&str; 5] = ["VERBAL", "WEB_FORM", "PAPER_FORM", "VIA_TEXT", "MOBILE_QR_CODE"];

/// Kinds of business that Twilio has (2026-11).
const BUSINESS_TYPES: [&str; 5] =
    ["PRIVATE_PROFIT", "PUBLIC_PROFIT", "SOLE_PROPRIETOR", "NON_PROFIT", "GOVERNMENT"];

impl TollFreeForm {
    /// Finds the usual reasons of rejection, without asking anybody.
    ///
    /// ```
    /// use anysms::registration::TollFreeForm;
    ///
    /// let findings = TollFreeForm::new("club-line").check();
    /// assert!(findings.iter().any(|finding| finding.field == "opt_in_images"));
    /// ```
    #[must_use]
    pub fn check(&self) -> Vec<FormFinding> {
        let mut found = Findings::default();
        found.name(&self.name);
        if self.number.is_none() && self.number_id.is_none() {
            found.error(
                "number",
                "is missing",
                "give the toll-free number, or the provider's id of it",
            );
        }
        found.id("number_id", self.number_id.as_deref(), "PN");
        found.id("customer_profile", self.customer_profile.as_deref(), "BU");
        self.check_business(&mut found);
        if self.use_cases.is_empty() {
            found.error("use_cases", "is missing", "name a use case, such as CUSTOMER_CARE");
        }
        for (at, case) in self.use_cases.iter().enumerate() {
            found.use_case("use_cases", Some(at + 1), case);
        }
        found.length("summary", None, &self.summary, (1, 500));
        found.length("sample", None, &self.sample, (1, 1_000));
        self.check_sample(&mut found);
        self.check_opt_in(&mut found);
        if self.monthly_volume == 0 {
            found.error("monthly_volume", "is missing", "say how many messages a month has");
        }
        for (field, url) in [
            ("privacy_policy", &self.privacy_policy),
            ("terms", &self.terms),
            ("callback", &self.callback),
        ] {
            match url {
                Some(_) => found.https(field, None, url.as_ref(), "give an address by https"),
                None if field == "callback" => {}
                None => found.warning(field, "is missing", "publish one, and give its address"),
            }
        }
        found.0
    }

    fn check_business(&self, found: &mut Findings) {
        let business = &self.business;
        if business.name.trim().is_empty() {
            found.error("business.name", "is missing", "give the name of the business");
        }
        let way_out = "give the address of a site that shows the business";
        found.https("business.website", None, Some(&business.website), way_out);
        let email = |text: &str| {
            let (before, after) = text.split_once('@').unwrap_or_default();
            !before.is_empty() && after.contains('.') && !text.contains(char::is_whitespace)
        };
        if !email(&self.notification_email) {
            let rule = "is no e-mail address";
            found.error("notification_email", rule, "give one that somebody reads");
        }
        if business.contact_email.as_ref().is_some_and(|text| !email(text)) {
            let rule = "is no e-mail address";
            found.error("business.contact_email", rule, "give one that somebody reads");
        }
        let kind = business.business_type.as_deref();
        if kind.is_some_and(|kind| !BUSINESS_TYPES.contains(&kind)) {
            let rule = "is no kind that is known";
            found.error("business.business_type", rule, "give a kind such as PRIVATE_PROFIT");
        }
        let register = [
            business.registration_number.is_some(),
            business.registration_authority.is_some(),
            business.registration_country.is_some(),
        ];
        if register.contains(&false) && kind != Some("SOLE_PROPRIETOR") {
            let rule = "is missing, or its authority or country is";
            let way_out = "give the three, as all but sole proprietors are asked for them";
            found.warning("business.registration_number", rule, way_out);
        }
    }

    fn check_sample(&self, found: &mut Findings) {
        let sample = self.sample.as_str();
        if sample.trim().is_empty() {
            return; // too short already
        }
        found.message("sample", None, sample);
        let business = &self.business;
        let also = business.doing_business_as.as_ref().map_or("", Text::as_str);
        let named = sight::names(sample, &business.name) || sight::names(sample, also);
        if !named && !business.name.trim().is_empty() {
            found.error("sample", "does not name the business", "begin it with the name");
        }
        let codes = self.use_cases.iter().all(|case| case == "2FA");
        if !says_how_to_stop(sample) && !codes {
            let rule = "does not say how to opt out";
            found.warning("sample", rule, "end it with: Reply STOP to opt out");
        }
        found.flags([sample, self.summary.as_str()], self.age_gated);
    }

    fn check_opt_in(&self, found: &mut Findings) {
        let way_out = "give the address of a picture of the form or the page, by https";
        if self.opt_in_images.is_empty() {
            found.error("opt_in_images", "is missing", way_out);
        }
        for (at, url) in self.opt_in_images.iter().enumerate() {
            found.https("opt_in_images", Some(at + 1), Some(url), way_out);
        }
        if !OPT_INS.contains(&self.opt_in_type.as_str()) {
            let rule = "is no way to opt in that is known";
            found.error("opt_in_type", rule, "give a way such as WEB_FORM");
        }
        if self.opt_in_type == "VIA_TEXT" && self.opt_in_keywords.is_empty() {
            let rule = "is missing, and people opt in by text";
            found.warning("opt_in_keywords", rule, "give the words that opt in");
        }
        for (field, text) in
            [("opt_in_message", &self.opt_in_message), ("help_message", &self.help_message)]
        {
            let Some(text) = text else { continue };
            found.length(field, None, text, (20, 320));
            found.message(field, None, text);
        }
        for (at, word) in self.opt_in_keywords.iter().enumerate() {
            if word.is_empty() || !word.chars().all(char::is_alphanumeric) {
                let rule = "needs letters and digits alone".to_owned();
                let way_out = "give one word, without spaces and signs";
                found.add("opt_in_keywords", Some(at + 1), rule, way_out, FindingSeverity::Error);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> TollFreeForm {
        let mut form = TollFreeForm::new("club-line");
        form.number = Some("+18005550100".parse().unwrap());
        form.business.name = "Club".into();
        form.business.website = "https://example.com".into();
        form.business.registration_number = Some("123456789".into());
        form.business.registration_authority = Some("EIN".to_owned());
        form.business.registration_country = Some("US".to_owned());
        form.notification_email = "desk@example.com".into();
        form.use_cases = vec!["CUSTOMER_CARE".to_owned()];
        form.summary = "Tells members when their table is ready.".into();
        form.sample = "Club: your table is ready. Reply STOP to opt out.".into();
        form.opt_in_images = vec!["https://example.com/form.png".into()];
        form.opt_in_type = "WEB_FORM".to_owned();
        form.monthly_volume = 1_000;
        form.privacy_policy = Some("https://example.com/privacy".into());
        form.terms = Some("https://example.com/terms".into());
        form
    }

    /// A way to spoil the good form.
    type Spoil = fn(&mut TollFreeForm);

    #[test]
    fn every_fault_is_found_in_its_field_and_nowhere_else() {
        use FindingSeverity::{Error, Warning};
        assert_eq!(good().check(), []);
        let cases: [(&str, FindingSeverity, Spoil); 34] = [
            ("name", Error, |f| f.name.clear()),
            ("number", Error, |f| f.number = None),
            ("number_id", Error, |f| f.number_id = Some("PN1".into())),
            ("customer_profile", Error, |f| f.customer_profile = Some("BU1".into())),
            ("business.name", Error, |f| f.business.name = "".into()),
            ("business.website", Error, |f| f.business.website = "".into()),
            ("business.website", Error, |f| f.business.website = "http://example.com".into()),
            ("business.registration_number", Warning, |f| f.business.registration_country = None),
            ("business.business_type", Error, |f| f.business.business_type = Some("SHOP".into())),
            ("business.contact_email", Error, |f| f.business.contact_email = Some("desk".into())),
            ("notification_email", Error, |f| f.notification_email = "desk@example".into()),
            ("use_cases", Error, |f| f.use_cases.clear()),
            ("use_cases[2]", Error, |f| f.use_cases.push("DOGS".into())),
            ("summary", Error, |f| f.summary = " ".into()),
            ("summary", Error, |f| f.summary = "x".repeat(501).into()),
            ("sample", Error, |f| f.sample = "".into()),
            ("sample", Error, |f| {
                f.sample = format!("Club: Reply STOP to opt out. {}", "y".repeat(1_000)).into()
            }),
            ("sample", Error, |f| f.sample = "Your table is ready. Reply STOP to opt out.".into()),
            ("sample", Warning, |f| f.sample = "Club: your table is ready.".into()),
            ("sample", Warning, |f| f.sample = "Club: hi {name}. Reply STOP to opt out.".into()),
            ("sample", Error, |f| f.sample = "Club: see bit.ly/x. Reply STOP to opt out.".into()),
            ("age_gated", Warning, |f| f.summary = "Sells beer.".into()),
            ("opt_in_images", Error, |f| f.opt_in_images.clear()),
            ("opt_in_images[1]", Error, |f| f.opt_in_images = vec!["example.com/form.png".into()]),
            ("opt_in_type", Error, |f| f.opt_in_type.clear()),
            ("opt_in_type", Error, |f| f.opt_in_type = "IMPORT".into()),
            ("opt_in_keywords", Warning, |f| f.opt_in_type = "VIA_TEXT".into()),
            ("opt_in_keywords[1]", Error, |f| f.opt_in_keywords = vec!["a b".into()]),
            ("monthly_volume", Error, |f| f.monthly_volume = 0),
            ("opt_in_message", Error, |f| f.opt_in_message = Some("Club".into())),
            ("help_message", Error, |f| f.help_message = Some("x".repeat(321).into())),
            ("privacy_policy", Warning, |f| f.privacy_policy = None),
            ("terms", Error, |f| f.terms = Some("http://example.com/terms".into())),
            ("callback", Error, |f| f.callback = Some("http://example.com".into())),
        ];
        for (at, (place, severity, spoil)) in cases.into_iter().enumerate() {
            let mut form = good();
            spoil(&mut form);
            let found = form.check();
            let places: Vec<_> = found.iter().map(|one| (one.place(), one.severity)).collect();
            assert_eq!(places, [(place.to_owned(), severity)], "case {at}: {found:?}");
        }
        let mut codes = good();
        codes.use_cases = vec!["2FA".to_owned()];
        codes.sample = "Club: your code is [code].".into();
        assert_eq!(codes.check(), [], "a code needs no way out");
    }
}
