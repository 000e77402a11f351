//! Texts of strangers: each shows as it is, and does nothing.

use crate::{PHONE, Site};

#[tokio::test]
async fn tags_are_text_everywhere() {
    let site = Site::start().await;
    let text = "<script>alert(1)</script> \"'><b onload=x>&amp;";
    let id = site.deliver(PHONE, text).await;
    let query: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    for place in [
        String::new(),
        "?phone=447700900123".to_owned(),
        format!("?phone=447700900123&message={id}"),
        format!("?q={query}"),
        format!("?q=is:{query}"),
        format!("?note={query}"),
        format!("?account={query}"),
        format!("?account=twilio:{query}"),
        format!("?phone={query}&message=twilio:{query}"),
    ] {
        let page = site.page(&place).await;
        assert!(!page.contains("<script>") && !page.contains("<b onload"), "{place}");
    }
    assert!(
        site.page("?phone=447700900123").await.contains("&lt;script&gt;alert(1)&lt;/script&gt;")
    );
}

#[tokio::test]
async fn characters_that_turn_others_around_are_visible() {
    let site = Site::start().await;
    site.deliver(PHONE, "pay \u{202e}gpj.exe\u{2066} now\u{200b}\u{7}").await;
    let page = site.page("?phone=447700900123").await;
    for hidden in ['\u{202e}', '\u{2066}', '\u{200b}', '\u{7}'] {
        assert!(!page.contains(hidden), "{hidden:?}");
        assert!(page.contains(&format!(">U+{:04X}</span>", u32::from(hidden))), "{hidden:?}");
    }
}

#[tokio::test]
async fn long_and_right_to_left_texts_show_whole() {
    let site = Site::start().await;
    let emoji = "👍".repeat(800);
    site.deliver(PHONE, &emoji).await;
    let page = site.page("?phone=447700900123&part=chat").await;
    assert!(page.contains(&emoji));
    let details = site.page("?phone=447700900123&part=details").await;
    assert_eq!(details.matches("👍").count() - 1, 2 * 800, "segments, JSON and one finding");
    assert!(details.contains("25 segments of UCS-2, 1600 units"), "{details}");
    let arabic = "مرحبا، طلبك رقم ٤٢ جاهز";
    site.deliver("+15555550123", arabic).await;
    let page = site.page("?phone=15555550123").await;
    assert!(page.contains(&format!("<p class=\"text\" dir=\"auto\">{arabic}</p>")));
}

#[tokio::test]
async fn the_longest_text_of_emoji_is_cut_soon() {
    let site = Site::start().await;
    site.post(
        "reply",
        &[
            ("phone", PHONE),
            ("to", "twilio:+15555550100"),
            ("text", &"👨\u{200d}👩\u{200d}👧".repeat(320)),
            ("keyword", ""),
        ],
    )
    .await;
    let begun = std::time::Instant::now();
    let text = site.sandbox.received().remove(0).text;
    assert_eq!(text.chars().count(), 1_600);
    let details = site.page("?phone=447700900123&part=details").await;
    assert!(details.contains("of UCS-2, 2560 units"));
    assert!(begun.elapsed().as_secs() < 2);
}

#[tokio::test]
async fn links_are_no_links() {
    let site = Site::start().await;
    site.deliver(PHONE, "See https://example.com/a and tel:+15555550123").await;
    let page = site.page("?phone=447700900123").await;
    assert!(page.contains("https://example.com/a"));
    assert!(!page.contains("href=\"https://example.com") && !page.contains("href=\"tel:"));
}

#[tokio::test]
async fn a_notice_says_nothing_of_a_strangers_making() {
    let site = Site::start().await;
    for note in ["answered-999999", "answered-Call+us", "Call+us", "answered-"] {
        let page = site.page(&format!("?note={note}")).await;
        assert!(!page.contains("Call us") && !page.contains("999999"), "{note}");
    }
}
