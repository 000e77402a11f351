//! The message store: one suite, which all its backends pass.

#[cfg(feature = "postgres")]
#[path = "../support/postgres.rs"]
mod postgres;

mod accounts;
mod attempts;
mod carrier;
mod codes;
mod costs;
mod cuts;
mod databases;
mod door;
mod ends;
mod fairness;
mod fake;
mod ingest;
mod keys;
mod lists;
mod migration;
mod neighbours;
mod outages;
mod prices;
mod privacy;
mod proof;
mod proxy;
mod queue;
mod races;
mod reducer;
mod running;
mod silence;
mod stacks;
mod statuses;
mod threads;
mod upkeep;
mod within;

use anysms::{Message, PhoneNumber};
use anysms_store::{MessageStore, StorePolicy, TablePrefix};
use sqlx::sqlite::SqliteConnectOptions;

/// Store of one case, and the database that lives as long.
pub(crate) struct Backend {
    pub(crate) store: MessageStore,
    _folder: Option<tempfile::TempDir>,
}

async fn memory_backend() -> Backend {
    memory_backend_with(StorePolicy::default()).await
}

async fn sqlite_backend() -> Backend {
    sqlite_backend_with(StorePolicy::default()).await
}

async fn postgres_backend() -> Backend {
    postgres_backend_with(StorePolicy::default()).await
}

pub(crate) async fn memory_backend_with(policy: StorePolicy) -> Backend {
    Backend { store: MessageStore::memory_with(100_000, policy), _folder: None }
}

pub(crate) async fn sqlite_backend_with(policy: StorePolicy) -> Backend {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new().filename(folder.path().join("store.db"));
    let (options, prefix) = (options.create_if_missing(true), TablePrefix::default());
    MessageStore::migrate_sqlite(&options, &prefix).await.unwrap();
    let store = MessageStore::sqlite_with(options, prefix, policy).await.unwrap();
    Backend { store, _folder: Some(folder) }
}

pub(crate) async fn postgres_backend_with(policy: StorePolicy) -> Backend {
    let (pool, prefix) = (postgres::database().await, TablePrefix::default());
    MessageStore::migrate_postgres(&pool, &prefix).await.unwrap();
    let store = MessageStore::postgres_with(pool, prefix, policy).await.unwrap();
    Backend { store, _folder: None }
}

pub(crate) fn number(last: u32) -> PhoneNumber {
    format!("+447700900{last:03}").parse().unwrap()
}

pub(crate) fn message(key: &str) -> Message {
    Message::new(number(123), "Your table is ready").with_key(key.parse().unwrap())
}

/// Repetitions of a long test, and their step; an ordinary run makes one.
pub(crate) fn rounds(name: &str, steps: u32) -> (u32, u32) {
    std::env::var(name).map_or((1, steps), |text| (text.parse().expect("a number"), 1))
}

macro_rules! suite {
    ($($module:ident: $($case:ident),+;)+) => {
        mod memory {
            $($(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                crate::$module::$case(crate::memory_backend().await).await;
            })+)+
        }

        mod sqlite {
            $($(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                crate::$module::$case(crate::sqlite_backend().await).await;
            })+)+
        }

        mod postgres_server {
            $($(#[tokio::test(flavor = "multi_thread")]
            #[ignore = "needs PostgreSQL"]
            async fn $case() {
                crate::$module::$case(crate::postgres_backend().await).await;
            })+)+
        }
    };
}

suite! {
    costs:
        a_late_price_is_asked_for_and_changes_nothing_else,
        what_never_has_a_price_is_unpriced_after_four_looks,
        estimates_stand_beside_prices_with_their_drift;
    prices:
        prices_are_appended_and_never_changed,
        a_book_that_begins_anew_reads_the_store;
    accounts:
        each_account_is_asked_about_its_own,
        every_attempt_without_an_id_is_a_rival,
        a_record_of_another_sender_is_no_answer,
        a_stack_of_another_store_is_refused,
        behind_many_accounts_each_attempt_has_its_own;
    codes:
        of_64_checks_one_is_approved_and_five_are_compared,
        of_a_range_without_approvals_20_codes_leave,
        a_request_that_is_repeated_sends_once,
        what_a_process_left_is_sent_once_with_the_same_code,
        a_report_knows_what_arrived_and_what_it_cost,
        an_erased_number_is_in_no_challenge,
        wrong_codes_for_a_number_wait_whichever_challenge,
        an_intent_is_begun_once;
    ends:
        every_end_is_told_until_it_was_heard,
        what_ended_comes_back_on_purpose_alone,
        what_waits_moves_to_another_time,
        resends_are_counted_by_key_not_by_call,
        a_wait_without_end_ends_with_the_patience,
        what_was_interrupted_is_shown_and_goes_with_its_time,
        a_freed_key_meets_no_other,
        an_end_is_heard_though_its_key_is_anothers;
    door:
        whatever_is_written_is_read_back,
        words_that_no_index_takes_cost_nobody,
        names_that_are_too_long_are_refused_alone,
        what_no_table_takes_as_it_is_is_kept_all_the_same,
        amounts_of_two_currencies_stand_in_two_rows,
        the_greatest_settings_are_settings;
    privacy:
        a_code_leaves_the_queue_whole,
        no_cell_is_a_formula;
    fairness:
        a_revoked_account_holds_up_nobody,
        a_limited_tenant_holds_up_nobody,
        a_code_waits_behind_no_campaign;
    proof:
        another_accounts_word_changes_nothing,
        an_early_word_of_another_account_changes_nothing,
        the_same_words_of_another_account_hide_nothing,
        what_proves_only_its_address_has_the_provider_asked,
        a_stop_without_proof_ends_unless_it_is_confirmed,
        a_start_takes_back_what_its_own_line_was_told,
        a_providers_refusal_is_kept_with_the_outcome;
    attempts:
        a_send_is_written_down,
        the_same_key_again_is_the_earlier_receipt,
        the_same_key_with_another_content_is_a_conflict,
        what_may_have_been_sent_is_not_sent_again,
        what_may_have_been_sent_is_sent_again_where_the_policy_says_so,
        what_was_not_sent_may_be_sent,
        failing_over_is_two_attempts_of_one_message,
        many_at_once_with_one_key_are_one,
        organisations_have_keys_of_their_own,
        who_opted_out_is_not_sent_to,
        a_future_that_is_dropped_is_written_down_all_the_same,
        a_stack_that_goes_round_the_log_cannot_be_built,
        many_that_were_sent_before_cost_nothing;
    statuses:
        the_sequences_come_to_what_they_must,
        a_callback_before_the_answer_finds_its_attempt,
        a_callback_settles_what_nobody_knew,
        news_of_unknown_messages_wait_for_them,
        two_ids_are_a_conflict,
        a_second_delivery_is_counted;
    threads:
        both_directions_are_one_thread,
        a_sender_or_a_pool_or_none_is_the_local_end,
        many_first_messages_at_once_are_one_thread,
        reading_counts_each_message_once,
        sessions_are_marks_in_one_thread,
        a_snooze_ends_with_its_time_or_a_message,
        threads_are_found_by_what_people_made_of_them,
        pages_of_threads_and_of_messages_go_through_all,
        what_goes_takes_its_threads_along,
        a_purge_keeps_the_last_message_right;
    queue:
        all_that_is_queued_is_sent_once,
        the_same_again_is_the_same_entry,
        what_is_due_later_waits,
        what_waits_can_be_called_back,
        an_opt_out_stops_what_waits,
        what_expired_is_not_sent,
        what_passes_is_tried_again_later,
        what_waits_is_not_sent_beside_the_queue,
        two_workers_share_the_queue;
    lists:
        filters_find_what_they_say,
        pages_go_through_all,
        media_go_with_the_text,
        threads_unread_and_search,
        messages_that_are_not_final_are_counted_by_their_sender,
        words_of_every_script_are_found,
        no_tenant_is_a_tenant_too,
        reports_add_up,
        opt_outs_have_scopes;
    keys:
        many_tasks_with_the_same_keys_get_the_same_entries,
        what_nobody_waited_for_and_is_queued_again_is_one;
    ingest:
        events_are_taken_in,
        a_runner_sends_and_stops;
    reducer:
        the_log_agrees_with_the_reducer;
    upkeep:
        what_nobody_knew_is_looked_for,
        what_was_broken_off_is_looked_for,
        what_no_webhook_brought_is_asked_for,
        a_key_is_free_after_a_week,
        old_texts_and_numbers_are_forgotten,
        a_number_is_erased,
        what_stands_in_place_of_a_number_is_erased_too,
        messages_go_altogether,
        what_is_found_late_is_asked_for_from_the_beginning,
        others_providers_are_left_to_others,
        exports_have_every_message;
}
