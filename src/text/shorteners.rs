//! Detection of links of public shorteners. Carriers filter texts with such links.
//!
//! The CTIA's Messaging Principles and Best Practices ask carriers to do so; Twilio reports it as error
//! 30007. The hosts are services open to anyone, collected in November 2026, as no authority keeps a list.
//! Domains of a brand's own, and subdomains that a shortener gives to a brand, are not included.

const SHORTENERS: [&str; 40] = [
    "adf.ly",
    "bit.do",
    "bit.ly",
    "bitly.com",
    "bl.ink",
    "buff.ly",
    "clck.ru",
    "cutt.ly",
    "da.gd",
    "dlvr.it",
    "goo.gl",
    "ht.ly",
    "is.gd",
    "j.mp",
    "lc.chat",
    "mcaf.ee",
    "ow.ly",
    "ouo.io",
    "qr.ae",
    "rb.gy",
    "rebrand.ly",
    "s.id",
    "short.gy",
    "short.io",
    "shorte.st",
    "shorturl.at",
    "shrtco.de",
    "snip.ly",
    "soo.gd",
    "su.pr",
    "surl.li",
    "t.co",
    "t.ly",
    "tiny.cc",
    "tiny.one",
    "tinyurl.com",
    "trib.al",
    "u.to",
    "urlz.fr",
    "v.gd",
];

/// Iterates over links of shorteners: the byte offset of the host, and the host.
pub(super) fn shortened(text: &str) -> impl Iterator<Item = (usize, &'static str)> {
    let part_of_host = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.');
    let mut end = 0;
    std::iter::from_fn(move || {
        while let Some(start) = text[end..].find(part_of_host).map(|start| end + start) {
            let rest = &text[start..];
            let length = rest.find(|c| !part_of_host(c)).unwrap_or(rest.len());
            end = start + length;
            // Dots before a link, and the full stop of a sentence, are not part of the host.
            let run = rest[..length].trim_end_matches('.');
            let host = run.rsplit("..").next().unwrap_or(run).trim_start_matches(['.', '-']);
            let start = start + run.len() - host.len();
            let (before, after) = (&text[..start], &text[end..]);
            // `host/path` is a link, unless it is itself part of a path.
            let schemed = before.ends_with("://") || before == "//";
            let continues = after.starts_with(['/', '?', '#'])
                || after
                    .strip_prefix(':')
                    .is_some_and(|port| port.starts_with(|c: char| c.is_ascii_digit()));
            let link = schemed || continues && !before.ends_with(['/', '@']);
            if let Some(host) = shortener(host).filter(|_| link) {
                return Some((start, host));
            }
        }
        None
    })
}

fn shortener(host: &str) -> Option<&'static str> {
    let www = host.get(..4).filter(|start| start.eq_ignore_ascii_case("www."));
    let host = if www.is_some() { &host[4..] } else { host };
    SHORTENERS.into_iter().find(|known| known.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_links_and_only_links() {
        for (text, expected) in [
            ("See https://bit.ly/abc.", Some((12, "bit.ly"))),
            ("bit.ly/abc", Some((0, "bit.ly"))),
            ("(HTTP://WWW.TinyURL.com/x)", Some((8, "tinyurl.com"))),
            ("héllo t.co/x", Some((7, "t.co"))),
            ("https://example.com/?to=http://is.gd/x", Some((31, "is.gd"))),
            ("https://t.co", Some((8, "t.co"))),
            ("Visit https://t.co.", Some((14, "t.co"))),
            ("Ends today...bit.ly/a", Some((13, "bit.ly"))),
            ("bit.ly:443/a", Some((0, "bit.ly"))),
            ("bit.ly?x", Some((0, "bit.ly"))),
            ("at bit.ly: nothing", None),
            ("https://example.com//bit.ly/x", None),
            ("https://links.bit.ly/abc", None),
            ("we met at t.co", None),
            ("notbit.ly/abc", None),
            ("ébit.ly/abc", None),
            ("bit.ly.example.com/abc", None),
            ("https://example.com/bit.ly/abc", None),
            ("me@bit.ly/x", None),
            ("https://links.example.com/a", None),
            ("", None),
        ] {
            assert_eq!(shortened(text).next(), expected, "{text}");
        }
        assert_eq!(shortened("bit.ly/a t.co/b bit.ly/c").count(), 3);
    }
}
