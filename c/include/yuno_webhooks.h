/*
 * Receive the webhooks of the payments provider Yuno: verify, parse and de-duplicate each delivery, in this order.
 * An independent library, not the provider's. It is C99 and C++11, and all later ones; for C++17 there is also yuno_webhooks.hpp.
 *
 *   yuno_event *event; yuno_error error;
 *   if (yuno_verify(verifier, body, body_len, headers, headers_len, &event, &error) != YUNO_OK) return yuno_reply_to_error(&error, false);
 *   store_once(yuno_event_dedupe_key(event), yuno_event_raw(event)); // your database's transaction
 *   yuno_event_free(event); return yuno_reply_received();
 *
 * CONVENTIONS
 *
 * Ownership. A handle (yuno_verifier, yuno_event, yuno_schedule, yuno_inbox_sql, yuno_inbox_row, yuno_sample) that a function writes for you is yours until
 *   you give it to the _free function of its name, once. Everything else that the library gives is borrowed: a yuno_str from a handle lives as long as the
 *   handle, one from a function that takes no handle lives for ever. What you give is read during the call and copied where it is kept; it must not change
 *   meanwhile.
 * Text is a yuno_str: a pointer and a length, not terminated by a NUL, in UTF-8 where it is text. A NULL pointer means absent.
 * NULL. No function crashes on a NULL pointer. Where a pointer is needed, the call returns YUNO_NULL_POINTER; of a handle that is NULL, every text is
 *   absent, every number 0 and every answer false. A list or a body may be NULL if its length is 0. A pointer to a result that you do not want
 *   (an error, a number) may be NULL too.
 * Failure. A function that can fail returns a yuno_status. Then the handle that it would have made is NULL, and *error, if given, says more, and yuno_error_text
 *   makes a line for a log of it; on success *error says YUNO_OK. A function that returns bool writes 0 where it returns false.
 * Lengths above PTRDIFF_MAX are YUNO_INVALID_ARGUMENT. Other wrong pointers and lengths cannot be noticed and are undefined behaviour, as everywhere in C.
 * Threads. Every handle is immutable: many threads may use one at once. Only _free must come after all other uses.
 * No thread, file, connection or signal handler is made. Nothing is printed, unless the library fails inside (YUNO_PANIC): then Rust writes where to stderr,
 *   never a body or a secret. Out of memory ends the process.
 * ABI. Within one soname (libyuno_webhooks.so.0) functions, numbers and members stay what they are. New releases add functions, add numbers to enums (have
 *   a default: in your switches), and add members to the end of the options, which therefore begin with their own size: initialise them with their
 *   _INIT macro, and a program that was compiled earlier goes on working.
 */

#ifndef YUNO_WEBHOOKS_H
#define YUNO_WEBHOOKS_H

/* Generated from the sources of the crate yuno-webhooks-c by `YUNO_WRITE=1 cargo test -p yuno-webhooks-c --test header`. */

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The release that this header belongs to; yuno_version() tells that of the library. */
#define YUNO_WEBHOOKS_VERSION "0.1.0"
#define YUNO_WEBHOOKS_VERSION_MAJOR 0
#define YUNO_WEBHOOKS_VERSION_MINOR 1
#define YUNO_WEBHOOKS_VERSION_PATCH 0

/* The largest body in bytes, unless the verifier's options say otherwise. */
#define YUNO_DEFAULT_MAX_BODY_BYTES 2097152

/* The length of a signature that yuno_sign makes. */
#define YUNO_SIGNATURE_LEN 44

/* The SQLSTATE with which Postgres refuses the inbox's statement "claim" where another worker was faster: claim again. */
#define YUNO_INBOX_RACE_SQLSTATE "23505"

/**
 * How a call went: `YUNO_OK`, or why not. `yuno_status_message` says what to do. Later releases may add numbers.
 */
enum yuno_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * It went well.
   */
  YUNO_OK = 0,
  /**
   * A required pointer is NULL.
   */
  YUNO_NULL_POINTER = 1,
  /**
   * The buffer is too small; the call tells the size that it needs.
   */
  YUNO_BUFFER_TOO_SMALL = 2,
  /**
   * The library failed inside. The delivery was not accepted.
   */
  YUNO_PANIC = 3,
  /**
   * An argument is not of the form that the call takes.
   */
  YUNO_INVALID_ARGUMENT = 4,
  /**
   * Configuration: a secret or credential cannot be right.
   */
  YUNO_INVALID_SECRET = 10,
  /**
   * Configuration: unsigned deliveries need at least one static credential.
   */
  YUNO_NO_CREDENTIALS = 11,
  /**
   * Configuration: a required header's name is wrong, given twice, or has an option of its own.
   */
  YUNO_INVALID_HEADER_NAME = 12,
  /**
   * Configuration: there is no HMAC secret, or there is one although unsigned deliveries were asked for.
   */
  YUNO_NO_SIGNATURE_SECRET = 13,
  /**
   * Configuration: a limit or a schedule is out of range.
   */
  YUNO_INVALID_LIMIT = 14,
  /**
   * Authentication: the signature's header is missing.
   */
  YUNO_SIGNATURE_MISSING = 20,
  /**
   * Authentication: the signature's header holds no signature.
   */
  YUNO_SIGNATURE_MALFORMED = 21,
  /**
   * Authentication: the signature does not belong to this body under any configured secret.
   */
  YUNO_SIGNATURE_MISMATCH = 22,
  /**
   * Authentication: a required header is missing.
   */
  YUNO_CREDENTIAL_MISSING = 23,
  /**
   * Authentication: a required header does not hold an accepted value.
   */
  YUNO_CREDENTIAL_MISMATCH = 24,
  /**
   * Authentication: a header that authenticates is present more than once.
   */
  YUNO_HEADER_REPEATED = 25,
  /**
   * Authentication: the body is larger than the limit.
   */
  YUNO_BODY_TOO_LARGE = 26,
  /**
   * Authentication: the body came compressed or otherwise encoded.
   */
  YUNO_BODY_ENCODED = 27,
  /**
   * Payload: the body is authentic, but not JSON in UTF-8.
   */
  YUNO_BODY_NOT_JSON = 31,
  /**
   * Payload: the body is authentic and JSON, but not an object.
   */
  YUNO_BODY_NOT_OBJECT = 32,
  /**
   * Payload: the body is authentic, but gives one of the fields that decide twice.
   */
  YUNO_BODY_AMBIGUOUS = 33,
  /**
   * Payload: a JSON reader of the host refuses the event's data. Not returned by this library.
   */
  YUNO_DATA_UNREADABLE = 34,
  /**
   * Inbox: the store did not take the delivery. Not returned by this library.
   */
  YUNO_STORE_UNAVAILABLE = 40,
  /**
   * Inbox: the lease was lost to another worker. Not returned by this library.
   */
  YUNO_STALE_FENCE = 41,
  /**
   * Inbox: bodies would be removed while the provider may still redeliver.
   */
  YUNO_RETENTION_TOO_SHORT = 42,
  /**
   * Inbox: the store's schema is a later release's.
   */
  YUNO_SCHEMA_MISMATCH = 43,
  /**
   * Inbox: the store has no delivery under this key. Not returned by this library.
   */
  YUNO_NOT_FOUND = 44,
  /**
   * Inbox: the store could lose or forget what it acknowledged. Not returned by this library.
   */
  YUNO_STORE_UNSAFE = 45,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum yuno_status yuno_status;
#else
typedef int32_t yuno_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How one event's news of a resource relates to another's, by the instants at which the resource changed. Later releases may add numbers.
 */
enum yuno_recency
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * The order cannot be told: the instants are equal or missing.
   */
  YUNO_RECENCY_UNORDERED = 0,
  /**
   * The same delivery: equal keys.
   */
  YUNO_RECENCY_SAME = 1,
  /**
   * Later news.
   */
  YUNO_RECENCY_NEWER = 2,
  /**
   * Earlier news, which the other has overtaken.
   */
  YUNO_RECENCY_OLDER = 3,
  /**
   * Not the same resource, or one that does not say which it is.
   */
  YUNO_RECENCY_UNRELATED = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum yuno_recency yuno_recency;
#else
typedef int32_t yuno_recency;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * From when a schedule's delays count. The provider's pages can be read either way.
 */
enum yuno_since
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Each delay counts from the try before it: the documented ones make 7 days, 6 hours and 55 minutes in all. The one to plan for.
   */
  YUNO_SINCE_PREVIOUS_TRY = 0,
  /**
   * Each delay counts from the first try: the documented ones make 4 days in all.
   */
  YUNO_SINCE_FIRST_TRY = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum yuno_since yuno_since;
#else
typedef int32_t yuno_since;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * An authentic delivery that was read. Made by `yuno_verify` or `yuno_event_parse_unverified`, freed by `yuno_event_free`.
 *
 * It never changes and may be read by many threads at once. Every text that its functions give lives as long as it does. An unknown kind, status or
 * shape is a value, never an error; what the body lacks, or has of another type, is absent.
 */
typedef struct yuno_event yuno_event;

/**
 * What is stored of a delivery: parameters of the statement "accept". Made by `yuno_inbox_row_new` or `yuno_inbox_row_of_unreadable`, freed by
 * `yuno_inbox_row_free`. It never changes and may be read by many threads at once.
 */
typedef struct yuno_inbox_row yuno_inbox_row;

/**
 * The statements for a store. Made by `yuno_inbox_sql_new`, freed by `yuno_inbox_sql_free`. It never changes and may be read by many threads at
 * once.
 */
typedef struct yuno_inbox_sql yuno_inbox_sql;

/**
 * The body of a sample delivery, for tests of your receiver. Made by `yuno_sample_new`, freed by `yuno_sample_free`.
 */
typedef struct yuno_sample yuno_sample;

/**
 * When the provider tries to deliver, and how long it waits for an acknowledgement. Times are whole seconds.
 * Made by `yuno_schedule_new`, freed by `yuno_schedule_free`. It never changes and may be read by many threads at once.
 */
typedef struct yuno_schedule yuno_schedule;

/**
 * Decides whether deliveries are authentic. Make one at start and share it: it never changes and may be used by many threads at once.
 * Made by `yuno_verifier_new` or `yuno_verifier_from_env`, freed by `yuno_verifier_free`.
 */
typedef struct yuno_verifier yuno_verifier;

/**
 * Text in UTF-8, or bytes: `len` bytes from `data`, without a NUL at the end.
 *
 * `data` is NULL where there is no text at all (the field is absent, the option is not set); an empty text has `len` 0 and another `data`.
 * What the library gives belongs to the handle that it was asked from and lives as long, or for ever where there is no handle; never free it.
 * What you give is read during the call only.
 */
typedef struct {
  const char *data;
  size_t len;
} yuno_str;

/**
 * Why a call failed. Where a function takes a pointer to one, it may be NULL; otherwise it is written whether the call fails or not.
 *
 * It holds constants only, never a part of a body or a secret, and may be logged and copied.
 */
typedef struct {
  /**
   * What the function returned.
   */
  yuno_status code;
  /**
   * Whether the body was authentic and had no bytes at all: `yuno_reply_to_error` acknowledges it.
   */
  bool empty_body;
  /**
   * What more is known than the code says, in a sentence; absent if nothing is.
   */
  yuno_str hint;
} yuno_error;

/**
 * What another header must hold.
 */
typedef struct {
  /**
   * Its name, in any case.
   */
  yuno_str name;
  /**
   * The accepted values, one to eight, each of them whole, such as "Bearer abc".
   */
  const yuno_str *values;
  /**
   * How many values there are.
   */
  size_t values_len;
} yuno_required_header;

/**
 * What a verifier accepts. Begin with `YUNO_VERIFIER_OPTIONS_INIT` and set what you need; everything is copied.
 *
 * Each list has one to eight values, all of which are accepted: several while you rotate. A list is not set if it is NULL; one that is set and empty
 * is refused, except for `hmac_secrets`, where it is as not set.
 */
typedef struct {
  /**
   * `sizeof(yuno_verifier_options)`.
   */
  size_t size;
  /**
   * The webhook's client secrets.
   */
  const yuno_str *hmac_secrets;
  /**
   * How many there are.
   */
  size_t hmac_secrets_len;
  /**
   * What the header x-api-key must hold.
   */
  const yuno_str *api_keys;
  /**
   * How many there are.
   */
  size_t api_keys_len;
  /**
   * What the header x-secret must hold.
   */
  const yuno_str *x_secrets;
  /**
   * How many there are.
   */
  size_t x_secrets_len;
  /**
   * What other headers must hold.
   */
  const yuno_required_header *required_headers;
  /**
   * How many there are.
   */
  size_t required_headers_len;
  /**
   * The largest body that is looked at, in bytes, at least 1; NULL for `YUNO_DEFAULT_MAX_BODY_BYTES`.
   */
  const size_t *max_body_bytes;
  /**
   * Whether to receive deliveries without a signature. Then there are no `hmac_secrets`, and at least one of the other lists is set.
   */
  bool is_unsigned;
} yuno_verifier_options;

/**
 * A header of a request, or of several with this name: give one for each value as it came in.
 */
typedef struct {
  /**
   * The name, in any case.
   */
  yuno_str name;
  /**
   * The value, as it was sent.
   */
  yuno_str value;
} yuno_header;

/**
 * What a receiver answers. Made of constants; there is nothing to free.
 */
typedef struct {
  /**
   * The HTTP status.
   */
  uint16_t status;
  /**
   * The body, of the type application/json; `len` is 0 for an empty one.
   */
  yuno_str body;
} yuno_reply;

/**
 * What a sample holds. Begin with `YUNO_SAMPLE_OPTIONS_INIT` and set `kind`. A text that is absent has a plausible value; equal options give equal bytes.
 */
typedef struct {
  /**
   * `sizeof(yuno_sample_options)`.
   */
  size_t size;
  /**
   * What happened, in any spelling of the catalogue.
   */
  yuno_str kind;
  /**
   * How it is written: one of `yuno_catalog_form`.
   */
  yuno_str form;
  /**
   * The resource's status.
   */
  yuno_str status;
  /**
   * The resource's sub-status.
   */
  yuno_str sub_status;
  /**
   * The resource's id.
   */
  yuno_str id;
  /**
   * The account.
   */
  yuno_str account_id;
  /**
   * The transaction's id.
   */
  yuno_str transaction_id;
  /**
   * The transaction's status; otherwise it follows from the resource's.
   */
  yuno_str transaction_status;
  /**
   * What the transaction moved, of a partial refund the part ("5.00"); otherwise the whole amount.
   */
  yuno_str transaction_amount;
  /**
   * When the resource and its transaction changed, as the provider writes it ("2026-08-17T07:35:18.49869Z").
   */
  yuno_str updated_at;
  /**
   * The amount, as the digits that stand in the body ("24.90").
   */
  yuno_str amount;
  /**
   * The currency.
   */
  yuno_str currency;
  /**
   * The merchant's reference.
   */
  yuno_str merchant_reference;
  /**
   * The try; 0 is the first.
   */
  uint32_t retry;
  /**
   * Whether to leave the counter of tries out.
   */
  bool without_retry;
} yuno_sample_options;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * How many error codes there are.
 */
size_t yuno_status_count(void);

/**
 * The error code in this place, in the order of their numbers, from 0; YUNO_OK beyond the last.
 */
yuno_status yuno_status_at(size_t index);

/**
 * The error code of this name, such as "SIGNATURE_MISMATCH". Returns whether there is one; `*out` (may be NULL) is YUNO_OK otherwise.
 */
bool yuno_status_from_name(yuno_str name, yuno_status *out);

/**
 * The error's name, such as "SIGNATURE_MISMATCH", the same in every language; absent for YUNO_OK and for a number that is no error's.
 */
yuno_str yuno_status_name(yuno_status status);

/**
 * Who can mend it: "configuration", "authentication", "payload" (the delivery is authentic: keep its bytes), "inbox" or "boundary" (the call itself).
 * Absent as for `yuno_status_name`.
 */
yuno_str yuno_status_stage(yuno_status status);

/**
 * The HTTP status that a receiver answers; 0 for YUNO_OK and for a number that is no error's. `yuno_reply_to_error` also knows the body.
 */
uint16_t yuno_status_http_status(yuno_status status);

/**
 * What happened and what to do next, in one or two sentences. Absent as for `yuno_status_name`.
 */
yuno_str yuno_status_message(yuno_status status);

/**
 * Writes an error as one line for a log, "NAME: what is known of this case, and what to do", with a NUL at the end. It holds constants only.
 *
 * `*needed` (may be NULL) is the size of the whole line with its NUL, and 0 on other errors. A smaller buffer gets the beginning of the line, with its NUL;
 * on other errors the line is empty.
 *
 * Errors: YUNO_BUFFER_TOO_SMALL; YUNO_NULL_POINTER, YUNO_INVALID_ARGUMENT (the code is no error's), YUNO_PANIC.
 */
yuno_status yuno_error_text(const yuno_error *error,
                            char *text,
                            size_t text_size,
                            size_t *needed);

/**
 * Makes a verifier.
 *
 * Errors: YUNO_NO_SIGNATURE_SECRET, YUNO_NO_CREDENTIALS, YUNO_INVALID_SECRET (also for one that is not UTF-8), YUNO_INVALID_HEADER_NAME,
 * YUNO_INVALID_LIMIT; YUNO_NULL_POINTER, YUNO_INVALID_ARGUMENT (a length or `size` cannot be right), YUNO_PANIC.
 */
yuno_status yuno_verifier_new(const yuno_verifier_options *options, yuno_verifier **verifier, yuno_error *error);

/**
 * Makes a verifier from the environment: YUNO_WEBHOOK_HMAC_SECRET, YUNO_WEBHOOK_API_KEY and YUNO_WEBHOOK_X_SECRET hold one value a line (one empty
 * line at the end is ignored), and YUNO_WEBHOOK_UNSIGNED is "1" to receive without a signature. No other thread may change the environment meanwhile.
 *
 * Errors: as `yuno_verifier_new`; a variable that is not UTF-8 is YUNO_INVALID_SECRET.
 */
yuno_status yuno_verifier_from_env(yuno_verifier **verifier, yuno_error *error);

/**
 * Frees a verifier; NULL is fine. No thread may use it any more. Events that it made live on.
 */
void yuno_verifier_free(yuno_verifier *verifier);

/**
 * The largest body that is looked at, in bytes; 0 for NULL. A receiver may stop reading one byte further.
 */
size_t yuno_verifier_max_body_bytes(const yuno_verifier *verifier);

/**
 * Whether the verifier looks at the header of this name, in any case. The others need not be given to `yuno_verify`.
 */
bool yuno_verifier_reads_header(const yuno_verifier *verifier, yuno_str name);

/**
 * Looks at what is known of a delivery before its body is read, so that what could never be accepted need not be: the values of its headers
 * content-length and content-encoding, absent where it has none. Count what you read all the same, since either may be absent or false.
 *
 * Errors: YUNO_BODY_ENCODED, YUNO_BODY_TOO_LARGE; YUNO_NULL_POINTER, YUNO_INVALID_ARGUMENT, YUNO_PANIC.
 */
yuno_status yuno_verifier_admit(const yuno_verifier *verifier, yuno_str content_length, yuno_str content_encoding, yuno_error *error);

/**
 * Verifies a delivery and then parses it. `body` is the raw body as it came in, `headers` are the request's. Every occurrence of a header must be given.
 *
 * The body is copied before it is verified and belongs to the event: yours may be freed or reused as soon as the call returns.
 *
 * Errors, the first of them in this order: YUNO_BODY_TOO_LARGE; YUNO_SIGNATURE_MISSING, YUNO_CREDENTIAL_MISSING, YUNO_HEADER_REPEATED;
 * YUNO_CREDENTIAL_MISMATCH; YUNO_SIGNATURE_MALFORMED; YUNO_SIGNATURE_MISMATCH; YUNO_BODY_NOT_JSON, YUNO_BODY_NOT_OBJECT, YUNO_BODY_AMBIGUOUS. The last
 * three are of the stage "payload": the delivery is authentic but no event, so keep your bytes. Before all of them YUNO_NULL_POINTER and
 * YUNO_INVALID_ARGUMENT; at any point YUNO_PANIC.
 */
yuno_status yuno_verify(const yuno_verifier *verifier,
                        const uint8_t *body,
                        size_t body_len,
                        const yuno_header *headers,
                        size_t headers_len,
                        yuno_event **event,
                        yuno_error *error);

/**
 * Reads a body that was verified before it was stored. It checks no signature and no limit: whoever calls it vouches for the body, which is copied.
 *
 * Errors: YUNO_BODY_NOT_JSON, YUNO_BODY_NOT_OBJECT, YUNO_BODY_AMBIGUOUS; YUNO_NULL_POINTER, YUNO_INVALID_ARGUMENT, YUNO_PANIC.
 */
yuno_status yuno_event_parse_unverified(const uint8_t *body, size_t body_len, yuno_event **event, yuno_error *error);

/**
 * Frees an event and every text that it gave; NULL is fine. No thread may use it any more.
 */
void yuno_event_free(yuno_event *event);

/**
 * What happened, such as "payment.purchase"; "unknown" for a kind that this release does not know. `yuno_catalog_kind` lists them.
 */
yuno_str yuno_event_kind(const yuno_event *event);

/**
 * The name under which the kind was sent; absent where the body names no event.
 */
yuno_str yuno_event_sent_name(const yuno_event *event);

/**
 * The wire shape: "enveloped", "v1", "banking_incoming", "split_transfer", "domain" or "unknown".
 */
yuno_str yuno_event_shape(const yuno_event *event);

/**
 * The merchant's account at the provider.
 */
yuno_str yuno_event_account_id(const yuno_event *event);

/**
 * How often this delivery was tried before; 0 is the first try. Returns whether the body says so.
 */
bool yuno_event_retry(const yuno_event *event, uint32_t *out);

/**
 * The version of the envelope. Returns whether there is one.
 */
bool yuno_event_version(const yuno_event *event, uint32_t *out);

/**
 * Whether a signature proved this event: false for unsigned deliveries and after `yuno_event_parse_unverified`.
 */
bool yuno_event_signed(const yuno_event *event);

/**
 * Which of the verifier's secrets signed it, from 0: how to see that a rotation is over. Returns whether one did.
 */
bool yuno_event_secret_index(const yuno_event *event, size_t *out);

/**
 * Whether news of the resource will follow: "pending", "settled", "final" or "unknown". It never says that money moved.
 */
yuno_str yuno_event_finality(const yuno_event *event);

/**
 * Whether the provider sends byte-identical bodies for different occurrences of this event, such as a subscription that is paused twice.
 */
bool yuno_event_repeatable(const yuno_event *event);

/**
 * The key under which a redelivery of this delivery comes again, and no other: de-duplicate by it, and keep it for ever. 35 characters, the same in
 * every release and language.
 */
yuno_str yuno_event_dedupe_key(const yuno_event *event);

/**
 * "<kind>/<resource id>", for comparison and logs; absent for an unknown kind or without an id. It merges different events: never de-duplicate by it.
 */
yuno_str yuno_event_published_key(const yuno_event *event);

/**
 * When the resource, or the transaction that triggered the event, last changed: nanoseconds since 1970 in UTC. Returns whether the body says so.
 */
bool yuno_event_changed_at_ns(const yuno_event *event, int64_t *out);

/**
 * The JSON text of the `data` object where the body has one, else of the whole body.
 */
yuno_str yuno_event_data(const yuno_event *event);

/**
 * The body as it came in.
 */
yuno_str yuno_event_raw(const yuno_event *event);

/**
 * How this event's news relates to the other's; YUNO_RECENCY_UNORDERED if one is NULL.
 */
yuno_recency yuno_event_compare_recency(const yuno_event *event, const yuno_event *other);

/**
 * Whether this event is newer news of its resource than the other. Returns whether that can be told; `*newer` (may be NULL) is false otherwise.
 */
bool yuno_event_is_newer_than(const yuno_event *event, const yuno_event *other, bool *newer);

/**
 * What the event tells about, such as "payment"; "unknown" for what this release does not know.
 */
yuno_str yuno_event_resource_kind(const yuno_event *event);

/**
 * The resource's id at the provider.
 */
yuno_str yuno_event_resource_id(const yuno_event *event);

/**
 * The resource's status as it was sent; new ones may appear at any time.
 */
yuno_str yuno_event_resource_status(const yuno_event *event);

/**
 * The resource's sub-status as it was sent. Of a payment it decides: "SUCCEEDED" alone does not say that money moved.
 */
yuno_str yuno_event_resource_sub_status(const yuno_event *event);

/**
 * When the resource was created: nanoseconds since 1970 in UTC. Returns whether the body says so.
 */
bool yuno_event_resource_created_at_ns(const yuno_event *event, int64_t *out);

/**
 * When the resource last changed: nanoseconds since 1970 in UTC. Returns whether the body says so.
 */
bool yuno_event_resource_updated_at_ns(const yuno_event *event, int64_t *out);

/**
 * The merchant's own reference of the resource, such as the order's number.
 */
yuno_str yuno_event_resource_merchant_reference(const yuno_event *event);

/**
 * The key with which the merchant created the payment. It is the same in every event of that payment: never de-duplicate by it.
 */
yuno_str yuno_event_resource_idempotency_key(const yuno_event *event);

/**
 * The sum of money in major units, of a payment the whole payment's (what was refunded or captured is the transaction's): the digits that were sent, a JSON number such as "2000.0", to be read as an exact decimal and not as a double.
 */
yuno_str yuno_event_amount_value(const yuno_event *event);

/**
 * The currency as it was sent, by the provider's documents a code of ISO 4217.
 */
yuno_str yuno_event_amount_currency(const yuno_event *event);

/**
 * The sum of money in the smallest unit of its currency by ISO 4217 (2490 for 24.9 USD). Returns whether that is exact, the currency is known, and the
 * number fits; `yuno_event_amount_minor_units_text` also has numbers that do not fit.
 */
bool yuno_event_amount_minor_units(const yuno_event *event,
                                   int64_t *out);

/**
 * As `yuno_event_amount_minor_units`, in decimal digits, up to 128 bits of number.
 */
yuno_str yuno_event_amount_minor_units_text(const yuno_event *event);

/**
 * Whether the body tells of a transaction: the one that triggered the event, one attempt to move, reserve, return or verify money.
 */
bool yuno_event_transaction_present(const yuno_event *event);

/**
 * The transaction's id at the provider.
 */
yuno_str yuno_event_transaction_id(const yuno_event *event);

/**
 * The transaction's type as it was sent, such as "PURCHASE" or "THREE_D_SECURE".
 */
yuno_str yuno_event_transaction_type(const yuno_event *event);

/**
 * The transaction's status as it was sent.
 */
yuno_str yuno_event_transaction_status(const yuno_event *event);

/**
 * What the transaction moved, reserved or returned, of a partial refund the part: as `yuno_event_amount_value`.
 */
yuno_str yuno_event_transaction_amount_value(const yuno_event *event);

/**
 * The currency of the transaction's sum: its own, else that of the payment.
 */
yuno_str yuno_event_transaction_amount_currency(const yuno_event *event);

/**
 * The transaction's sum in the smallest unit of its currency: as `yuno_event_amount_minor_units`.
 */
bool yuno_event_transaction_amount_minor_units(const yuno_event *event, int64_t *out);

/**
 * The transaction's sum in the smallest unit of its currency, in decimal digits: as `yuno_event_amount_minor_units_text`.
 */
yuno_str yuno_event_transaction_amount_minor_units_text(const yuno_event *event);

/**
 * When the transaction last changed: nanoseconds since 1970 in UTC. Returns whether the body says so.
 */
bool yuno_event_transaction_updated_at_ns(const yuno_event *event, int64_t *out);

/**
 * How many paths the provider adds to the merchant's base URL by itself, for bank transfers; all other webhooks go to the path that the merchant chose.
 */
size_t yuno_fixed_path_count(void);

/**
 * One of these paths, such as "/v1/banking/transfers"; absent from the count on.
 */
yuno_str yuno_fixed_path(size_t index);

/**
 * To a delivery that was accepted, is a duplicate, or is of an unknown kind: 200 and {"received":true}.
 */
yuno_reply yuno_reply_received(void);

/**
 * To a delivery that could not be stored or handled now: 503, so that the provider tries again.
 */
yuno_reply yuno_reply_try_again(void);

/**
 * To a delivery that was refused. `stored` says that its raw bytes are kept: an authentic one is then acknowledged, so that it is not sent again.
 * NULL, or an error whose code is no error's, is answered with 500, so that nothing is lost by it.
 */
yuno_reply yuno_reply_to_error(const yuno_error *error, bool stored);

/**
 * Makes a schedule. `delays` are one a try, the first of them 0; `waits` are how long an acknowledgement is waited for, of which the last holds for all
 * later tries. NULL for either stands for what the provider documents.
 *
 * Errors: YUNO_INVALID_LIMIT (a list is empty, the first delay is not 0, or a try is not after the one before it); YUNO_INVALID_ARGUMENT (`since` is none
 * of its numbers, a length cannot be right), YUNO_NULL_POINTER, YUNO_PANIC.
 */
yuno_status yuno_schedule_new(yuno_since since,
                              const uint64_t *delays,
                              size_t delays_len,
                              const uint64_t *waits,
                              size_t waits_len,
                              yuno_schedule **schedule,
                              yuno_error *error);

/**
 * Frees a schedule; NULL is fine.
 */
void yuno_schedule_free(yuno_schedule *schedule);

/**
 * How many tries there are.
 */
size_t yuno_schedule_offset_count(const yuno_schedule *schedule);

/**
 * When this try comes, in seconds from the first; 0 is the first, which comes at 0. Beyond the last try, 0.
 */
uint64_t yuno_schedule_offset(const yuno_schedule *schedule, size_t retry);

/**
 * From the first try to the last, in seconds.
 */
uint64_t yuno_schedule_total(const yuno_schedule *schedule);

/**
 * The shortest time for which bodies may be kept, in seconds: the schedule's whole days and one day more. Keys are kept for ever.
 */
uint64_t yuno_schedule_minimum_retention(const yuno_schedule *schedule);

/**
 * How long the provider waits for an acknowledgement of this try, in seconds; 0 is the first.
 */
uint64_t yuno_schedule_acknowledgement_wait(const yuno_schedule *schedule, uint32_t retry);

/**
 * Checks for how many seconds bodies are kept.
 *
 * Errors: YUNO_RETENTION_TOO_SHORT if one could be removed while the provider may still deliver it again; YUNO_NULL_POINTER, YUNO_PANIC.
 */
yuno_status yuno_schedule_check_retention(const yuno_schedule *schedule, uint64_t seconds);

/**
 * How many event kinds this release knows: the rows of its catalogue. What is asked of a row beyond the last is absent, or 0.
 */
size_t yuno_catalog_count(void);

/**
 * The kind of this row, such as "payment.purchase".
 */
yuno_str yuno_catalog_kind(size_t row);

/**
 * Which resource the kind tells about, such as "payment".
 */
yuno_str yuno_catalog_family(size_t row);

/**
 * How many spellings the kind has on the wire.
 */
size_t yuno_catalog_spelling_count(size_t row);

/**
 * A spelling of the kind; 0 is its own name.
 */
yuno_str yuno_catalog_spelling(size_t row, size_t index);

/**
 * The field that selects the kind when a webhook is registered; absent where nothing does.
 */
yuno_str yuno_catalog_trigger_field(size_t row);

/**
 * The value of that field.
 */
yuno_str yuno_catalog_trigger_value(size_t row);

/**
 * In how many forms `yuno_sample_new` can make the kind.
 */
size_t yuno_catalog_form_count(size_t row);

/**
 * A form of the kind, such as "enveloped"; 0 is the one that the provider sends today.
 */
yuno_str yuno_catalog_form(size_t row, size_t index);

/**
 * Whether news will follow a status: "pending", "settled", "final" or "unknown". `family` is one of `yuno_event_resource_kind`, "transaction" or
 * "payment_link"; `sub_status` may be absent. It never says that money moved.
 */
yuno_str yuno_finality(yuno_str family, yuno_str status, yuno_str sub_status);

/**
 * How many statements there are.
 */
size_t yuno_inbox_statement_count(void);

/**
 * The name of a statement, such as "accept"; absent from the count on. `core/INBOX.md` of the sources says what the inbox does with them.
 */
yuno_str yuno_inbox_statement(size_t index);

/**
 * Writes the statements for a store, "sqlite", "postgres" or "redis" (Lua scripts).
 *
 * Errors: YUNO_INVALID_ARGUMENT (another name); YUNO_NULL_POINTER, YUNO_PANIC.
 */
yuno_status yuno_inbox_sql_new(yuno_str store, yuno_inbox_sql **sql, yuno_error *error);

/**
 * Frees the statements; NULL is fine.
 */
void yuno_inbox_sql_free(yuno_inbox_sql *sql);

/**
 * The text of a statement. SQLite's parameters are named (:scope), those of Postgres numbered ($1), those of Redis the arguments
 * after the keys. Absent for another name.
 */
yuno_str yuno_inbox_sql_text(const yuno_inbox_sql *sql, yuno_str statement);

/**
 * How many parameters a statement has; 0 for another name.
 */
size_t yuno_inbox_parameter_count(yuno_str statement);

/**
 * The name of a statement's parameter; in Postgres its number is the index and 1. Absent from the count on.
 */
yuno_str yuno_inbox_parameter(yuno_str statement, size_t index);

/**
 * How many statements bring a store from a version of the schema, 0 where it has none, to this release's: `*count` (may be NULL), 0 on errors.
 *
 * Errors: YUNO_SCHEMA_MISMATCH (the version is a later release's); YUNO_INVALID_ARGUMENT (another name of a store), YUNO_NULL_POINTER, YUNO_PANIC.
 */
yuno_status yuno_inbox_migration_count(yuno_str store, uint32_t version, size_t *count, yuno_error *error);

/**
 * One of these statements, to be executed in their order in one transaction; absent from the count on.
 */
yuno_str yuno_inbox_migration(yuno_str store, uint32_t version, size_t index);

/**
 * What is stored of an event; its body is `yuno_event_raw`. It does not need the event any more.
 *
 * Errors: YUNO_NULL_POINTER, YUNO_PANIC.
 */
yuno_status yuno_inbox_row_new(const yuno_event *event, yuno_inbox_row **row, yuno_error *error);

/**
 * What is stored of an authentic body that is no event, with the error that says why. `*row` is NULL on success too, where there is nothing to
 * store: the body is empty, or it is not authentic.
 *
 * Errors: YUNO_NULL_POINTER, YUNO_INVALID_ARGUMENT, YUNO_PANIC.
 */
yuno_status yuno_inbox_row_of_unreadable(const uint8_t *body, size_t body_len, const yuno_error *why, yuno_inbox_row **row, yuno_error *error);

/**
 * Frees a row and every text that it gave; NULL is fine.
 */
void yuno_inbox_row_free(yuno_inbox_row *row);

/**
 * The parameter "key".
 */
yuno_str yuno_inbox_row_key(const yuno_inbox_row *row);

/**
 * The parameter "kind"; absent where the body is no event.
 */
yuno_str yuno_inbox_row_kind(const yuno_inbox_row *row);

/**
 * The parameter "resource": what is worked on one after another. Absent where the body names no resource.
 */
yuno_str yuno_inbox_row_resource(const yuno_inbox_row *row);

/**
 * The parameter "changed_at", in nanoseconds since 1970. Returns whether there is one.
 */
bool yuno_inbox_row_changed_at(const yuno_inbox_row *row, int64_t *out);

/**
 * The parameter "repeat_after": after how many milliseconds an equal body is another occurrence. Returns whether it can be.
 */
bool yuno_inbox_row_repeat_after(const yuno_inbox_row *row, int64_t *out);

/**
 * The parameter "error_class"; absent for an event.
 */
yuno_str yuno_inbox_row_error_class(const yuno_inbox_row *row);

/**
 * The parameter "error_text"; absent for an event.
 */
yuno_str yuno_inbox_row_error_text(const yuno_inbox_row *row);

/**
 * How long a delivery waits after an attempt that failed, of which 1 is the first: `first_ms` at first, twice as long each time up to `most_ms`,
 * less a random part of up to a half. `random` is any number, evenly distributed. `*again` is false after the last of `attempts`, when the delivery
 * is dead, and on errors; `*delay_ms` is then 0. Usual are 5000, 3600000 and 24. Both may be NULL.
 *
 * Errors: YUNO_INVALID_LIMIT (there is no attempt, or a wait is out of range); YUNO_PANIC.
 */
yuno_status yuno_inbox_delay(uint64_t first_ms,
                             uint64_t most_ms,
                             uint32_t attempts,
                             uint32_t attempt_number,
                             uint32_t random,
                             bool *again,
                             uint64_t *delay_ms);

/**
 * The release of the library that is linked, such as "0.1.0"; the header's is `YUNO_WEBHOOKS_VERSION`.
 */
yuno_str yuno_version(void);

/**
 * Signs a body as the provider does: HMAC-SHA256 in base64, `YUNO_SIGNATURE_LEN` characters without a NUL at the end. For tests of your receiver.
 *
 * `secret` may be any bytes. `*signature_len` (may be NULL) is the length of the signature, also where the buffer is too small or NULL, and 0 on other errors.
 * Nothing is written to the buffer on failure.
 *
 * Errors: YUNO_BUFFER_TOO_SMALL, YUNO_NULL_POINTER, YUNO_INVALID_ARGUMENT, YUNO_PANIC.
 */
yuno_status yuno_sign(const uint8_t *body,
                      size_t body_len,
                      yuno_str secret,
                      char *signature,
                      size_t signature_size,
                      size_t *signature_len);

/**
 * Makes the body of a sample delivery; `yuno_sign` signs it.
 *
 * Errors: YUNO_INVALID_ARGUMENT (another kind or form, an amount that is no JSON number, a text that is not UTF-8, a `size` that cannot be right),
 * YUNO_NULL_POINTER, YUNO_PANIC.
 */
yuno_status yuno_sample_new(const yuno_sample_options *options, yuno_sample **sample, yuno_error *error);

/**
 * Frees a sample; NULL is fine.
 */
void yuno_sample_free(yuno_sample *sample);

/**
 * The sample's bytes.
 */
yuno_str yuno_sample_body(const yuno_sample *sample);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

/* As initialisers: yuno_verifier_options options = YUNO_VERIFIER_OPTIONS_INIT; */
#define YUNO_VERIFIER_OPTIONS_INIT { sizeof(yuno_verifier_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, false }
#define YUNO_SAMPLE_OPTIONS_INIT \
    { sizeof(yuno_sample_options), {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, 0, false }

/* For printf("status " YUNO_STR_FMT "\n", YUNO_STR_ARG(text)): an absent text prints nothing. `text` is looked at more than once. What a delivery brought
 * may hold line breaks and other control characters. */
#define YUNO_STR_FMT "%.*s"
#define YUNO_STR_ARG(text) ((text).len < INT_MAX ? (int)(text).len : INT_MAX), ((text).data ? (text).data : "")

/** A string that ends with a NUL as a yuno_str, which borrows it; absent for NULL. */
static inline yuno_str yuno_str_from(const char *nul_terminated) {
    yuno_str text = { nul_terminated, 0 };
    if (nul_terminated) text.len = strlen(nul_terminated);
    return text;
}

/** Whether a text is there and equal to a string that ends with a NUL. Not for secrets: it stops at the first difference. */
static inline bool yuno_str_is(yuno_str text, const char *nul_terminated) {
    return text.data && nul_terminated && text.len == strlen(nul_terminated) && memcmp(text.data, nul_terminated, text.len) == 0;
}

#endif /* YUNO_WEBHOOKS_H */
