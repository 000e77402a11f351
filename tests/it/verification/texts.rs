//! Texts of codes: one segment in every language, and a last line that a browser reads.

use anysms::{
    ErrorKind,
    text::segments,
    verification::{CodeText, spoken},
};

/// Reads the last line as the WICG's draft on origin-bound one-time codes says: host, code and embedded host.
fn read(text: &str) -> Option<(String, String, Option<String>)> {
    let line = text.rsplit('\n').next()?;
    let mut words = line.strip_prefix('@')?.splitn(4, ' ');
    let (host, code) = (words.next()?, words.next()?.strip_prefix('#')?);
    let embedded = words.next().and_then(|word| word.strip_prefix('@')).map(str::to_owned);
    if host.is_empty() || code.is_empty() {
        return None;
    }
    Some((host.to_owned(), code.to_owned(), embedded))
}

#[test]
fn the_reader_reads_what_the_draft_shows() {
    let some = |host: &str, code: &str, embedded: Option<&str>| {
        Some((host.to_owned(), code.to_owned(), embedded.map(str::to_owned)))
    };
    for (text, expected) in [
        ("747723 is your code.\n\n@example.com #747723", some("example.com", "747723", None)),
        (
            "@example.com #747723 @ecommerce.example",
            some("example.com", "747723", Some("ecommerce.example")),
        ),
        ("@example.com #747723 trailing text", some("example.com", "747723", None)),
        ("@example.com #747723\nsomething", None),
        ("@example.com  #747723", None),
        (" @example.com #747723", None),
        ("example.com #747723", None),
        ("@example.com 747723", None),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn every_language_fits_into_one_segment_with_the_line() {
    let text = CodeText::builder("Northern Clinic")
        .domain("clinic.example")
        .locales(CodeText::languages())
        .build()
        .unwrap();
    assert_eq!(CodeText::languages().count(), 30);
    for language in CodeText::languages() {
        let written = text.write("123456", language, 10);
        assert_eq!(segments(&written).count(), 1, "{language}");
        assert!(written.contains("Northern Clinic") && written.contains("123456"), "{language}");
        let read = read(&written).expect(language);
        assert_eq!((&*read.0, &*read.1), ("clinic.example", "123456"));
        assert_eq!(text.locale(language), language);
    }
}

#[test]
fn a_text_of_two_segments_is_refused_and_its_language_named() {
    let long = CodeText::builder("The Very Long Name Of A Club That Has Many Words In It")
        .domain("a-long-domain-name.club.example");
    assert!(long.clone().build().is_ok());
    let error = long.locales(["en", "ru"]).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.detail().contains("ru has 2 segments"), "{error}");
}

#[test]
fn what_cannot_be_a_text_is_refused() {
    let text = || CodeText::builder("Club");
    for (text, problem) in [
        (CodeText::builder(" "), "brand"),
        (text().domain("club.example").app_hash("FA+9qCX9VSu"), "both"),
        (text().app_hash("short"), "11 characters"),
        (text().embedded("pay.example"), "domain of its page"),
        (text().domain("https://club.example"), "host in lower case"),
        (text().domain("Club.example"), "host in lower case"),
        (text().locales(["tlh"]), "none in tlh"),
        (text().locales(Vec::<String>::new()), "no language"),
        (text().text("en", "no place for it"), "{code}"),
        (text().text("en", "{code}\nmore"), "one line"),
    ] {
        let error = text.build().unwrap_err();
        assert!(error.detail().contains(problem), "{error}");
    }
}

#[test]
fn a_language_is_found_by_its_tag() {
    let text =
        CodeText::builder("Club").locales(["en", "pt", "zh"]).text("pt-BR", "{code} {brand}!");
    let text = text.build().unwrap();
    for (wanted, found) in [
        ("pt-BR", "pt-BR"),
        ("pt_BR", "pt-BR"),
        ("pt-PT", "pt"),
        ("zh-Hant-TW", "zh"),
        ("xx", "en"),
        ("", "en"),
    ] {
        assert_eq!(text.locale(wanted), found, "{wanted}");
    }
    assert_eq!(text.write("1234", "pt-BR", 5), "1234 Club!");
    let odd = CodeText::builder("{code}").text("en", "{code} {brand} {x} {").build().unwrap();
    assert_eq!(odd.write("1234", "en", 5), "1234 {code} {x} {");
    let app = CodeText::builder("Club").app_hash("FA+9qCX9VSu").build().unwrap();
    assert!(app.write("1234", "en", 5).ends_with("\nFA+9qCX9VSu"));
    let framed =
        CodeText::builder("Club").domain("club.example").embedded("pay.example").build().unwrap();
    assert_eq!(read(&framed.write("1234", "en", 5)).unwrap().2.as_deref(), Some("pay.example"));
}

#[test]
fn a_voice_reads_digit_by_digit() {
    assert_eq!((spoken("0042"), spoken("")), ("0, 0, 4, 2".to_owned(), String::new()));
}
