//! What each way to fail proves about a message, against a server on loopback that fails so, over
//! HTTP/1.1 and HTTP/2, with TLS and without, by both vendors' clients.
//!
//! For every send: what the client concludes is what the table says; what it calls not sent, the server
//! has not read to the end, or has refused in an answer; what it calls accepted, the server has
//! answered with 2xx; and it is never asked twice for one send. In full, some minutes:
//!
//! ```text
//! ANYSMS_FAULT_REPEATS=200 cargo test --release -p anysms-tests --test faults -- --nocapture
//! ```
//!
//! Where each row of the table is tested; other files mean `tests/`:
//!
//! | row | failure | concluded | where |
//! |---|---|---|---|
//! | 1 | refused on this machine | not sent | `local_refusals.rs` |
//! | 2 | no address | not sent | `rows.rs`, `connecting` |
//! | 3 | connection refused | not sent | `connecting` |
//! | 4 | TCP or TLS hangs, time to connect set | not sent | `connecting` |
//! | 5 | the same, only a time in all | unknown | `connecting` |
//! | 6 | TLS fails | not sent | `connecting` |
//! | 7 | the proxy's tunnel fails | not sent | `connecting` |
//! | 8 | closed before anything is read | unknown | `requests` |
//! | 9 | reset before, within or while writing | unknown | `requests` |
//! | 10 | the request is never read | unknown | `requests` |
//! | 11 | read, then closed or reset | unknown | `requests`; as the next comes, `streams` too |
//! | 12 | an idle connection was closed | no failure, read once | `requests`, `streams` |
//! | 13 | read and never answered | unknown | `requests`; `bursts.rs` |
//! | 14 | HTTP/2 stream refused | not sent | `streams`; among others, `bursts.rs` |
//! | 15 | HTTP/2 GOAWAY, ours above | not sent; all others unknown | `streams`; `bursts.rs` |
//! | 16 | no whole, valid head | unknown | `heads` |
//! | 17 | yes, its body lost | accepted, no id | `yeses` |
//! | 18 | yes, its body of no use | accepted, no id | `yeses`; `receipts.rs` |
//! | 19 | Twilio's yes that failed | rejected | `answers.rs`; `receipts.rs` |
//! | 20 | Plivo's yes to invalid numbers | rejected | `answers.rs`; `receipts.rs` |
//! | 21 | 301 to 303 | unknown, read once | `answers.rs` |
//! | 22 | 307, 308, 421, 425 | rejected, read once | `answers.rs` |
//! | 23 to 33 | every other status, by both vendors | as `class_of` says | `answers.rs`; codes, `refusals.rs` |
//! | 34 | the caller drops the send | unknown | not here: it has no error to look at |
//! | 35 | the process dies | unknown | not here: it takes a log of messages |
//! | 36 | 407, 411, 417, 426, 428, 431, 451 | rejected, read once | `answers.rs` |
//! | 37 | a page of somebody else | by the status alone | `answers.rs`; `error_kinds.rs` |
//! | 38 | a yes with an error code beside it | accepted | `answers.rs`; `receipts.rs` |

mod answers;
mod bursts;
mod campaign;
mod case;
mod fault;
mod http1;
mod http2;
mod rows;
mod sandbox;
mod server;

use std::collections::BTreeSet;

/// How often each case is run.
fn repeats() -> usize {
    let text = std::env::var("ANYSMS_FAULT_REPEATS").ok();
    text.map_or(2, |text| text.parse().expect("ANYSMS_FAULT_REPEATS is a number"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_row_proves_what_the_table_says() {
    let (table, sum) = campaign::run(rows::all(), repeats()).await;
    println!("{table}\n{sum}");
    let wrong = sum.wrong.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} sends are wrong, among them:\n{wrong}", sum.wrong.len());
    assert_eq!((sum.read_twice, sum.false_not_sent, sum.false_accepted), (0, 0, 0));
}

#[test]
fn every_row_that_a_server_can_show_has_a_case() {
    let rows: BTreeSet<u8> = rows::all().iter().map(|case| case.row).collect();
    assert_eq!(rows, (2..=33).chain(36..=38).collect());
}
