//! The table of `main.rs`, row by row: first what happens to connections, then what answers say.

use anysms::ErrorKind;

use crate::{
    case::{By, Case, Class, Patience},
    fault::{Fault, Handshake, Reply, Rest, Say, Then, When},
    http2::{self, ANY, DATA, END_HEADERS, END_STREAM, HEADERS, LAST, NO_ERROR, REFUSED_STREAM},
};

/// What is said to the stream of this id.
type Frames = fn(u32) -> Vec<u8>;

/// An answer that both vendors' clients take for a yes.
pub(crate) const YES: &str = r#"{"sid":"SM00000000000000000000000000000001","status":"queued","message_uuid":["5b40a428-bfc7-4daf-9d06-726c558bf3b8"],"api_id":"a1"}"#;

pub(crate) fn all() -> Vec<Case> {
    let parts = [connecting(), requests(), streams(), heads(), yeses()];
    parts.into_iter().flatten().chain(crate::answers::all()).collect()
}

/// Rows 2 to 7.
fn connecting() -> Vec<Case> {
    use Class::{NotSent, Unknown};
    let proxy = |name, words| Case::new(7, name, Fault::Proxy(words), NotSent);
    let tls = |name, handshake| Case::new(6, name, Fault::Tls(handshake), NotSent).tls();
    let cases = vec![
        Case::new(2, "no such host", Fault::NoHost, NotSent).tls(),
        Case::new(3, "connection refused", Fault::Closed, NotSent),
        Case::new(4, "TCP hangs", Fault::Full, NotSent).patience(Patience::Connect),
        Case::new(4, "TLS hangs", Fault::Mute, NotSent).patience(Patience::Connect).tls(),
        Case::new(5, "TCP hangs, total time only", Fault::Full, Unknown)
            .patience(Patience::Total)
            .read(0),
        Case::new(5, "TLS hangs, total time only", Fault::Mute, Unknown)
            .patience(Patience::Total)
            .tls()
            .read(0),
        tls("TLS closed", Handshake::Close),
        tls("TLS reset", Handshake::Reset),
        tls("TLS garbage", Handshake::Garbage),
        tls("certificate not trusted", Handshake::Untrusted),
        tls("certificate for another name", Handshake::WrongName),
        tls("no common protocol", Handshake::WrongProtocol),
        Case::new(7, "proxy not there", Fault::Proxy(None), NotSent),
        proxy("proxy wants a password", Some("HTTP/1.1 407 Who\r\ncontent-length: 0\r\n\r\n"))
            .tls(),
        proxy("proxy refuses", Some("HTTP/1.1 502 No\r\ncontent-length: 0\r\n\r\n")).tls(),
        proxy("proxy closes", Some("")).tls(),
        proxy("proxy says garbage", Some("garbage\r\n\r\n")).tls(),
    ];
    let kind = |case: Case| match case.class {
        NotSent => case.kind(ErrorKind::Connect),
        _ => case.kind(ErrorKind::Timeout),
    };
    cases.into_iter().map(kind).collect()
}

/// Rows 8 to 13.
fn requests() -> Vec<Case> {
    use Class::{Accepted, Unknown};
    let silent = |when, then| Fault::new(when, Say::Nothing, then);
    let broken = |row, name, when, then| {
        let read = usize::from(when == When::After);
        Case::new(row, name, silent(when, then), Unknown).read(read)
    };
    let late = |case: Case| case.patience(Patience::Total).kind(ErrorKind::Timeout);
    let yes = || Reply::new(201, YES);
    vec![
        broken(8, "closed before reading", When::Before, Then::Fin),
        broken(8, "closed before reading, below TLS", When::Before, Then::Cut).tls(),
        broken(9, "reset before reading", When::Before, Then::Reset),
        broken(9, "reset within the request", When::During, Then::Reset),
        broken(9, "closed within the request", When::During, Then::Fin),
        broken(9, "reset before reading, 8 MiB", When::Before, Then::Reset).by(By::Bulk),
        broken(9, "reset within 8 MiB", When::During, Then::Reset).by(By::Bulk),
        late(broken(10, "never read, 8 MiB", When::Before, Then::Hang)).by(By::Bulk),
        late(broken(10, "never read beyond the start, 8 MiB", When::During, Then::Hang))
            .by(By::Bulk),
        late(broken(10, "never read, fits the buffer", When::Before, Then::Hang)),
        late(Case::new(10, "taken and never looked at", Fault::Mute, Unknown).plain().read(0)),
        broken(11, "closed after reading", When::After, Then::Fin),
        broken(11, "closed after reading, below TLS", When::After, Then::Cut).tls(),
        broken(11, "reset after reading", When::After, Then::Reset),
        Case::new(12, "idle connection closed", yes().then(Then::Fin), Accepted).twice(),
        Case::new(12, "idle connection closed below TLS", yes().then(Then::Cut), Accepted)
            .twice()
            .tls(),
        Case::new(12, "idle connection reset", yes().then(Then::Reset), Accepted).twice(),
        Case::new(11, "closed as the next comes", yes().then(Then::Fin), Accepted).in_a_row(),
        Case::new(11, "reset as the next comes", yes().then(Then::Reset), Accepted).in_a_row(),
        Case::new(12, "connection kept", yes().then(Then::Next), Accepted).twice(),
        late(broken(13, "never answered", When::After, Then::Hang)),
    ]
}

/// Rows 14 and 15: what HTTP/2 can say beside an answer.
fn streams() -> Vec<Case> {
    use Class::{Accepted, NotSent, Unknown};
    use http2::{ENHANCE_YOUR_CALM, go_away, reset};
    let yes = |id| http2::encode(id, &Reply::new(201, YES)).concat();
    let bare = |row, name: &str, fault, class| Case::new(row, name, fault, class).http2();
    let away = |name: &str, when, frames: Frames, then, class| {
        let fault = Fault::frames(when, frames, then);
        let read = usize::from(when == When::After);
        Case::new(15, name, fault, class).http2().read(read)
    };
    let refused = Fault::reset(When::During, REFUSED_STREAM);
    let mut cases = vec![
        bare(14, "refused", refused.clone(), NotSent).kind(ErrorKind::Unavailable),
        bare(14, "refused twice", refused, NotSent).kind(ErrorKind::Unavailable).twice(),
    ];
    for (code, when) in (0..=14).flat_map(|code| [(code, When::During), (code, When::After)]) {
        if code != REFUSED_STREAM {
            let name = format!("reset with {code}, {when:?}");
            let read = usize::from(when == When::After);
            cases.push(bare(15, &name, Fault::reset(when, code), Unknown).read(read));
        }
    }
    let above: [(&str, Frames); 3] = [
        ("gone, ours above", |_| go_away(0, NO_ERROR)),
        ("gone in anger, ours above", |_| go_away(0, ENHANCE_YOUR_CALM)),
        ("goes, then gone, ours above", |_| {
            [go_away(ANY, NO_ERROR), go_away(0, NO_ERROR)].concat()
        }),
    ];
    for ((name, frames), then) in
        above.into_iter().flat_map(|gone| [(gone, Then::Next), (gone, Then::Fin)])
    {
        let gone = away(name, When::During, frames, then, NotSent);
        cases.push(gone.kind(ErrorKind::Unavailable));
    }
    let included: [(&str, Frames, Then); 5] = [
        ("gone, ours included", |id| go_away(id, NO_ERROR), Then::Fin),
        ("gone, ours included, reset", |id| go_away(id, NO_ERROR), Then::Reset),
        ("gone in anger, ours included", |id| go_away(id, ENHANCE_YOUR_CALM), Then::Fin),
        ("goes, ours included", |_| go_away(ANY, NO_ERROR), Then::Fin),
        (
            "gone and reset, ours included",
            |id| [go_away(id, NO_ERROR), reset(id, NO_ERROR)].concat(),
            Then::Fin,
        ),
    ];
    for (name, frames, then) in included {
        // A client that learns of it before it wrote the body never writes it.
        let early = away(name, When::During, frames, then, Unknown).or(NotSent);
        cases.extend([early, away(name, When::After, frames, then, Unknown)]);
    }
    let answered =
        Fault::frames(When::After, move |id| [go_away(id, NO_ERROR), yes(id)].concat(), Then::Fin);
    cases.push(bare(15, "gone, ours answered", answered.clone(), Accepted));
    cases.push(bare(11, "gone as the next comes", answered.clone(), Accepted).in_a_row());
    cases.push(bare(12, "idle connection gone", answered, Accepted).twice());
    cases
}

/// Row 16 and what else is no head of an answer.
fn heads() -> Vec<Case> {
    use Class::{Accepted, Unknown};
    let unknown = |row, name: &str, fault| Case::new(row, name, fault, Unknown).read(1);
    let text =
        |row, name: &str, bytes: &str| unknown(row, name, Fault::bytes(bytes, Then::Fin)).http1();
    let frames = |row, name: &str, frames: Frames| {
        unknown(row, name, Fault::frames(When::After, frames, Then::Fin)).http2()
    };
    let huge = || Reply::new(201, YES).header("x-huge", "x".repeat(600_000)).then(Then::Fin);
    let many = || {
        let many = Reply::new(201, YES);
        (0..200).fold(many, |reply, _| reply.header("x-many", "x")).then(Then::Fin)
    };
    let waits = |statuses: &[u16]| {
        let reply = Reply::new(201, YES);
        statuses.iter().fold(reply, |reply, status| reply.interim(*status)).then(Then::Next)
    };
    let hangs =
        unknown(16, "head hangs", Fault::bytes("HTTP/1.1 201 Created\r\nx-y: ", Then::Hang));
    vec![
        text(16, "head cut in its first word", "HT"),
        text(16, "head cut in its first line", "HTTP/1.1 201 Crea"),
        text(16, "head cut after its first line", "HTTP/1.1 201 Created\r\n"),
        text(16, "head cut before its end", "HTTP/1.1 201 Created\r\ncontent-length: 5\r\n"),
        text(16, "1xx only", "HTTP/1.1 100 Continue\r\n\r\n"),
        text(16, "1xx only, thrice", &"HTTP/1.1 103 Hints\r\n\r\n".repeat(3)),
        text(16, "garbage", "\0\u{1}\u{2} garbage\r\n\r\n"),
        text(16, "no version", "201 Created\r\n\r\n"),
        text(16, "a version that is none", "HTTP/7.1 201 Created\r\ncontent-length: 0\r\n\r\n"),
        text(16, "a status of two digits", "HTTP/1.1 20 Created\r\ncontent-length: 0\r\n\r\n"),
        text(16, "a status of letters", "HTTP/1.1 two Created\r\ncontent-length: 0\r\n\r\n"),
        text(16, "a header that is none", "HTTP/1.1 201 Created\r\n: \u{7}\r\n\r\n"),
        text(
            16,
            "two lengths",
            "HTTP/1.1 201 Created\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx",
        ),
        text(16, "switching protocols", "HTTP/1.1 101 Switching\r\nupgrade: x\r\n\r\n"),
        hangs.http1().patience(Patience::Total).kind(ErrorKind::Timeout),
        frames(16, "head cut", |id| http2::head(id, 0, "201", &[])),
        frames(16, "head cut within its frame", |id| {
            http2::head(id, END_HEADERS, "201", &[])[..11].to_vec()
        }),
        frames(16, "1xx only", |id| http2::head(id, END_HEADERS, "103", &[])),
        frames(16, "garbage", |_| b"HTTP/1.1 400 Bad Request\r\n\r\n".repeat(9)),
        frames(16, "a body without a head", |id| http2::frame(DATA, END_STREAM, id, b"{}")),
        frames(16, "a frame of nobody", |_| http2::frame(DATA, END_STREAM, 0, b"{}")),
        frames(16, "another stream's answer", |id| http2::head(id + 2, LAST, "201", &[])),
        frames(16, "a status of letters", |id| http2::head(id, LAST, "two", &[])),
        frames(16, "no status", |id| http2::frame(HEADERS, LAST, id, &[])),
        frames(16, "switching protocols", |id| http2::head(id, END_HEADERS, "101", &[])),
        unknown(16, "a huge header", huge()),
        unknown(16, "too many headers", many()).http1(),
        Case::new(16, "1xx, then a yes", waits(&[100, 103, 102, 103]), Accepted).http1(),
        Case::new(16, "1xx, then a yes", waits(&[103, 103]), Accepted).http2(),
    ]
}

/// Rows 17 and 18.
fn yeses() -> Vec<Case> {
    use Class::{Accepted, AcceptedWithoutId};
    let half = &YES[..YES.len() / 2];
    let lost = |row, name: &str, fault| Case::new(row, name, fault, AcceptedWithoutId);
    let short = |body: &str, then| Reply::new(201, body).rest(Rest::Short).then(then);
    let said =
        |name: &str, status, body: &str| lost(18, name, Reply::new(status, body).then(Then::Next));
    let part = |code| {
        let frames = move |id| {
            let head = http2::head(id, END_HEADERS, "201", &[]);
            [head, http2::frame(DATA, 0, id, b"{\"sid\""), http2::reset(id, code)].concat()
        };
        Fault::frames(When::After, frames, Then::Next)
    };
    let large = || Reply::new(201, YES.replace("a1", &"a".repeat(300_000)));
    vec![
        lost(17, "yes, its body closed", short(half, Then::Fin)),
        lost(17, "yes, its body closed below TLS", short(half, Then::Cut)).tls(),
        lost(17, "yes, its body reset", short(half, Then::Reset)),
        lost(17, "yes, no body where one is promised", short("", Then::Fin)),
        lost(17, "yes, its body hangs", short(half, Then::Hang)).patience(Patience::Total),
        lost(17, "yes, its chunk cut", Reply::new(201, half).rest(Rest::Chunk).then(Then::Fin))
            .http1(),
        lost(17, "yes, its stream reset", part(2)).http2(),
        lost(17, "yes, its stream canceled", part(8)).http2(),
        lost(14, "yes, then refused", part(REFUSED_STREAM)).http2(),
        lost(17, "yes, its body too large", large().then(Then::Next)),
        Case::new(
            17,
            "yes, slowly",
            Reply::new(201, YES).rest(Rest::Slow).then(Then::Next),
            Accepted,
        ),
        said("yes, without a body", 204, ""),
        said("yes, its body empty", 201, ""),
        said("yes, in HTML", 200, "<html><body>OK</body></html>"),
        said("yes, not JSON", 202, "queued"),
        said("yes, no object", 201, "[\"SM1\"]"),
        said("yes, without an id", 201, "{}"),
        said("yes, its id null", 202, r#"{"sid":null,"message_uuid":null}"#),
        Case::new(18, "yes", Reply::new(202, YES).then(Then::Next), Accepted),
    ]
}
