/*
 * Runs the cases that it reads from its input and writes what it saw: a generic runner that knows no expectation. tests/conformance.rs makes the input from
 * the shared vectors and compares.
 *
 * Input: records "<name> <length>\n<bytes>\n"; a case ends with the record "end". Output: "<name> <type><length>\n<bytes>\n" with the types s (text),
 * n (number), b (bool) and 0 (absent); a name that ends with [] is an element of a list.
 */
#define _POSIX_C_SOURCE 200112L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yuno_webhooks.h>

enum { MAX_RECORDS = 128, MAX_NAME = 63 };

typedef struct {
    char name[MAX_NAME + 1];
    yuno_str value;
} record;

static record records[MAX_RECORDS];
static size_t records_len;

static void fail(const char *why) {
    fprintf(stderr, "conformance: %s\n", why);
    exit(1);
}

/* --- in --- */

static bool read_case(void) {
    for (records_len = 0; records_len < MAX_RECORDS; records_len++) {
        record *own = &records[records_len];
        size_t length;
        if (scanf("%63s %zu", own->name, &length) != 2) return records_len ? (fail("a case without an end"), false) : false;
        char *bytes = malloc(length + 1);
        if (!bytes || getchar() != '\n' || fread(bytes, 1, length, stdin) != length) fail("a short record");
        bytes[length] = 0;
        own->value.data = bytes;
        own->value.len = length;
        if (strcmp(own->name, "end") == 0) {
            free(bytes);
            return true;
        }
    }
    fail("too many records");
    return false;
}

static void free_case(void) {
    for (size_t place = 0; place < records_len; place++) free((void *)records[place].value.data);
}

static yuno_str get(const char *name) {
    for (size_t place = 0; place < records_len; place++)
        if (strcmp(records[place].name, name) == 0) return records[place].value;
    return yuno_str_from(NULL);
}

static bool is(const char *name) {
    return yuno_str_is(get(name), "true");
}

/* The values of all records of a name, which must be freed, from a place up to the next record of another name. NULL if there are none. */
static yuno_str *all(const char *name, size_t from, size_t *count) {
    *count = 0;
    yuno_str *values = malloc(MAX_RECORDS * sizeof *values);
    for (size_t place = from; place < records_len; place++)
        if (strcmp(records[place].name, name) == 0) values[(*count)++] = records[place].value;
        else if (from) break;
    return values;
}

/* --- out --- */

static void say(const char *name, yuno_str text) {
    printf("%s %c%zu\n", name, text.data ? 's' : '0', text.len);
    fwrite(text.data ? text.data : "", 1, text.len, stdout);
    putchar('\n');
}

static void say_as(const char *name, char type, const char *digits) {
    printf("%s %c%zu\n%s\n", name, type, strlen(digits), digits);
}

static void say_number(const char *name, bool is_there, uint64_t number) {
    char digits[24];
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    say_as(name, is_there ? 'n' : '0', is_there ? digits : "");
}

static void say_bool(const char *name, bool value) {
    say_as(name, 'b', value ? "true" : "false");
}

static void say_nanos(const char *name, bool is_there, int64_t nanos) {
    char digits[24];
    snprintf(digits, sizeof digits, "%lld", (long long)nanos);
    say(name, is_there ? yuno_str_from(digits) : yuno_str_from(NULL));
}

/* Whether the call went well; else its error is said. */
static bool well(yuno_status status, const yuno_error *error, const void *made) {
    if (error->code != status || (status == YUNO_OK) != (made != NULL)) fail("status, error and handle do not agree");
    if (status != YUNO_OK) {
        char line[512];
        if (yuno_error_text(error, line, sizeof line, NULL) != YUNO_OK) fail("an error without a text");
        say("error", yuno_status_name(status));
        say("message", yuno_str_from(line));
    }
    return status == YUNO_OK;
}

/* Every member of an event, and each text twice, since the second time it may come from where it is kept. */
static void say_event(const yuno_event *event) {
    static const struct {
        const char *name;
        yuno_str (*get)(const yuno_event *);
    } texts[] = {
        { "event/kind", yuno_event_kind },
        { "event/sent_name", yuno_event_sent_name },
        { "event/shape", yuno_event_shape },
        { "event/account_id", yuno_event_account_id },
        { "event/finality", yuno_event_finality },
        { "event/dedupe_key", yuno_event_dedupe_key },
        { "event/published_key", yuno_event_published_key },
        { "event/resource.kind", yuno_event_resource_kind },
        { "event/resource.id", yuno_event_resource_id },
        { "event/resource.status", yuno_event_resource_status },
        { "event/resource.sub_status", yuno_event_resource_sub_status },
        { "event/resource.merchant_reference", yuno_event_resource_merchant_reference },
        { "event/resource.idempotency_key", yuno_event_resource_idempotency_key },
        { "event/resource.amount.value", yuno_event_amount_value },
        { "event/resource.amount.currency", yuno_event_amount_currency },
        { "event/resource.amount.minor_units", yuno_event_amount_minor_units_text },
        { "event/resource.transaction.id", yuno_event_transaction_id },
        { "event/resource.transaction.type", yuno_event_transaction_type },
        { "event/resource.transaction.status", yuno_event_transaction_status },
        { "event/resource.transaction.amount.value", yuno_event_transaction_amount_value },
        { "event/resource.transaction.amount.currency", yuno_event_transaction_amount_currency },
        { "event/resource.transaction.amount.minor_units", yuno_event_transaction_amount_minor_units_text },
        { "event/data", yuno_event_data },
    };
    for (size_t place = 0; place < sizeof texts / sizeof *texts; place++) {
        const yuno_str text = texts[place].get(event), again = texts[place].get(event);
        if (text.data != again.data || text.len != again.len) fail("a text has moved");
        say(texts[place].name, text);
    }

    static const struct {
        const char *name;
        bool (*get)(const yuno_event *, int64_t *);
    } instants[] = {
        { "event/resource.created_at_ns", yuno_event_resource_created_at_ns },
        { "event/resource.updated_at_ns", yuno_event_resource_updated_at_ns },
        { "event/resource.transaction.updated_at_ns", yuno_event_transaction_updated_at_ns },
    };
    int64_t latest = INT64_MIN;
    for (size_t place = 0; place < sizeof instants / sizeof *instants; place++) {
        int64_t nanos = -1;
        const bool is_there = instants[place].get(event, &nanos);
        if (!is_there && nanos != 0) fail("an absent number is not 0");
        if (is_there && place > 0 && nanos > latest) latest = nanos;
        say_nanos(instants[place].name, is_there, nanos);
    }
    int64_t changed;
    if (yuno_event_changed_at_ns(event, &changed) != (latest != INT64_MIN) || (latest != INT64_MIN && changed != latest)) fail("another change");

    uint32_t number;
    bool is_there = yuno_event_retry(event, &number);
    say_number("event/retry", is_there, number);
    is_there = yuno_event_version(event, &number);
    say_number("event/version", is_there, number);
    size_t index;
    is_there = yuno_event_secret_index(event, &index);
    say_number("event/secret_index", is_there, index);
    say_bool("event/signed", yuno_event_signed(event));
    say_bool("event/repeatable", yuno_event_repeatable(event));

    const yuno_str digits = yuno_event_amount_minor_units_text(event);
    int64_t units;
    if (yuno_event_amount_minor_units(event, &units)) {
        char own[24];
        snprintf(own, sizeof own, "%lld", (long long)units);
        if (!yuno_str_is(digits, own)) fail("two minor units");
    } else if (digits.data && digits.len < 19) {
        fail("minor units that fit are absent");
    }
}

/* --- operations --- */

static void run_sign(void) {
    const yuno_str body = get("body");
    char signature[YUNO_SIGNATURE_LEN];
    size_t length = 0;
    if (yuno_sign((const uint8_t *)body.data, body.len, get("secret"), signature, sizeof signature - 1, &length) != YUNO_BUFFER_TOO_SMALL
        || length != sizeof signature
        || yuno_sign((const uint8_t *)body.data, body.len, get("secret"), signature, sizeof signature, &length) != YUNO_OK)
        fail("no signature");
    const yuno_str text = { signature, length };
    say("signature", text);
}

static yuno_status verifier_from_environment(yuno_verifier **verifier, yuno_error *error) {
    static const char *const names[] = { "YUNO_WEBHOOK_HMAC_SECRET", "YUNO_WEBHOOK_API_KEY", "YUNO_WEBHOOK_X_SECRET", "YUNO_WEBHOOK_UNSIGNED" };
    for (size_t place = 0; place < sizeof names / sizeof *names; place++) {
        const yuno_str value = get(names[place]);
        if (value.data) setenv(names[place], value.data, 1);
        else unsetenv(names[place]);
    }
    return yuno_verifier_from_env(verifier, error);
}

static yuno_status verifier_from_options(yuno_verifier **verifier, yuno_error *error) {
    yuno_verifier_options options = YUNO_VERIFIER_OPTIONS_INIT;
    yuno_str *secrets = all("hmac_secret", 0, &options.hmac_secrets_len);
    yuno_str *api_keys = all("api_key", 0, &options.api_keys_len);
    yuno_str *x_secrets = all("x_secret", 0, &options.x_secrets_len);
    yuno_required_header required[MAX_RECORDS];
    if (get("has_hmac_secret").data) options.hmac_secrets = secrets;
    if (get("has_api_key").data) options.api_keys = api_keys;
    if (get("has_x_secret").data) options.x_secrets = x_secrets;
    options.required_headers = required;
    for (size_t place = 0; place < records_len; place++)
        if (strcmp(records[place].name, "required_header") == 0) {
            yuno_required_header *header = &required[options.required_headers_len++];
            header->name = records[place].value;
            header->values = all("required_value", place + 1, &header->values_len);
        }
    size_t limit = 0;
    if (get("max_body_bytes").data) {
        limit = strtoul(get("max_body_bytes").data, NULL, 10);
        options.max_body_bytes = &limit;
    }
    options.is_unsigned = is("unsigned");
    const yuno_status status = yuno_verifier_new(&options, verifier, error);
    free(secrets);
    free(api_keys);
    free(x_secrets);
    for (size_t place = 0; place < options.required_headers_len; place++) free((void *)required[place].values);
    return status;
}

static void run_verify(void) {
    yuno_verifier *verifier;
    yuno_error error;
    const yuno_status made = is("environment") ? verifier_from_environment(&verifier, &error) : verifier_from_options(&verifier, &error);
    if (!well(made, &error, verifier)) return;
    size_t names_len, values_len;
    yuno_str *names = all("header_name", 0, &names_len), *values = all("header_value", 0, &values_len);
    yuno_header headers[MAX_RECORDS];
    for (size_t place = 0; place < names_len; place++) {
        headers[place].name = names[place];
        headers[place].value = values[place];
    }
    const yuno_str body = get("body");
    yuno_event *event;
    const yuno_status status = yuno_verify(verifier, (const uint8_t *)body.data, body.len, headers, names_len, &event, &error);
    yuno_verifier_free(verifier);
    if (well(status, &error, event)) say_event(event);
    yuno_event_free(event);
    free(names);
    free(values);
}

static void run_admit(void) {
    yuno_verifier *verifier;
    yuno_error error;
    yuno_str secret = yuno_str_from("whsec-one");
    yuno_verifier_options options = YUNO_VERIFIER_OPTIONS_INIT;
    options.hmac_secrets = &secret;
    options.hmac_secrets_len = 1;
    size_t limit = 0;
    if (get("max_body_bytes").data) {
        limit = strtoul(get("max_body_bytes").data, NULL, 10);
        options.max_body_bytes = &limit;
    }
    const yuno_status made = yuno_verifier_new(&options, &verifier, &error);
    if (!well(made, &error, verifier)) return;
    const yuno_status status = yuno_verifier_admit(verifier, get("content_length"), get("content_encoding"), &error);
    if (well(status, &error, status == YUNO_OK ? verifier : NULL)) say_bool("admitted", true);
    yuno_verifier_free(verifier);
}

static yuno_event *parse(const char *name) {
    const yuno_str body = get(name);
    yuno_event *event;
    yuno_error error;
    const yuno_status status = yuno_event_parse_unverified((const uint8_t *)body.data, body.len, &event, &error);
    return well(status, &error, event) ? event : NULL;
}

static void run_parse(void) {
    yuno_event *event = parse("body");
    if (event) say_event(event);
    yuno_event_free(event);
}

static void run_pair(void) {
    static const char *const recencies[] = { "unordered", "same", "newer", "older", "unrelated" };
    yuno_event *first = parse("first"), *second = parse("second");
    const yuno_str key = yuno_event_dedupe_key(first), other = yuno_event_dedupe_key(second);
    say("first", key);
    say("second", other);
    say("first_published", yuno_event_published_key(first));
    say("second_published", yuno_event_published_key(second));
    say_bool("same", key.len == other.len && memcmp(key.data, other.data, key.len) == 0);
    const yuno_recency recency = yuno_event_compare_recency(first, second);
    say("first_to_second", yuno_str_from(recencies[recency]));
    say("second_to_first", yuno_str_from(recencies[yuno_event_compare_recency(second, first)]));
    bool newer;
    const bool is_told = yuno_event_is_newer_than(first, second, &newer);
    if (is_told != (recency != YUNO_RECENCY_UNORDERED && recency != YUNO_RECENCY_UNRELATED) || newer != (recency == YUNO_RECENCY_NEWER)) fail("another order");
    yuno_event_free(first);
    yuno_event_free(second);
}

static void run_finality(void) {
    say("finality", yuno_finality(get("family"), get("status"), get("sub_status")));
}

static void run_reply(void) {
    yuno_reply reply = yuno_reply_received();
    if (get("error").data) {
        yuno_error error = { YUNO_OK, is("empty_body"), { NULL, 0 } };
        if (!yuno_status_from_name(get("error"), &error.code)) fail("no such error");
        if (error.empty_body && error.code == YUNO_BODY_NOT_JSON) {
            /* As a receiver gets it. */
            yuno_event *event;
            if (yuno_event_parse_unverified(NULL, 0, &event, &error) != YUNO_BODY_NOT_JSON || !error.empty_body || event) fail("an empty body");
        }
        reply = yuno_reply_to_error(&error, is("stored"));
    }
    say_number("status", true, reply.status);
    say("body", reply.body);
}

static uint64_t *numbers(const char *name, size_t *count) {
    yuno_str *texts = all(name, 0, count);
    uint64_t *values = malloc((*count + 1) * sizeof *values);
    for (size_t place = 0; place < *count; place++) values[place] = strtoull(texts[place].data, NULL, 10);
    free(texts);
    return values;
}

static void run_schedule(void) {
    size_t delays_len, waits_len;
    uint64_t *delays = numbers("delay", &delays_len), *waits = numbers("wait", &waits_len);
    const yuno_since since = yuno_str_is(get("since"), "first_try") ? YUNO_SINCE_FIRST_TRY : YUNO_SINCE_PREVIOUS_TRY;
    yuno_schedule *schedule;
    yuno_error error;
    const yuno_status made = yuno_schedule_new(since, delays, delays_len, waits, waits_len, &schedule, &error);
    if (well(made, &error, schedule)) {
        const yuno_str retention = get("retention");
        const yuno_status kept = retention.data ? yuno_schedule_check_retention(schedule, strtoull(retention.data, NULL, 10)) : YUNO_OK;
        if (kept != YUNO_OK) say("error", yuno_status_name(kept));
        for (size_t retry = 0; retry < yuno_schedule_offset_count(schedule); retry++) {
            say_number("offsets_seconds[]", true, yuno_schedule_offset(schedule, retry));
            say_number("waits_seconds[]", true, yuno_schedule_acknowledgement_wait(schedule, (uint32_t)retry));
        }
        say_number("total_seconds", true, yuno_schedule_total(schedule));
        say_number("minimum_retention_seconds", true, yuno_schedule_minimum_retention(schedule));
    }
    yuno_schedule_free(schedule);
    free(delays);
    free(waits);
}

static void run_error(void) {
    yuno_status status;
    if (!yuno_status_from_name(get("code"), &status)) fail("no such error");
    bool is_listed = false;
    for (size_t place = 0; place < yuno_status_count(); place++) is_listed |= yuno_status_at(place) == status;
    if (!is_listed || !yuno_status_message(status).len) fail("an error that is not in the table");
    say_number("number", true, (uint64_t)status);
    say("stage", yuno_status_stage(status));
    say_number("http_status", true, yuno_status_http_status(status));
}

static void run_catalog(void) {
    const yuno_str spelling = get("spelling");
    for (size_t row = 0; row < yuno_catalog_count(); row++)
        for (size_t place = 0; place < yuno_catalog_spelling_count(row); place++) {
            const yuno_str own = yuno_catalog_spelling(row, place);
            if (own.len != spelling.len || memcmp(own.data, spelling.data, own.len) != 0) continue;
            say("kind", yuno_catalog_kind(row));
            say("family", yuno_catalog_family(row));
            if (yuno_catalog_trigger_field(row).data) {
                say("trigger[]", yuno_catalog_trigger_field(row));
                say("trigger[]", yuno_catalog_trigger_value(row));
            } else {
                say("trigger", yuno_str_from(NULL));
            }
            return;
        }
    say("kind", yuno_str_from("unknown"));
    say("family", yuno_str_from(NULL));
    say("trigger", yuno_str_from(NULL));
}

int main(void) {
    static const struct {
        const char *name;
        void (*run)(void);
    } operations[] = {
        { "sign", run_sign },         { "verify", run_verify }, { "parse", run_parse },       { "keys", run_pair },   { "recency", run_pair },
        { "admit", run_admit }, { "finality", run_finality }, { "reply", run_reply },   { "schedule", run_schedule }, { "error", run_error }, { "catalog", run_catalog },
    };
    if (!yuno_str_is(yuno_version(), YUNO_WEBHOOKS_VERSION)) fail("the library is of another release than the header");
    while (read_case()) {
        size_t place = 0;
        while (place < sizeof operations / sizeof *operations && !yuno_str_is(get("operation"), operations[place].name)) place++;
        if (place == sizeof operations / sizeof *operations) fail("no such operation");
        operations[place].run();
        say("end", yuno_str_from(""));
        free_case();
    }
    return 0;
}
