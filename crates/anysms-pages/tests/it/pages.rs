//! Contents of the pages.

use anysms::{MessageStatus, PhoneNumber, sandbox::Fate, twilio::TWILIO};
use anysms_pages::Inbox;

use crate::{PHONE, Site};

#[tokio::test]
async fn an_empty_inbox_says_where_to_point_a_client() {
    let site = Site::start().await;
    let page = site.page("").await;
    for text in [&site.sandbox.base_url(), "AC00000000000000000000000000000001", "+15555550100"] {
        assert!(page.contains(text), "{text}");
    }
}

#[tokio::test]
async fn a_message_shows_in_all_three_panes() {
    let site = Site::start().await;
    let id = site.deliver(PHONE, "Your code is 123456").await;
    let list = site.page("?part=list").await;
    assert!(list.contains("+44 7700 900123") && list.contains("Your code is 123456"));
    assert!(list.contains("data-unread=\"1\""));
    let page = site.page("?phone=447700900123").await;
    assert_eq!(page.matches("data-copy=\"123456\"").count(), 2, "in the talk and in the details");
    assert!(site.page("?part=list").await.contains("data-unread=\"0\""), "it was read");
    let details = site.page(&format!("?phone=447700900123&message={id}&part=details")).await;
    let steps: Vec<_> = ["queued", "sent", "delivered"]
        .iter()
        .map(|status| details.find(&format!("<strong>{status}</strong>")).expect(status))
        .collect();
    assert!(steps.is_sorted());
    for text in [id.value(), "US$0.0524", "1 segment of GSM-7, 19 units, 141 left", "a program"] {
        assert!(details.contains(text), "{text}");
    }
}

#[tokio::test]
async fn an_error_is_explained_without_asking_anybody() {
    let site = Site::start().await;
    let to: PhoneNumber = PHONE.parse().unwrap();
    site.sandbox.set_fate(to, Fate::Undelivered(30003));
    let id = site.send(PHONE, "Hello").await;
    site.reach(&id, &MessageStatus::Undelivered).await;
    let page = site.page("?phone=447700900123").await;
    assert!(page.contains("Error 30003") && page.contains("the handset cannot be reached"));
    assert!(page.contains("href=\"https://www.twilio.com/docs/errors/30003\""));
    assert!(page.contains("rel=\"noopener noreferrer\""));
    assert!(site.page("?q=is:failed").await.contains("row-447700900123"));
    assert!(!site.page("?q=is:failed+status:delivered").await.contains("row-447700900123"));
}

#[tokio::test]
async fn each_account_has_its_own_messages() {
    let site = Site::start().await;
    site.deliver(PHONE, "Of the first").await;
    let other = site.sandbox.open_account(&TWILIO).unwrap();
    let own = site.page(&format!("?account=twilio:{}", other.id)).await;
    assert!(!own.contains("Of the first"));
    assert!(own.contains("selected"));
    let first = site.page("?account=twilio:AC00000000000000000000000000000001").await;
    assert!(first.contains("Of the first"));
    assert!(first.contains("account=twilio%3AAC00000000000000000000000000000001&amp;phone="));
}

#[tokio::test]
async fn only_the_newest_show() {
    let site = Site::with(|handle| Inbox::new(handle).with_newest(2).router()).await;
    for text in ["one", "two", "three"] {
        site.deliver(PHONE, text).await;
    }
    let page = site.page("?phone=447700900123").await;
    assert!(!page.contains(">one<") && page.contains(">two<") && page.contains(">three<"));
    assert!(page.contains("The newest 2 messages show."));
}

#[tokio::test]
async fn nothing_stands_in_a_page_that_the_policy_would_refuse() {
    let site = Site::start().await;
    site.deliver(PHONE, "Your code is 123456").await;
    for place in ["", "?phone=447700900123", "/help"] {
        let page = site.page(place).await;
        for refused in [" style=", "<style", "onclick", "javascript:", "<img", "<iframe"] {
            assert!(!page.contains(refused), "{place}: {refused}");
        }
        assert_eq!(page.matches("<script").count(), 1);
        assert!(page.contains("<script type=\"module\" src=\"/_anysms/inbox/pages.js\"></script>"));
    }
}

#[tokio::test]
async fn a_page_of_five_hundred_messages_is_made_soon() {
    let site = Site::start().await;
    for number in 0..60 {
        let to = format!("+4477009{number:05}");
        site.send(&to, &format!("Message {number}")).await;
    }
    let begun = std::time::Instant::now();
    let page = site.page("").await;
    assert_eq!(page.matches("data-row").count(), 60);
    assert!(begun.elapsed().as_millis() < 1_000);
}
