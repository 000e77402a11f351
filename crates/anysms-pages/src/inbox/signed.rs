//! The text that a vendor signs of a callback, read from its request.

/// Returns the base string of a callback's signature; `None` if the request has no signature that is known.
///
/// Twilio signs the address and the parameters of the body, sorted; Plivo (V3) joins them with marks, and
/// ends with a nonce.
pub(super) fn base(request: &str) -> Option<String> {
    let (head, body) = request.split_once("\n\n")?;
    let mut lines = head.lines();
    let (method, url) = lines.next()?.split_once(' ')?;
    let header = |name: &str| {
        let mut pairs = head.lines().skip(1).filter_map(|line| line.split_once(": "));
        pairs.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    };
    let form = header("content-type").is_some_and(|kind| kind.contains("form-urlencoded"));
    let mut params: Vec<_> = match form {
        true => form_urlencoded::parse(body.as_bytes()).collect(),
        false => Vec::new(),
    };
    params.sort();
    params.dedup();
    let joined: String = params.iter().flat_map(|(name, value)| [&**name, &**value]).collect();
    if header("x-twilio-signature").is_some() {
        return Some(format!("{url}{joined}"));
    }
    let nonce = header("x-plivo-signature-v3-nonce")?;
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let mut query: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    query.sort();
    let query: Vec<_> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let query = query.join("&");
    let joined = if method == "POST" { joined } else { String::new() };
    let question = if query.is_empty() && joined.is_empty() { "" } else { "?" };
    let dot = if query.is_empty() || joined.is_empty() { "" } else { "." };
    Some(format!("{path}{question}{query}{dot}{joined}.{nonce}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_string_of_each_vendor() {
        let kind = "content-type: application/x-www-form-urlencoded";
        let twilio = format!(
            "POST http://127.0.0.1/h?a=1\nx-twilio-signature: s\n{kind}\n\nTo=%2B44&Body=a+b"
        );
        assert_eq!(base(&twilio).as_deref(), Some("http://127.0.0.1/h?a=1Bodya bTo+44"));
        let plivo = format!(
            "POST http://127.0.0.1/h\nX-Plivo-Signature-V3-Nonce: 7\n{kind}\n\nTo=44&Text=a"
        );
        assert_eq!(base(&plivo).as_deref(), Some("http://127.0.0.1/h?TextaTo44.7"));
        assert_eq!(base("GET http://127.0.0.1/\n\n"), None);
        assert_eq!(base(""), None);
    }
}
