//! The header's declarations in Rust, written from `c/include/yuno_webhooks.h` and not from its sources.

use std::ffi::{c_char, c_void};
use std::ptr;

// Brings the sources in; what follows finds their symbols as a linker does.
use yuno_webhooks_abi as _;

/// A handle of any type: the header's types are opaque.
pub(super) type Handle = *mut c_void;

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(super) struct Str {
    pub(super) data: *const c_char,
    pub(super) len: usize,
}

impl Str {
    pub(super) const ABSENT: Self = Self { data: ptr::null(), len: 0 };

    pub(super) fn of(bytes: &[u8]) -> Self {
        Self { data: bytes.as_ptr().cast(), len: bytes.len() }
    }
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Error {
    pub(super) code: i32,
    pub(super) empty_body: bool,
    pub(super) hint: Str,
}

impl Error {
    /// What no call leaves behind.
    pub(super) const UNWRITTEN: Self = Self { code: -77, empty_body: false, hint: Str::ABSENT };
}

#[repr(C)]
pub(super) struct RequiredHeader {
    pub(super) name: Str,
    pub(super) values: *const Str,
    pub(super) values_len: usize,
}

#[repr(C)]
pub(super) struct VerifierOptions {
    pub(super) size: usize,
    pub(super) hmac_secrets: *const Str,
    pub(super) hmac_secrets_len: usize,
    pub(super) api_keys: *const Str,
    pub(super) api_keys_len: usize,
    pub(super) x_secrets: *const Str,
    pub(super) x_secrets_len: usize,
    pub(super) required_headers: *const RequiredHeader,
    pub(super) required_headers_len: usize,
    pub(super) max_body_bytes: *const usize,
    pub(super) is_unsigned: bool,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Header {
    pub(super) name: Str,
    pub(super) value: Str,
}

#[repr(C)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Str,
}

#[repr(C)]
pub(super) struct SampleOptions {
    pub(super) size: usize,
    /// Kind, form, status, sub-status, id, account, the transaction's id, status and amount, updated_at, amount, currency, the merchant's reference.
    pub(super) texts: [Str; 13],
    pub(super) retry: u32,
    pub(super) without_retry: bool,
}

/// Declares functions of one type, and lists them under a name.
macro_rules! alike {
    ($($list:ident: fn $arguments:tt -> $result:ty { $($name:ident)* })*) => {
        unsafe extern "C" { $($(fn $name $arguments -> $result;)*)* }
        $(pub(super) const $list: &[unsafe extern "C" fn $arguments -> $result] = &[$($name),*];)*
    };
}

alike! {
    EVENT_SURE_TEXTS: fn(_: Handle) -> Str {
        yuno_event_kind yuno_event_shape yuno_event_finality yuno_event_dedupe_key yuno_event_data yuno_event_resource_kind
    }
    EVENT_TEXTS: fn(_: Handle) -> Str {
        yuno_event_sent_name yuno_event_account_id yuno_event_published_key yuno_event_resource_id yuno_event_resource_status
        yuno_event_resource_sub_status yuno_event_resource_merchant_reference yuno_event_resource_idempotency_key yuno_event_amount_value
        yuno_event_amount_currency yuno_event_amount_minor_units_text yuno_event_transaction_id yuno_event_transaction_type
        yuno_event_transaction_status yuno_event_transaction_amount_value yuno_event_transaction_amount_currency
        yuno_event_transaction_amount_minor_units_text
    }
    EVENT_FLAGS: fn(_: Handle) -> bool { yuno_event_signed yuno_event_repeatable yuno_event_transaction_present }
    EVENT_NUMBERS: fn(_: Handle, _: *mut i64) -> bool {
        yuno_event_changed_at_ns yuno_event_resource_created_at_ns yuno_event_resource_updated_at_ns yuno_event_amount_minor_units
        yuno_event_transaction_amount_minor_units yuno_event_transaction_updated_at_ns
    }
    EVENT_COUNTERS: fn(_: Handle, _: *mut u32) -> bool { yuno_event_retry yuno_event_version }
    ROW_TEXTS: fn(_: Handle) -> Str {
        yuno_inbox_row_key yuno_inbox_row_kind yuno_inbox_row_resource yuno_inbox_row_error_class yuno_inbox_row_error_text
    }
    ROW_NUMBERS: fn(_: Handle, _: *mut i64) -> bool { yuno_inbox_row_changed_at yuno_inbox_row_repeat_after }
    STATUS_TEXTS: fn(_: i32) -> Str { yuno_status_name yuno_status_stage yuno_status_message }
    INDEXED_TEXTS: fn(_: usize) -> Str {
        yuno_fixed_path yuno_catalog_kind yuno_catalog_family yuno_catalog_trigger_field yuno_catalog_trigger_value yuno_inbox_statement
    }
    TWICE_INDEXED_TEXTS: fn(_: usize, _: usize) -> Str { yuno_catalog_spelling yuno_catalog_form }
    INDEXED_COUNTS: fn(_: usize) -> usize { yuno_catalog_spelling_count yuno_catalog_form_count }
    COUNTS: fn() -> usize { yuno_fixed_path_count yuno_catalog_count yuno_inbox_statement_count yuno_status_count }
    SCHEDULE_TIMES: fn(_: Handle) -> u64 { yuno_schedule_total yuno_schedule_minimum_retention }
    FREES: fn(_: Handle) -> () {
        yuno_verifier_free yuno_event_free yuno_schedule_free yuno_inbox_sql_free yuno_inbox_row_free yuno_sample_free
    }
}

unsafe extern "C" {
    pub(super) fn yuno_status_at(index: usize) -> i32;
    pub(super) fn yuno_status_from_name(name: Str, out: *mut i32) -> bool;
    pub(super) fn yuno_status_http_status(status: i32) -> u16;
    pub(super) fn yuno_error_text(error: *const Error, text: *mut c_char, size: usize, needed: *mut usize) -> i32;
    pub(super) fn yuno_verifier_new(options: *const VerifierOptions, verifier: *mut Handle, error: *mut Error) -> i32;
    pub(super) fn yuno_verifier_from_env(verifier: *mut Handle, error: *mut Error) -> i32;
    pub(super) fn yuno_verifier_max_body_bytes(verifier: Handle) -> usize;
    pub(super) fn yuno_verifier_reads_header(verifier: Handle, name: Str) -> bool;
    pub(super) fn yuno_verifier_admit(verifier: Handle, length: Str, encoding: Str, error: *mut Error) -> i32;
    pub(super) fn yuno_verify(
        verifier: Handle,
        body: *const u8,
        body_len: usize,
        headers: *const Header,
        headers_len: usize,
        event: *mut Handle,
        error: *mut Error,
    ) -> i32;
    pub(super) fn yuno_event_parse_unverified(body: *const u8, body_len: usize, event: *mut Handle, error: *mut Error) -> i32;
    pub(super) fn yuno_event_secret_index(event: Handle, out: *mut usize) -> bool;
    pub(super) fn yuno_event_raw(event: Handle) -> Str;
    pub(super) fn yuno_event_compare_recency(event: Handle, other: Handle) -> i32;
    pub(super) fn yuno_event_is_newer_than(event: Handle, other: Handle, newer: *mut bool) -> bool;
    pub(super) fn yuno_reply_received() -> Reply;
    pub(super) fn yuno_reply_try_again() -> Reply;
    pub(super) fn yuno_reply_to_error(error: *const Error, stored: bool) -> Reply;
    pub(super) fn yuno_schedule_new(
        since: i32,
        delays: *const u64,
        delays_len: usize,
        waits: *const u64,
        waits_len: usize,
        schedule: *mut Handle,
        error: *mut Error,
    ) -> i32;
    pub(super) fn yuno_schedule_offset_count(schedule: Handle) -> usize;
    pub(super) fn yuno_schedule_offset(schedule: Handle, retry: usize) -> u64;
    pub(super) fn yuno_schedule_acknowledgement_wait(schedule: Handle, retry: u32) -> u64;
    pub(super) fn yuno_schedule_check_retention(schedule: Handle, seconds: u64) -> i32;
    pub(super) fn yuno_finality(family: Str, status: Str, sub_status: Str) -> Str;
    pub(super) fn yuno_inbox_sql_new(store: Str, sql: *mut Handle, error: *mut Error) -> i32;
    pub(super) fn yuno_inbox_sql_text(sql: Handle, statement: Str) -> Str;
    pub(super) fn yuno_inbox_parameter_count(statement: Str) -> usize;
    pub(super) fn yuno_inbox_parameter(statement: Str, index: usize) -> Str;
    pub(super) fn yuno_inbox_migration_count(store: Str, version: u32, count: *mut usize, error: *mut Error) -> i32;
    pub(super) fn yuno_inbox_migration(store: Str, version: u32, index: usize) -> Str;
    pub(super) fn yuno_inbox_row_new(event: Handle, row: *mut Handle, error: *mut Error) -> i32;
    pub(super) fn yuno_inbox_row_of_unreadable(
        body: *const u8,
        body_len: usize,
        why: *const Error,
        row: *mut Handle,
        error: *mut Error,
    ) -> i32;
    pub(super) fn yuno_inbox_delay(
        first: u64,
        most: u64,
        attempts: u32,
        number: u32,
        random: u32,
        again: *mut bool,
        delay: *mut u64,
    ) -> i32;
    pub(super) fn yuno_version() -> Str;
    pub(super) fn yuno_sign(body: *const u8, body_len: usize, secret: Str, signature: *mut c_char, size: usize, len: *mut usize) -> i32;
    pub(super) fn yuno_sample_new(options: *const SampleOptions, sample: *mut Handle, error: *mut Error) -> i32;
    pub(super) fn yuno_sample_body(sample: Handle) -> Str;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// The functions that a text declares or calls.
    fn functions(text: &str, mut is_one: impl FnMut(&str) -> bool) -> BTreeSet<&str> {
        let words = text.split(|one: char| !one.is_ascii_alphanumeric() && one != '_').filter(|word| word.starts_with("yuno_"));
        words.filter(|word| is_one(word)).collect()
    }

    #[test]
    fn every_function_of_the_header_is_called() {
        let header = include_str!("../../../../c/include/yuno_webhooks.h");
        let (_, exported) = header.split_once("extern \"C\" {").unwrap();
        let (exported, _) = exported.split_once("}  // extern \"C\"").unwrap();
        let declared = functions(exported, |name| exported.contains(&format!(" {name}(")));
        let (here, _) = include_str!("header.rs").split_once("mod tests").unwrap();
        let calls = [include_str!("mod.rs"), include_str!("caller.rs")].concat();
        let called =
            functions(here, |name| calls.contains(name) || here.contains(&format!(" {name} ")) || here.contains(&format!(" {name}\n")));
        let missing: Vec<_> = declared.difference(&called).collect();
        assert!(declared.len() > 80 && missing.is_empty(), "{} declared, not called: {missing:?}", declared.len());
    }
}
