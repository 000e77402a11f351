//! [`CodeText`]: texts of one-time codes, each checked to fit into one segment.

use super::locales::TEXTS;
use crate::{
    error::{Error, ErrorKind, Result},
    text::segments,
};

/// Most digits of a code, for which texts are checked.
const LONGEST: &str = "8888888888";

/// Texts of one-time codes for one brand, in the languages that were chosen. None is longer than one segment.
///
/// The text ends with a line that browsers read where a domain was given (the WICG's origin-bound one-time codes), or
/// with the hash of an Android app; both cannot stand in the last line.
///
/// ```
/// use anysms::verification::CodeText;
///
/// # fn main() -> anysms::Result<()> {
/// let text = CodeText::builder("Club").domain("club.example").locales(["en", "cy", "ru"]).build()?;
/// assert_eq!(
///     text.write("123456", "en", 10),
///     "123456 is your Club code. Do not share it. Expires in 10 min.\n@club.example #123456",
/// );
/// assert_eq!(text.locale("cy-GB"), "cy");
/// assert_eq!(text.locale("fr"), "en"); // the first one, as there is no French here
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct CodeText {
    brand: String,
    last_line: Option<LastLine>,
    texts: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
enum LastLine {
    Domain { host: String, embedded: Option<String> },
    AppHash(String),
}

/// Builder of a [`CodeText`].
#[derive(Clone, Debug)]
pub struct CodeTextBuilder {
    brand: String,
    domain: Option<String>,
    embedded: Option<String>,
    app_hash: Option<String>,
    locales: Vec<String>,
    texts: Vec<(String, String)>,
}

impl CodeText {
    /// Begins texts in English for a brand.
    #[must_use]
    pub fn builder(brand: impl Into<String>) -> CodeTextBuilder {
        CodeTextBuilder {
            brand: brand.into(),
            domain: None,
            embedded: None,
            app_hash: None,
            locales: vec!["en".to_owned()],
            texts: Vec::new(),
        }
    }

    /// Returns the languages for which this crate has a text.
    pub fn languages() -> impl Iterator<Item = &'static str> {
        TEXTS.iter().map(|(language, _)| *language)
    }

    /// Returns the language in which a text would be: the one that is asked for, its language without a country, or the
    /// first.
    #[must_use]
    pub fn locale(&self, wanted: &str) -> &str {
        let wanted = wanted.replace('_', "-");
        let language = wanted.split('-').next().unwrap_or_default();
        let find = |name: &str| self.texts.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        let found = find(&wanted).or_else(|| find(language)).or_else(|| self.texts.first());
        found.map_or("", |(locale, _)| locale)
    }

    /// Writes the text of a code in a language, or in the first if it has none.
    #[must_use]
    pub fn write(&self, code: &str, locale: &str, minutes: u64) -> String {
        let locale = self.locale(locale);
        let template = self.texts.iter().find(|(own, _)| own == locale);
        self.fill(template.map_or("{code}", |(_, template)| template), code, minutes)
    }

    fn fill(&self, template: &str, code: &str, minutes: u64) -> String {
        // One pass, so that a brand called {code} is a brand.
        let mut text = String::with_capacity(template.len() + 40);
        let mut rest = template;
        while let Some(at) = rest.find('{') {
            let (before, after) = rest.split_at(at);
            text.push_str(before);
            let (value, length) = match after {
                _ if after.starts_with("{code}") => (code.to_owned(), 6),
                _ if after.starts_with("{brand}") => (self.brand.clone(), 7),
                _ if after.starts_with("{minutes}") => (minutes.to_string(), 9),
                _ => ("{".to_owned(), 1),
            };
            text.push_str(&value);
            rest = after.get(length..).unwrap_or_default();
        }
        text.push_str(rest);
        match &self.last_line {
            None => {}
            Some(LastLine::Domain { host, embedded }) => {
                text.push_str(&format!("\n@{host} #{code}"));
                if let Some(embedded) = embedded {
                    text.push_str(&format!(" @{embedded}"));
                }
            }
            Some(LastLine::AppHash(hash)) => text.push_str(&format!("\n{hash}")),
        }
        text
    }
}

impl CodeTextBuilder {
    /// Names the site at which the code is typed, such as `club.example`: browsers fill the code in there alone.
    #[must_use]
    pub fn domain(mut self, host: impl Into<String>) -> Self {
        self.domain = Some(host.into());
        self
    }

    /// Names the site of an embedded frame in which the code is typed, beside the domain of the page around it.
    #[must_use]
    pub fn embedded(mut self, host: impl Into<String>) -> Self {
        self.embedded = Some(host.into());
        self
    }

    /// Ends the text with the hash of an Android app: 11 characters.
    #[must_use]
    pub fn app_hash(mut self, hash: impl Into<String>) -> Self {
        self.app_hash = Some(hash.into());
        self
    }

    /// Replaces the languages, of those that [`CodeText::languages`] lists; the first is that of whoever wants another.
    #[must_use]
    pub fn locales(mut self, locales: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.locales = locales.into_iter().map(Into::into).collect();
        self
    }

    /// Gives a text of your own for a language, with `{code}`, and `{brand}` and `{minutes}` where they are wanted. It
    /// takes the place of the one that there is.
    ///
    /// ```
    /// use anysms::verification::CodeText;
    ///
    /// # fn main() -> anysms::Result<()> {
    /// let text = CodeText::builder("Club").text("en-GB", "{code} opens {brand}.").build()?;
    /// assert_eq!(text.write("1234", "en-GB", 10), "1234 opens Club.");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn text(mut self, locale: impl Into<String>, template: impl Into<String>) -> Self {
        self.texts.push((locale.into(), template.into()));
        self
    }

    /// Checks every text with the longest code.
    ///
    /// # Errors
    /// `Config` for a language that has no text, a text without `{code}`, a malformed domain or hash, and a text of more
    /// than one segment: the error names the language and what to shorten.
    pub fn build(self) -> Result<CodeText> {
        if self.brand.trim().is_empty() || self.brand.chars().any(char::is_control) {
            return Err(refuse(
                "code text: the brand is empty or has a control character".to_owned(),
            ));
        }
        let host = |name: &str, host: &str| {
            let fits =
                |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-' || c == b'.';
            let (first, last) = (host.bytes().next(), host.bytes().last());
            let edges = [first, last].iter().flatten().all(u8::is_ascii_alphanumeric);
            if !host.is_empty() && edges && host.bytes().all(fits) {
                return Ok(());
            }
            Err(refuse(format!(
                "code text: the {name} must be a host in lower case, such as club.example"
            )))
        };
        let last_line = match (self.domain, self.embedded, self.app_hash) {
            (Some(_), _, Some(_)) => {
                let rule =
                    "code text: a domain and an app hash cannot both end the text; leave one out";
                return Err(refuse(rule.to_owned()));
            }
            (None, Some(_), _) => {
                return Err(refuse(
                    "code text: an embedded site needs the domain of its page".to_owned(),
                ));
            }
            (Some(domain), embedded, None) => {
                host("domain", &domain)?;
                embedded.as_deref().map_or(Ok(()), |embedded| host("embedded site", embedded))?;
                Some(LastLine::Domain { host: domain, embedded })
            }
            (None, None, Some(hash)) => {
                if hash.len() != 11 || !hash.bytes().all(|c| c.is_ascii_graphic()) {
                    return Err(refuse("code text: an app hash has 11 characters".to_owned()));
                }
                Some(LastLine::AppHash(hash))
            }
            (None, None, None) => None,
        };
        let own = |locale: &String| self.texts.iter().any(|(name, _)| name == locale);
        let mut texts = Vec::new();
        for locale in self.locales.iter().filter(|locale| !own(locale)) {
            let known = TEXTS.iter().find(|(language, _)| language == locale);
            let Some((_, text)) = known else {
                return Err(refuse(format!(
                    "code text: there is none in {locale}; give one with text"
                )));
            };
            texts.push((locale.clone(), (*text).to_owned()));
        }
        texts.extend(self.texts);
        if texts.is_empty() {
            return Err(refuse("code text: no language was chosen".to_owned()));
        }
        let text = CodeText { brand: self.brand, last_line, texts };
        for (locale, template) in &text.texts {
            if !template.contains("{code}") || template.chars().any(char::is_control) {
                return Err(refuse(format!("code text: {locale} must hold {{code}}, in one line")));
            }
            let count = segments(&text.fill(template, LONGEST, 60)).count();
            if count > 1 {
                return Err(refuse(format!(
                    "code text: {locale} has {count} segments; shorten the brand, the domain or the text, or leave \
                     the language out"
                )));
            }
        }
        Ok(text)
    }
}

fn refuse(rule: String) -> Error {
    Error::not_sent(ErrorKind::Config).with_detail(rule)
}
