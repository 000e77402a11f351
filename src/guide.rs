//! Guides: one page for each thing that people want to do.
//!
//! [`which_feature`] is the index: "I want X, use Y".
//!
//! The pages are the files of `docs/`, where the links lead to source files. Here the links before each page
//! come first and lead to the items. Belongs here: nothing but pages.

/// Declares a page: its file in `docs/`, the features that its examples and links need, and the links.
macro_rules! page {
    ($name:ident, $file:literal, [$($feature:literal),*], {$($text:literal: $target:literal),* $(,)?}) => {
        #[cfg_attr(
            all($(feature = $feature),*),
            doc = concat!($("[", $text, "]: ", $target, "\n",)* "\n"),
            doc = include_str!($file)
        )]
        #[cfg_attr(
            not(all($(feature = $feature),*)),
            doc = concat!("Page for builds with the features", $(" ", $feature,)* ".")
        )]
        pub mod $name {}
    };
}

page!(webhooks, "../docs/webhooks.md", ["twilio", "plivo", "axum"], {
    "`Event`": "crate::webhook::Event",
    "`Diagnosis`": "crate::webhook::Diagnosis",
    "`TwilioWebhook`": "crate::twilio::TwilioWebhook",
    "`PlivoWebhook`": "crate::plivo::PlivoWebhook",
    "`Accounts`": "crate::Accounts",
    "`KeyRing`": "crate::webhook::KeyRing",
    "`ReplayStore`": "crate::webhook::ReplayStore",
    "`Keyword`": "crate::text::Keyword",
    "`Authenticity`": "crate::webhook::Authenticity",
    "`CallbackTokens`": "crate::webhook::CallbackTokens",
    "The web examples": "https://example.com/anysms/tree/main/examples/web",
    "store": "crate::guide::store",
    "tenants": "crate::guide::tenants",
});
page!(store, "../docs/store.md", [], {
    "anysms-store": "https://docs.rs/anysms-store",
    "layers": "crate::guide::layers",
    "webhooks": "crate::guide::webhooks",
    "limits": "crate::guide::limits",
});
page!(layers, "../docs/layers.md", ["twilio", "plivo", "reqwest", "layers"], {
    "`RetryPolicy`": "crate::layers::RetryPolicy",
    "`Suppress`": "crate::layers::Suppress",
    "`RateLimit`": "crate::layers::RateLimit",
    "`Retry`": "crate::layers::Retry",
    "`Failover`": "crate::layers::Failover",
    "`Route`": "crate::layers::Route",
    "`Weighted`": "crate::layers::Weighted",
    "`Guard`": "crate::layers::Guard",
    "`Timeout`": "crate::layers::Timeout",
    "`Quota`": "crate::layers::Quota",
    "`Error::is_retryable`": "crate::Error::is_retryable",
    "`Error::may_fail_over`": "crate::Error::may_fail_over",
    "`PhoneNumber::canonical`": "crate::PhoneNumber::canonical",
    "`LogOnly`": "crate::provider::LogOnly",
    "`Blame`": "crate::error::Blame",
    "store": "crate::guide::store",
    "tenants": "crate::guide::tenants",
    "command": "crate::guide::command",
});
page!(tenants, "../docs/tenants.md", ["twilio", "reqwest", "layers"], {
    "`TenantId`": "crate::TenantId",
    "`Accounts`": "crate::Accounts",
    "`Route::tenants`": "crate::layers::Route::tenants",
    "layers": "crate::guide::layers",
    "store": "crate::guide::store",
});
page!(accounts, "../docs/accounts.md", ["twilio", "plivo", "reqwest"], {
    "`Twilio`": "crate::twilio::Twilio",
    "`Plivo`": "crate::plivo::Plivo",
    "`SmsProvider`": "crate::SmsProvider",
    "`Account`": "crate::Account",
    "`AccountId`": "crate::AccountId",
    "`Accounts`": "crate::Accounts",
    "`Api`": "crate::transport::Api",
    "`registry::from_env`": "crate::registry::from_env",
    "providers": "crate::guide::providers",
    "tenants": "crate::guide::tenants",
});
page!(numbers, "../docs/numbers.md", [], {
    "`PhoneNumber`": "crate::PhoneNumber",
    "`number::parse`": "crate::number::parse()",
    "`uk::format_uk_mobile`": "crate::number::uk::format_uk_mobile",
    "command": "crate::guide::command",
});
page!(texts, "../docs/texts.md", [], {
    "`segments`": "crate::text::segments()",
    "`check`": "crate::text::check()",
    "`to_gsm7`": "crate::text::to_gsm7()",
    "webhooks": "crate::guide::webhooks",
    "command": "crate::guide::command",
});
page!(codes, "../docs/codes.md", ["twilio", "plivo", "reqwest", "axum"], {
    "`Verification`": "crate::verification::Verification",
    "`Verification::report`": "crate::verification::Verification::report",
    "`Otp`": "crate::verification::Otp",
    "`Otp::recover`": "crate::verification::Otp::recover",
    "`Otp::on_alarm`": "crate::verification::Otp::on_alarm",
    "`NumberProof`": "crate::verification::NumberProof",
    "`CodeKeys`": "crate::verification::CodeKeys",
    "`CodePolicy`": "crate::verification::CodePolicy",
    "`CodeText`": "crate::verification::CodeText",
    "`CodeChannel`": "crate::verification::CodeChannel",
    "`CodeHook`": "crate::verification::CodeHook",
    "`MemoryChallenges`": "crate::verification::MemoryChallenges",
    "`VerificationRequest::silently`": "crate::verification::VerificationRequest::silently",
    "command": "crate::guide::command",
});
page!(sandbox, "../docs/sandbox.md", ["twilio", "sandbox"], {
    "`Fault`": "crate::sandbox::Fault",
    "`Fate`": "crate::sandbox::Fate",
    "command": "crate::guide::command",
    "limits": "crate::guide::limits",
});
page!(command, "../docs/command.md", [], {
    "sandbox": "crate::guide::sandbox",
    "providers": "crate::guide::providers",
});
page!(providers, "../docs/providers.md", ["twilio", "plivo", "reqwest", "testing"], {
    "`Twilio`": "crate::twilio::Twilio",
    "`Plivo`": "crate::plivo::Plivo",
    "`TwilioOptions`": "crate::twilio::TwilioOptions",
    "`PlivoOptions`": "crate::plivo::PlivoOptions",
    "`Destination`": "crate::Destination",
    "`SmsProvider`": "crate::SmsProvider",
    "`conformance`": "crate::testing::conformance",
    "`Api`": "crate::transport::Api",
    "`LogOnly`": "crate::provider::LogOnly",
    "store": "crate::guide::store",
    "custom provider": "https://example.com/anysms/blob/main/examples/custom_provider.rs",
    "Contributing": "https://example.com/anysms/blob/main/CONTRIBUTING.md",
});
page!(limits, "../docs/limits.md", [], {
    "its page": "crate::guide::sandbox",
});
page!(which_feature, "../docs/which_feature.md", ["twilio", "plivo", "reqwest", "layers"], {
    "`Twilio`": "crate::twilio::Twilio",
    "`Plivo`": "crate::plivo::Plivo",
    "`registry::from_env`": "crate::registry::from_env",
    "`Error::outcome`": "crate::Error::outcome",
    "`Error::kind`": "crate::Error::kind",
    "`Error::blame`": "crate::Error::blame",
    "`list_all`": "crate::SmsProviderExt::list_all",
    "`Destination`": "crate::Destination",
    "`TwilioOptions`": "crate::twilio::TwilioOptions",
    "`PlivoOptions`": "crate::plivo::PlivoOptions",
    "`Twilio::request`": "crate::twilio::Twilio::request",
    "`Plivo::request`": "crate::plivo::Plivo::request",
    "`LayerExt::retry`": "crate::layers::LayerExt::retry",
    "`Failover`": "crate::layers::Failover",
    "`Route`": "crate::layers::Route",
    "`Weighted`": "crate::layers::Weighted",
    "`LayerExt::rate_limit`": "crate::layers::LayerExt::rate_limit",
    "`LayerExt::guard`": "crate::layers::LayerExt::guard",
    "`LayerExt::suppress`": "crate::layers::LayerExt::suppress",
    "`send_each`": "crate::SmsProviderExt::send_each",
    "`Accounts`": "crate::Accounts",
    "codes": "crate::guide::codes",
    "tenants": "crate::guide::tenants",
    "webhooks": "crate::guide::webhooks",
    "store": "crate::guide::store",
    "numbers": "crate::guide::numbers",
    "texts": "crate::guide::texts",
    "sandbox": "crate::guide::sandbox",
    "command": "crate::guide::command",
});

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    /// Returns the links of a page: lines of the form `[text]: target`.
    fn links(page: &str) -> impl Iterator<Item = (&str, &str)> {
        page.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: "))
    }

    /// Returns the pages of `docs/`, each with its name.
    fn pages(root: &Path) -> Vec<(String, String)> {
        let files = fs::read_dir(root.join("docs")).unwrap().map(|file| file.unwrap().path());
        let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
        let pages = files.filter(|path| path.extension().is_some_and(|end| end == "md"));
        pages.map(|path| (name(&path), fs::read_to_string(&path).unwrap())).collect()
    }

    #[test]
    fn every_link_leads_somewhere_in_the_repository() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        if !root.join("CONTRIBUTING.md").exists() {
            return; // the published package, without the repository around it
        }
        let mut read =
            pages(root).into_iter().map(|(_, text)| (root.join("docs"), text)).collect::<Vec<_>>();
        assert!(read.len() >= 12);
        for file in ["README.md", "CONTRIBUTING.md", "crates/anysms-store/README.md"] {
            let path = root.join(file);
            read.push((path.parent().unwrap().to_owned(), fs::read_to_string(&path).unwrap()));
        }
        for (folder, text) in &read {
            for (link, target) in links(text).filter(|(_, target)| !target.starts_with("https://"))
            {
                assert!(folder.join(target).exists(), "[{link}]: {target}");
                assert!(
                    text.to_lowercase().contains(&format!("[{}]", link.to_lowercase())),
                    "{link}"
                );
            }
        }
    }

    #[test]
    fn every_link_of_a_page_leads_to_an_item_here() {
        let (here, root) = (include_str!("guide.rs"), Path::new(env!("CARGO_MANIFEST_DIR")));
        for (name, text) in pages(root) {
            let page = here.split(&format!("page!({name}, ")).nth(1).expect("a page here");
            let page = page.split("page!(").next().unwrap();
            for (link, _) in links(&text) {
                assert!(page.contains(&format!("\"{link}\": ")), "{name}: [{link}]");
            }
        }
        let readme_links = include_str!("guide/readme_links.md");
        for (link, target) in links(include_str!("../README.md")) {
            let elsewhere = target.starts_with("https://");
            assert!(elsewhere || readme_links.contains(&format!("[{link}]: ")), "README: [{link}]");
        }
    }

    #[test]
    fn the_readme_is_short_and_hides_no_line() {
        let readme = include_str!("../README.md");
        let words = readme.split_whitespace().count();
        assert!(words <= 700, "{words} words");
        let mut in_code = false;
        for line in readme.lines() {
            in_code ^= line.starts_with("```");
            assert!(!in_code || !line.trim_start().starts_with("# "), "{line}");
        }
    }
}
