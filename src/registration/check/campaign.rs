//! Check of a campaign.

use std::collections::HashSet;

use super::{FindingSeverity, Findings, FormFinding, says_how_to_stop, sight};
use crate::{
    message::Text,
    registration::CampaignForm,
    text::{Keyword, Keywords},
};

impl CampaignForm {
    /// Finds the usual reasons of rejection, without asking anybody. A campaign that passes may still be rejected:
    /// reviewers read, and look at the website.
    ///
    /// ```
    /// use anysms::registration::{CampaignForm, FindingSeverity};
    ///
    /// let form = CampaignForm::new("club", "Club");
    /// let findings = form.check();
    /// assert!(findings.iter().any(|one| one.severity == FindingSeverity::Error));
    /// println!("{}", findings[0]); // brand: is missing; register the brand first, and give its id
    /// ```
    #[must_use]
    pub fn check(&self) -> Vec<FormFinding> {
        let mut found = Findings::default();
        found.name(&self.name);
        self.check_ids(&mut found);
        found.length("description", None, &self.description, (40, 4_096));
        found.length("message_flow", None, &self.message_flow, (40, 2_048));
        self.check_flow(&mut found);
        self.check_samples(&mut found);
        self.check_flags(&mut found);
        self.check_answers(&mut found);
        let way_out = "publish one, and give its address";
        found.https("privacy_policy", None, self.privacy_policy.as_ref(), way_out);
        found.https("terms", None, self.terms.as_ref(), way_out);
        if self.callback.is_some() {
            found.https("callback", None, self.callback.as_ref(), "give an address by https");
        }
        found.0
    }

    fn check_ids(&self, found: &mut Findings) {
        if self.brand.trim().is_empty() {
            found.error("brand", "is missing", "register the brand first, and give its id");
        }
        if self.brand_name.trim().is_empty() {
            found.error("brand_name", "is missing", "give the name that the texts have");
        }
        found.id("service", self.service.as_deref(), "MG");
        found.use_case("use_case", None, &self.use_case);
        for (at, case) in self.sub_use_cases.iter().enumerate() {
            found.use_case("sub_use_cases", Some(at + 1), case);
        }
        let joins = ["MIXED", "LOW_VOLUME"].contains(&self.use_case.as_str());
        if joins && !(2..=5).contains(&self.sub_use_cases.len()) {
            let rule = "needs two to five use cases that are joined";
            found.warning("sub_use_cases", rule, "name those that the messages have");
        }
    }

    fn check_flow(&self, found: &mut Findings) {
        let flow = self.message_flow.as_str();
        if flow.trim().is_empty() {
            return; // too short already
        }
        if !sight::says_where(flow) {
            let rule = "does not say where people opt in";
            let way_out = "name the page with its address, the form, or the keyword and the number";
            found.error("message_flow", rule, way_out);
        }
        if !sight::says_consent(flow) {
            let rule = "does not say that people agree to receive messages";
            found.warning(
                "message_flow",
                rule,
                "say what they do: tick a box, sign up, text a word",
            );
        }
    }

    fn check_samples(&self, found: &mut Findings) {
        let samples = &self.samples;
        if !(2..=5).contains(&samples.len()) {
            let rule = format!("needs 2 to 5 messages, has {}", samples.len());
            found.error("samples", rule, "give a message of each kind that is sent");
        }
        let mut seen = HashSet::new();
        for (at, sample) in samples.iter().enumerate() {
            let item = Some(at + 1);
            found.length("samples", item, sample, (20, 1_024));
            found.message("samples", item, sample);
            let same = sample.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
            if !seen.insert(same) {
                let rule = "is the same as another".to_owned();
                found.add("samples", item, rule, "give another message", FindingSeverity::Error);
            }
        }
        if samples.is_empty() {
            return; // too few already
        }
        let named = samples.iter().any(|sample| sight::names(sample, &self.brand_name));
        if !named && !self.brand_name.trim().is_empty() {
            found.error("samples", "none names the brand", "begin messages with the brand's name");
        }
        if !samples.iter().any(|sample| says_how_to_stop(sample)) {
            let rule = "none says how to opt out";
            found.error("samples", rule, "end one with: Reply STOP to opt out");
        }
    }

    fn check_flags(&self, found: &mut Findings) {
        let samples = || self.samples.iter().map(Text::as_str);
        let way_out = "set it as the samples are, or mend the samples";
        if !self.samples.is_empty() {
            let seen = [
                ("has_links", "a link", self.has_links, samples().any(sight::has_link)),
                ("has_phones", "a phone number", self.has_phones, samples().any(sight::has_phone)),
            ];
            for (field, thing, said, seen) in seen {
                match (said, seen) {
                    (false, true) => {
                        found.error(
                            field,
                            format!("is not set, and a sample has {thing}"),
                            way_out,
                        );
                    }
                    (true, false) => {
                        found.error(field, format!("is set, and no sample has {thing}"), way_out);
                    }
                    _ => {}
                }
            }
        }
        let texts = || samples().chain([self.description.as_str(), self.message_flow.as_str()]);
        found.flags(texts().collect::<Vec<_>>(), self.age_gated);
        if texts().any(sight::is_about_loans) && !self.direct_lending {
            let rule = "is not set, and the texts speak of loans";
            found.warning("direct_lending", rule, "set it if the brand lends money itself");
        }
    }

    fn check_answers(&self, found: &mut Findings) {
        let answers = [
            ("opt_in_message", &self.opt_in_message),
            ("opt_out_message", &self.opt_out_message),
            ("help_message", &self.help_message),
        ];
        for (field, text) in answers {
            let Some(text) = text else { continue };
            found.length(field, None, text, (20, 320));
            found.message(field, None, text);
            if !self.brand_name.trim().is_empty() && !sight::names(text, &self.brand_name) {
                found.warning(field, "does not name the brand", "begin with the brand's name");
            }
        }
        if self.opt_in_message.as_ref().is_some_and(|text| !says_how_to_stop(text)) {
            let rule = "does not say how to opt out";
            found.warning("opt_in_message", rule, "end it with: Reply STOP to opt out");
        }
        if !self.opt_in_keywords.is_empty() && self.opt_in_message.is_none() {
            let rule = "is missing, and there are words that opt in";
            found.error("opt_in_message", rule, "give the answer to those words");
        }
        let standard = Keywords::standard();
        for (field, words, meaning) in [
            ("opt_in_keywords", &self.opt_in_keywords, None),
            ("opt_out_keywords", &self.opt_out_keywords, Some(Keyword::OptOut)),
            ("help_keywords", &self.help_keywords, Some(Keyword::Help)),
        ] {
            if words.join(",").chars().count() > 255 {
                let rule = "needs at most 255 characters in all";
                found.error(field, rule, "give fewer words");
            }
            for (at, word) in words.iter().enumerate() {
                if word.is_empty() || !word.chars().all(char::is_alphanumeric) {
                    let rule = "needs letters and digits alone".to_owned();
                    let way_out = "give one word, without spaces and signs";
                    found.add(field, Some(at + 1), rule, way_out, FindingSeverity::Error);
                }
                if meaning.is_none() && standard.find(word) == Some(Keyword::OptOut) {
                    let rule = "opts out, and cannot opt in".to_owned();
                    found.add(
                        field,
                        Some(at + 1),
                        rule,
                        "give another word",
                        FindingSeverity::Error,
                    );
                }
            }
            let Some(meaning) = meaning else { continue };
            if !words.is_empty() && !words.iter().any(|word| standard.find(word) == Some(meaning)) {
                let (rule, way_out) = match meaning {
                    Keyword::Help => ("has none of the usual words", "add HELP"),
                    _ => ("has none of the usual words", "add STOP"),
                };
                found.error(field, rule, way_out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A form without findings.
    fn good() -> CampaignForm {
        let mut form = CampaignForm::new("club-tables", "Club");
        form.brand = "BN00000000000000000000000000000001".to_owned();
        form.service = Some("MG00000000000000000000000000000001".to_owned());
        form.use_case = "CUSTOMER_CARE".to_owned();
        form.description =
            "Tells members of the club when their table is ready or has moved.".into();
        form.message_flow =
            "Members tick a box on the sign-up form at https://example.com/join to agree to messages."
                .into();
        form.samples = vec![
            "Club: your table is ready, [name]. Reply STOP to opt out.".into(),
            "Club: your table moves to [time]. See you soon.".into(),
        ];
        form.opt_in_message = Some("Club: you get table alerts now. Reply STOP to opt out.".into());
        form.opt_out_message = Some("Club: you get no more messages.".into());
        form.help_message = Some("Club: see our website for help.".into());
        form.opt_in_keywords = vec!["JOIN".to_owned()];
        form.opt_out_keywords = vec!["STOP".to_owned(), "LEAVE".to_owned()];
        form.help_keywords = vec!["HELP".to_owned()];
        form.privacy_policy = Some("https://example.com/privacy".into());
        form.terms = Some("https://example.com/terms".into());
        form
    }

    #[test]
    fn a_good_form_has_no_findings() {
        assert_eq!(good().check(), []);
    }

    /// A way to spoil the good form.
    type Spoil = fn(&mut CampaignForm);

    #[test]
    fn every_fault_is_found_in_its_field_and_nowhere_else() {
        use FindingSeverity::{Error, Warning};
        let cases: [(&str, FindingSeverity, Spoil); 51] = [
            ("name", Error, |f| f.name.clear()),
            ("name", Error, |f| f.name = "club tables".into()),
            ("brand", Error, |f| f.brand.clear()),
            ("brand_name", Error, |f| f.brand_name = " ".into()),
            ("service", Error, |f| f.service = Some("MG1".into())),
            ("use_case", Error, |f| f.use_case.clear()),
            ("use_case", Error, |f| f.use_case = "customer_care".into()),
            ("sub_use_cases[1]", Error, |f| f.sub_use_cases = vec!["DOGS".into()]),
            ("sub_use_cases", Warning, |f| f.use_case = "MIXED".into()),
            ("description", Error, |f| f.description = "x".repeat(39).into()),
            ("description", Error, |f| f.description = "x".repeat(4_097).into()),
            ("description", Error, |f| f.description = format!("{}x", " ".repeat(60)).into()),
            ("message_flow", Error, |f| f.message_flow = "sign up on the website".into()),
            ("message_flow", Error, |f| {
                f.message_flow = format!("sign up on the website {}", "x".repeat(2_048)).into()
            }),
            ("message_flow", Error, |f| {
                f.message_flow =
                    "Members agree to get messages from us, and we keep the proof.".into()
            }),
            ("message_flow", Warning, |f| {
                f.message_flow =
                    "We take the numbers of our website and send to all of them.".into()
            }),
            ("samples", Error, |f| f.samples.truncate(1)),
            ("samples", Error, |f| {
                f.samples.extend((0..4).map(|n| format!("Club: table number {n} is ready.").into()))
            }),
            ("samples[2]", Error, |f| f.samples[1] = "Club: ready.".into()),
            ("samples[2]", Error, |f| f.samples[1] = "x".repeat(1_025).into()),
            ("samples[3]", Error, |f| {
                let again = f.samples[0].to_uppercase();
                f.samples.push(again.into());
            }),
            ("samples", Error, |f| {
                f.brand_name = "Diner".into();
                f.opt_in_message = None;
                f.opt_in_keywords.clear();
                f.opt_out_message = None;
                f.help_message = None;
            }),
            ("samples", Error, |f| f.samples[0] = "Club: your table is ready, [name].".into()),
            ("samples[2]", Warning, |f| f.samples[1] = "Club: your table moves to {time}.".into()),
            ("samples[2]", Warning, |f| f.samples[1] = "Club: your table moves to %time%.".into()),
            ("samples[2]", Error, |f| {
                f.has_links = true;
                f.samples[1] = "Club: see the menu at https://bit.ly/menu".into();
            }),
            ("has_links", Error, |f| {
                f.samples[1] = "Club: see the menu at example.com/menu".into()
            }),
            ("has_links", Error, |f| f.has_links = true),
            ("has_phones", Error, |f| f.samples[1] = "Club: call us at (555) 555-0100.".into()),
            ("has_phones", Error, |f| f.has_phones = true),
            ("age_gated", Warning, |f| f.samples[1] = "Club: the wine list is new tonight.".into()),
            ("age_gated", Warning, |f| {
                f.description = "Tells members of the club about new kinds of tobacco.".into()
            }),
            ("direct_lending", Warning, |f| f.samples[1] = "Club: your payday loan is due.".into()),
            ("opt_in_message", Error, |f| f.opt_in_message = Some("Club: STOP ends".into())),
            ("opt_in_message", Error, |f| f.opt_in_message = None),
            ("opt_in_message", Warning, |f| {
                f.opt_in_message = Some("Club: you get table alerts now.".into())
            }),
            ("opt_out_message", Error, |f| {
                f.opt_out_message = Some(format!("Club {}", "x".repeat(320)).into())
            }),
            ("opt_out_message", Warning, |f| {
                f.opt_out_message = Some("You get no more messages from us.".into())
            }),
            ("help_message", Error, |f| f.help_message = Some("Club: help".into())),
            ("help_message", Warning, |f| {
                f.help_message = Some("See our website for help, please.".into())
            }),
            ("opt_in_keywords[1]", Error, |f| f.opt_in_keywords = vec!["JOIN US".into()]),
            ("opt_in_keywords[2]", Error, |f| f.opt_in_keywords.push("STOP".into())),
            ("opt_out_keywords", Error, |f| f.opt_out_keywords = vec!["LEAVE".into()]),
            ("opt_out_keywords", Error, |f| f.opt_out_keywords.push("x".repeat(255))),
            ("help_keywords", Error, |f| f.help_keywords = vec!["WHAT".into()]),
            ("privacy_policy", Error, |f| f.privacy_policy = None),
            ("privacy_policy", Error, |f| f.privacy_policy = Some("example.com/privacy".into())),
            ("privacy_policy", Error, |f| {
                f.privacy_policy = Some("http://example.com/privacy".into())
            }),
            ("terms", Error, |f| f.terms = None),
            ("terms", Error, |f| f.terms = Some("http://example.com/terms".into())),
            ("callback", Error, |f| f.callback = Some("hook".into())),
        ];
        for (at, (place, severity, spoil)) in cases.into_iter().enumerate() {
            let mut form = good();
            spoil(&mut form);
            let found = form.check();
            let places: Vec<_> = found.iter().map(|one| (one.place(), one.severity)).collect();
            assert_eq!(places, [(place.to_owned(), severity)], "case {at}: {found:?}");
            let line = found[0].to_string();
            assert!(line.contains(": ") && line.contains("; "), "{line}");
        }
    }

    #[test]
    fn lengths_are_characters_and_their_ends_are_within() {
        let mut form = good();
        form.description = "é".repeat(4_096).into();
        form.samples[1] = "é".repeat(1_024).into();
        assert_eq!(form.check(), []);
        form.description = "é".repeat(40).into();
        form.samples[1] = "é".repeat(20).into();
        assert_eq!(form.check(), []);
        form.samples[1] = "é".repeat(1_025).into();
        assert_eq!(form.check()[0].rule, "needs 20 to 1,024 characters, has 1,025");
    }

    #[test]
    fn flags_that_match_the_samples_pass() {
        let mut form = good();
        (form.has_links, form.has_phones) = (true, true);
        form.samples.push("Club: see https://example.com/menu or call (555) 555-0100.".into());
        assert_eq!(form.check(), []);
        form.age_gated = true;
        form.samples.push("Club: the wine list of tonight is out.".into());
        assert_eq!(form.check(), []);
    }
}
