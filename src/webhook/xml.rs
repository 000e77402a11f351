//! [`Document`]: the XML of a reply, escaped.

use crate::webhook::Reply;

/// An attribute and its value; without one it is left out.
pub(crate) type Attribute<'a> = (&'static str, Option<&'a str>);

/// A `<Response>` being written. Only the names in the program become markup: a parser reads every
/// value back as the text it was, but for the characters that XML forbids, which are left out.
pub(crate) struct Document(String);

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Response>"#;

impl Document {
    pub(crate) fn new() -> Self {
        Self(HEAD.to_owned())
    }

    /// Writes an element and what `inside` writes into it.
    pub(crate) fn element(
        &mut self,
        name: &'static str,
        attributes: &[Attribute<'_>],
        inside: impl FnOnce(&mut Self),
    ) {
        self.0.extend(["<", name]);
        for (name, value) in attributes {
            if let Some(value) = value {
                self.0.extend([" ", name, "=\""]);
                self.escape(value, true);
                self.0.push('"');
            }
        }
        self.0.push('>');
        inside(self);
        self.0.extend(["</", name, ">"]);
    }

    /// Writes text.
    pub(crate) fn text(&mut self, text: &str) {
        self.escape(text, false);
    }

    /// Returns the finished document.
    pub(crate) fn into_reply(mut self) -> Reply {
        if self.0.len() == HEAD.len() {
            return Reply::EMPTY;
        }
        self.0.push_str("</Response>");
        Reply::from_xml(self.0)
    }

    fn escape(&mut self, text: &str, attribute: bool) {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"), // in text only needed behind ]]
                '"' if attribute => self.0.push_str("&quot;"),
                // A parser makes a line feed of a bare CR, and a space of all three in an attribute.
                '\r' => self.0.push_str("&#13;"),
                '\n' if attribute => self.0.push_str("&#10;"),
                '\t' if attribute => self.0.push_str("&#9;"),
                c if is_allowed(c) => self.0.push(c),
                _ => {}
            }
        }
    }
}

/// Returns whether XML 1.0 can hold a character, be it as a reference (its production `Char`).
pub(crate) const fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arbitrary::{any, joined, seeded};

    fn written(text: &str) -> String {
        let mut document = Document::new();
        document.element("Message", &[("to", Some(text)), ("from", None)], |d| d.text(text));
        document.into_reply().body().to_owned()
    }

    /// What a parser reads of it: the attribute and the text.
    fn read(xml: &str) -> (String, String) {
        let document = roxmltree::Document::parse(xml).unwrap();
        let elements: Vec<_> = document.descendants().filter(|node| node.is_element()).collect();
        assert_eq!(elements.len(), 2, "{xml}");
        assert_eq!(elements[1].attributes().count(), 1, "{xml}");
        let text = |node: roxmltree::Node<'_, '_>| node.text().unwrap_or_default().to_owned();
        (elements[1].attribute("to").unwrap().to_owned(), text(elements[1]))
    }

    #[test]
    fn escapes_what_has_a_meaning_and_leaves_out_what_has_no_place() {
        let xml = written("a<b>&\"'\t\n\r]]>\0\u{b}\u{7f}\u{85}\u{fffe}\u{ffff}\u{1ffff}é👍");
        assert!(xml.contains(" to=\"a&lt;b&gt;&amp;&quot;'&#9;&#10;&#13;]]&gt;\u{7f}"), "{xml}");
        assert!(
            xml.contains(">a&lt;b&gt;&amp;\"'\t\n&#13;]]&gt;\u{7f}\u{85}\u{1ffff}é👍<"),
            "{xml}"
        );
        assert_eq!(Document::new().into_reply(), Reply::EMPTY);
    }

    #[test]
    fn a_parser_reads_what_was_written() {
        let characters = "<>&\"'][!/=;#x a\t\r\n\0\u{1f}\u{85}\u{2028}\u{fffd}\u{fffe}\u{ffff}👍";
        let characters: Vec<String> = characters.chars().map(String::from).collect();
        let characters: Vec<&str> = characters.iter().map(String::as_str).collect();
        let markup = [
            "<Message>",
            "<Message to=\"",
            "</Message>",
            "]]>",
            "<![CDATA[",
            "<!--",
            "-->",
            "&lt;",
            "&#0;",
            "<?x",
            "\r",
            "\r\n",
            "\"",
        ];
        let mut random = seeded();
        for _ in 0..1_000 {
            for text in [
                any(&mut random, 60),
                joined(&mut random, &characters, 60),
                joined(&mut random, &markup, 8),
            ] {
                let kept: String = text.chars().filter(|c| is_allowed(*c)).collect();
                assert_eq!(read(&written(&text)), (kept.clone(), kept), "{text:?}");
            }
        }
    }
}
