//! Privacy: no code in a table, nothing erased in a file beside it, no formula in an export.

use std::path::Path;

use anysms::{Message, SmsProvider, Timestamp, message::MessageClass};
use anysms_store::{Filter, MessageStore, RecordExt, Retention, Stage, export};

use crate::{
    Backend,
    fake::{Fake, timed_out},
    message, number,
    running::{Running, until_in},
};

const SECRET: &str = "a secret of more than sixteen bytes";

fn code(key: &str, code: &str) -> Message {
    let text = format!("Your code is {code}");
    let message = Message::new(number(123), text).with_key(key.parse().unwrap());
    message.with_class(MessageClass::OneTimeCode)
}

/// Returns the files of a folder in which these bytes are.
fn holding(folder: &Path, bytes: &str) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let has = |path: &std::path::PathBuf| {
        let whole = std::fs::read(path).unwrap();
        whole.windows(bytes.len()).any(|window| window == bytes.as_bytes())
    };
    files.filter(has).map(|path| path.display().to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_in_no_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = MessageStore::sqlite(&path).await.unwrap();
    let sms = Fake::new().recorded(&store).unwrap();
    sms.send(&code("direct", "739154")).await.unwrap();
    let later = Timestamp::now() + std::time::Duration::from_secs(60);
    store.enqueue(&[code("queued", "739154")], Some(later)).await.unwrap();
    assert_eq!(holding(folder.path(), "739154"), Vec::<String>::new());
    assert_eq!(holding(folder.path(), "Your code"), Vec::<String>::new());
    let history = store.history(None, code("direct", "").key()).await.unwrap().unwrap();
    assert_eq!((history.entry.text, history.entry.text_hash), (None, None));
    // The key stands for the message whatever the code in it: nothing in the table tells one code from another.
    assert!(sms.send(&code("direct", "000000")).await.unwrap().earlier);
}

pub(crate) async fn a_code_leaves_the_queue_whole(backend: Backend) {
    let store = backend.store.clone().seal_codes_with(SECRET).unwrap();
    let fake = Fake::failing(1, &timed_out());
    let running = Running::start(&store, fake.clone().recorded(&store).unwrap());
    store.enqueue(&[code("a", "739154"), code("b", "200816")], None).await.unwrap();
    until_in(&store, Stage::Done, 2, 10).await;
    running.stop().await;
    let mut sent: Vec<_> = fake.sent.lock().unwrap().iter().map(|m| m.text().to_owned()).collect();
    sent.sort_unstable();
    assert_eq!(sent, ["Your code is 200816", "Your code is 739154"]);
    assert!(!store.requeue(None, code("b", "").key()).await.unwrap(), "nothing of it was kept");
    assert!(backend.store.clone().seal_codes_with("short").is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_opened_by_whoever_has_the_secret() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let web = MessageStore::sqlite(&path).await.unwrap().seal_codes_with(SECRET).unwrap();
    web.enqueue(&[code("a", "739154")], None).await.unwrap();
    let stranger = MessageStore::sqlite(&path).await.unwrap();
    let fake = Fake::new();
    let running = Running::start(&stranger, fake.clone().recorded(&stranger).unwrap());
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    running.stop().await;
    assert_eq!(fake.calls(), 0);
    let worker = MessageStore::sqlite(&path).await.unwrap().seal_codes_with(SECRET).unwrap();
    let running = Running::start(&worker, fake.clone().recorded(&worker).unwrap());
    until_in(&worker, Stage::Done, 1, 10).await;
    running.stop().await;
    assert_eq!(fake.calls(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_erased_is_in_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = MessageStore::sqlite(&path).await.unwrap();
    let sms = Fake::new().recorded(&store).unwrap();
    let text = "PLAINLY at noon";
    for at in 0..20 {
        let one = Message::new(number(123), text).with_key(format!("k{at}").parse().unwrap());
        sms.send(&one).await.unwrap();
    }
    assert!(!holding(folder.path(), "PLAINLY").is_empty());
    store.erase(number(123), &Retention::default()).await.unwrap();
    assert_eq!(holding(folder.path(), "PLAINLY"), Vec::<String>::new());
    assert_eq!(holding(folder.path(), "447700900123"), Vec::<String>::new());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_files_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let store = MessageStore::sqlite(folder.path().join("store.db")).await.unwrap();
    Fake::new().recorded(&store).unwrap().send(&message("a")).await.unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", file.file_name());
    }
}

pub(crate) async fn no_cell_is_a_formula(backend: Backend) {
    let store = &backend.store;
    let sms = Fake::new().recorded(store).unwrap();
    let texts = [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        ";=1+1",
        ",=1",
        "＝1",
        "＋1",
        "－1",
        "＠1",
        "\u{feff}=1",
        "\u{200b}=1",
        "\"=1",
        "|=1",
        "\u{a0}=1",
        "'=1",
        "−1",
    ];
    for (at, text) in texts.iter().enumerate() {
        sms.send(&Message::new(number(123), *text).with_key(format!("k{at}").parse().unwrap()))
            .await
            .unwrap();
    }
    let inside = "a;=1+1;b\tc";
    sms.send(&Message::new(number(123), inside).with_key("inside".parse().unwrap())).await.unwrap();
    let mut file = Vec::new();
    export::csv(store, &Filter::new(), &mut file).await.unwrap();
    let file = String::from_utf8(file).unwrap();
    assert!(file.contains(&format!("\"{inside}\"")), "in quotes");
    let mut cells = csv::ReaderBuilder::new().from_reader(file.as_bytes());
    let place = cells.headers().unwrap().iter().position(|name| name == "text").unwrap();
    for row in cells.records() {
        let row = row.unwrap();
        assert!(row[place].starts_with('\'') || &row[place] == inside, "{:?}", &row[place]);
    }
}
