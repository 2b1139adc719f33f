/*
 * What an attacker may send and a careless program may pass: random and mutated bytes as bodies, headers, options and arguments. A seed gives the same cases
 * every time: `hostile <seed> <cases>`. A case that answers what the header does not document ends the run with its number; what memory says is for
 * valgrind and the sanitizers. At the end it writes how often each status came, "<function> <status> <count>", so that a test sees that much was reached.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yuno_webhooks.h>

static uint64_t seed, number;

#define CHECK(condition)                                                                                                                    \
    do {                                                                                                                                    \
        if (!(condition)) {                                                                                                                 \
            fprintf(stderr, "line %d, seed %" PRIu64 ", case %" PRIu64 ": not %s\n", __LINE__, seed, number, #condition);                   \
            exit(1);                                                                                                                        \
        }                                                                                                                                   \
    } while (0)

/* --- chance --- */

static uint64_t state;

/* SplitMix64. */
static uint64_t next(void) {
    uint64_t mixed = state += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
}

static size_t below(size_t limit) {
    return (size_t)(next() % limit);
}

static bool one_in(size_t limit) {
    return below(limit) == 0;
}

/* --- memory of exactly the size that is told, so that a byte beyond is seen; freed after the case --- */

static void *kept[4096];
static size_t kept_len;

static void *take(size_t size) {
    CHECK(kept_len < sizeof kept / sizeof *kept);
    void *memory = malloc(size ? size : 1);
    CHECK(memory);
    return kept[kept_len++] = memory;
}

static yuno_str copy(const void *bytes, size_t len) {
    char *own = take(len);
    if (len) memcpy(own, bytes, len);
    const yuno_str text = { own, len };
    return text;
}

static yuno_str noise(size_t most) {
    const size_t len = below(most + 1);
    char *own = take(len);
    for (size_t place = 0; place < len; place++) own[place] = (char)next();
    const yuno_str text = { own, len };
    return text;
}

/* Texts that mean something here or there. */
static yuno_str word(void) {
    static const char *const words[] = {
        "", " ", "x-hmac-signature", "X-API-KEY", "x-secret", "authorization", "content-length", "gzip", "identity", "application/json", "None", "****", "whsec-one",
        "Bearer abc", "payment", "payment.purchase", "transaction", "SUCCEEDED", "APPROVED", "enveloped", "v1", "24.90", "-1e999", "NaN", "USD", "XXX", "0", "16",
        "18446744073709551616", "2026-08-17T07:35:18.49869Z", "9999-99-99T99:99:99Z", "SIGNATURE_MISMATCH", "\xff\xfe", "\xf0\x9f\x92\xb8", "a\nb", "t=1,v1=ab",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    };
    const char *own = words[below(sizeof words / sizeof *words)];
    return copy(own, strlen(own));
}

static yuno_str text(void) {
    static const yuno_str absent = { NULL, 0 };
    switch (below(6)) {
    case 0: return absent;
    case 1: return noise(64);
    default: return word();
    }
}

/* Changes a text here and there: bytes, cuts, repetitions, pieces of JSON. */
static yuno_str mutated(yuno_str from) {
    static const char *const pieces[] = { "{", "}", "[", "]", "\"", ",", ":", "null", "\\u0000", "\\ud800", "1e400", "-0", "\xef\xbb\xbf" };
    static const char *const members[] = { "\"id\":\"x\",", "\"data\":{},", "\"type_event\":1,", "\"status\":[],", "\"payment\":{\"amount\":1},", "\"amount\":1e-9," };
    char *own = take(2 * from.len + 256);
    size_t len = from.len;
    memcpy(own, from.data, len);
    for (size_t change = below(4); change > 0; change--) {
        const size_t place = below(len + 1), count = below(len - place + 1);
        const char *open = memchr(own + place, '{', len - place);
        const char *piece = pieces[below(sizeof pieces / sizeof *pieces)];
        switch (below(8)) {
        case 0:
            if (place < len) own[place] = (char)next();
            break;
        case 4: /* still JSON, for the most part */
        case 5:
            if (place < len && own[place] >= '0' && own[place] <= 'z') own[place] = (char)('0' + below(10));
            break;
        case 6: /* another member of an object */
        case 7:
            piece = members[below(sizeof members / sizeof *members)];
            if (open && len + strlen(piece) <= 2 * from.len + 256) {
                const size_t start = (size_t)(open - own) + 1;
                memmove(own + start + strlen(piece), own + start, len - start);
                memcpy(own + start, piece, strlen(piece));
                len += strlen(piece);
            }
            break;
        case 1: /* cut out */
            memmove(own + place, own + place + count, len - place - count);
            len -= count;
            break;
        case 2: /* cut off, rarely, since little is left */
            if (one_in(4)) len = place;
            break;
        case 3: /* repeat */
            if (len + count <= 2 * from.len) {
                memmove(own + place + count, own + place, len - place);
                len += count;
            }
            break;
        default: /* put in */
            if (len + strlen(piece) <= 2 * from.len + 256) {
                memmove(own + place + strlen(piece), own + place, len - place);
                memcpy(own + place, piece, strlen(piece));
                len += strlen(piece);
            }
        }
    }
    return copy(own, len);
}

/* --- what was answered --- */

enum { VERIFIER, VERIFY, PARSE, ADMIT, SAMPLE, SCHEDULE, RETENTION, SIGN, TEXT, FUNCTIONS };

static const char *const NAMES[FUNCTIONS] = {
    "yuno_verifier_new", "yuno_verify", "yuno_event_parse_unverified", "yuno_verifier_admit", "yuno_sample_new", "yuno_schedule_new",
    "yuno_schedule_check_retention", "yuno_sign", "yuno_error_text",
};

/* As the header documents them, without YUNO_PANIC, which is a defect, and ended by YUNO_OK. */
static const yuno_status DOCUMENTED[FUNCTIONS][16] = {
    { YUNO_NO_SIGNATURE_SECRET, YUNO_NO_CREDENTIALS, YUNO_INVALID_SECRET, YUNO_INVALID_HEADER_NAME, YUNO_INVALID_LIMIT, YUNO_NULL_POINTER, YUNO_INVALID_ARGUMENT },
    { YUNO_BODY_TOO_LARGE, YUNO_SIGNATURE_MISSING, YUNO_CREDENTIAL_MISSING, YUNO_HEADER_REPEATED, YUNO_CREDENTIAL_MISMATCH, YUNO_SIGNATURE_MALFORMED,
      YUNO_SIGNATURE_MISMATCH, YUNO_BODY_NOT_JSON, YUNO_BODY_NOT_OBJECT, YUNO_BODY_AMBIGUOUS, YUNO_NULL_POINTER, YUNO_INVALID_ARGUMENT },
    { YUNO_BODY_NOT_JSON, YUNO_BODY_NOT_OBJECT, YUNO_BODY_AMBIGUOUS, YUNO_NULL_POINTER, YUNO_INVALID_ARGUMENT },
    { YUNO_BODY_ENCODED, YUNO_BODY_TOO_LARGE, YUNO_NULL_POINTER, YUNO_INVALID_ARGUMENT },
    { YUNO_INVALID_ARGUMENT, YUNO_NULL_POINTER },
    { YUNO_INVALID_LIMIT, YUNO_INVALID_ARGUMENT, YUNO_NULL_POINTER },
    { YUNO_RETENTION_TOO_SHORT, YUNO_NULL_POINTER },
    { YUNO_BUFFER_TOO_SMALL, YUNO_NULL_POINTER, YUNO_INVALID_ARGUMENT },
    { YUNO_BUFFER_TOO_SMALL, YUNO_NULL_POINTER, YUNO_INVALID_ARGUMENT },
};

static size_t counts[FUNCTIONS][64];

static yuno_status answered(size_t function, yuno_status status) {
    const yuno_status *documented = DOCUMENTED[function];
    while (*documented != YUNO_OK && *documented != status) documented++;
    CHECK(*documented == status);
    counts[function][status]++;
    return status;
}

/* A failure makes no handle, and its error can be told in every way. */
static yuno_status told(size_t function, yuno_status status, const yuno_error *error, const void *handle) {
    CHECK(error->code == status && (handle != NULL) == (status == YUNO_OK));
    if (status != YUNO_OK) {
        CHECK(yuno_status_name(status).len && yuno_status_stage(status).len && yuno_status_message(status).len && yuno_status_http_status(status) >= 400);
        const size_t size = below(256);
        char *line = take(size);
        size_t needed = 0;
        const yuno_status cut = answered(TEXT, yuno_error_text(error, line, size, &needed));
        CHECK((cut == YUNO_OK) == (needed <= size) && needed > 8 && (size == 0 || strlen(line) == (needed < size ? needed : size) - 1));
        const yuno_reply reply = yuno_reply_to_error(error, one_in(2));
        CHECK(reply.status >= 200 && reply.status < 600);
    }
    return answered(function, status);
}

/* --- every getter of an event --- */

static unsigned char sum;

/* Reads every byte. */
static void look(yuno_str own) {
    CHECK(own.data || own.len == 0);
    for (size_t place = 0; place < own.len; place++) sum ^= (unsigned char)own.data[place];
}

static void look_at_event(const yuno_event *event, yuno_str body) {
    static yuno_str (*const texts[])(const yuno_event *) = {
        yuno_event_kind, yuno_event_sent_name, yuno_event_shape, yuno_event_account_id, yuno_event_finality, yuno_event_dedupe_key, yuno_event_published_key,
        yuno_event_data, yuno_event_raw, yuno_event_resource_kind, yuno_event_resource_id, yuno_event_resource_status, yuno_event_resource_sub_status,
        yuno_event_resource_merchant_reference, yuno_event_resource_idempotency_key, yuno_event_amount_value, yuno_event_amount_currency,
        yuno_event_amount_minor_units_text, yuno_event_transaction_id, yuno_event_transaction_type, yuno_event_transaction_status,
        yuno_event_transaction_amount_value, yuno_event_transaction_amount_currency, yuno_event_transaction_amount_minor_units_text,
    };
    for (size_t place = 0; place < sizeof texts / sizeof *texts; place++) {
        const yuno_str first = texts[place](event), again = texts[place](event);
        CHECK(first.data == again.data && first.len == again.len);
        look(first);
    }
    static bool (*const numbers[])(const yuno_event *, int64_t *) = {
        yuno_event_changed_at_ns, yuno_event_resource_created_at_ns, yuno_event_resource_updated_at_ns, yuno_event_transaction_updated_at_ns,
        yuno_event_amount_minor_units, yuno_event_transaction_amount_minor_units,
    };
    for (size_t place = 0; place < sizeof numbers / sizeof *numbers; place++) {
        int64_t value = 1;
        CHECK(numbers[place](event, &value) || value == 0);
    }
    uint32_t counter = 1;
    CHECK(yuno_event_retry(event, &counter) || counter == 0);
    CHECK(yuno_event_version(event, &counter) || counter == 0);
    size_t index = 1;
    CHECK(yuno_event_secret_index(event, &index) == yuno_event_signed(event) && index < 8);
    CHECK(yuno_event_dedupe_key(event).len == 35 && yuno_event_kind(event).len > 0);
    if (!yuno_event_transaction_present(event)) CHECK(!yuno_event_transaction_id(event).data && !yuno_event_transaction_amount_value(event).data);
    const yuno_str raw = yuno_event_raw(event);
    CHECK(raw.len == body.len && raw.data != body.data && (body.len == 0 || memcmp(raw.data, body.data, body.len) == 0));
    bool newer = true;
    CHECK(yuno_event_compare_recency(event, event) == YUNO_RECENCY_SAME && yuno_event_is_newer_than(event, event, &newer) && !newer);
    (void)yuno_event_repeatable(event);
}

/* --- bodies --- */

static yuno_str sample_body(void) {
    yuno_sample_options options = YUNO_SAMPLE_OPTIONS_INIT;
    const size_t row = below(yuno_catalog_count());
    options.kind = yuno_catalog_kind(row);
    options.form = yuno_catalog_form(row, below(yuno_catalog_form_count(row)));
    yuno_sample *sample;
    CHECK(yuno_sample_new(&options, &sample, NULL) == YUNO_OK);
    const yuno_str made = yuno_sample_body(sample), own = copy(made.data, made.len);
    yuno_sample_free(sample);
    return own;
}

static yuno_str body(void) {
    switch (below(8)) {
    case 0: return noise(512);
    case 1: return text();
    case 2: return sample_body();
    default: return mutated(sample_body());
    }
}

static yuno_event *parse(yuno_str raw) {
    yuno_event *event;
    yuno_error error;
    const yuno_status status = yuno_event_parse_unverified((const uint8_t *)raw.data, raw.len, &event, &error);
    if (told(PARSE, status, &error, event) == YUNO_OK) look_at_event(event, raw);
    return event;
}

static void parse_case(void) {
    const yuno_str first = body(), second = one_in(3) ? mutated(first.data ? first : word()) : body();
    yuno_event *event = parse(first), *other = parse(second);
    bool newer;
    const yuno_recency recency = yuno_event_compare_recency(event, other);
    CHECK(recency <= YUNO_RECENCY_UNRELATED && yuno_event_is_newer_than(event, other, &newer) == (recency >= YUNO_RECENCY_SAME && recency <= YUNO_RECENCY_OLDER));
    yuno_event_free(event);
    yuno_event_free(other);
}

/* --- verifiers and deliveries --- */

static const yuno_str SECRETS[] = { { "whsec-one", 9 }, { "whsec-two", 9 } };

static const yuno_str *list(size_t *len) {
    *len = below(one_in(4) ? 10 : 3);
    yuno_str *own = take(*len * sizeof *own);
    for (size_t place = 0; place < *len; place++) own[place] = one_in(4) ? text() : yuno_str_from("Bearer abc");
    return one_in(16) ? NULL : own;
}

static yuno_verifier *verifier(void) {
    yuno_verifier_options options = YUNO_VERIFIER_OPTIONS_INIT;
    size_t limit = one_in(3) ? below(4096) : SIZE_MAX;
    yuno_required_header required[4];
    const yuno_str bearer = { "Bearer abc", 10 };
    const bool is_wild = one_in(2);
    options.hmac_secrets = SECRETS;
    options.hmac_secrets_len = 1 + below(2);
    if (is_wild) {
        if (one_in(2)) options.hmac_secrets = list(&options.hmac_secrets_len);
        if (one_in(2)) options.api_keys = list(&options.api_keys_len);
        if (one_in(2)) options.x_secrets = list(&options.x_secrets_len);
        options.required_headers_len = below(5);
        for (size_t place = 0; place < options.required_headers_len; place++) {
            required[place].name = text();
            required[place].values = list(&required[place].values_len);
        }
        options.is_unsigned = one_in(2);
        if (one_in(8)) options.size = (size_t)next() % 8192;
    } else if (one_in(2)) {
        required[0].name = yuno_str_from("authorization");
        required[0].values = &bearer;
        required[0].values_len = 1;
        options.required_headers_len = 1;
    }
    options.required_headers = required;
    if (one_in(2)) options.max_body_bytes = &limit;
    /* A larger size than that of this release is that of a newer program, whose struct is as large. */
    yuno_verifier_options *given = take(options.size > sizeof options ? options.size : sizeof options);
    memset(given, 0, options.size > sizeof options ? options.size : sizeof options);
    memcpy(given, &options, sizeof options);
    yuno_verifier *made;
    yuno_error error;
    const yuno_status status = yuno_verifier_new(given, &made, &error);
    told(VERIFIER, status, &error, made);
    return made;
}

static void verify_case(void) {
    yuno_verifier *own = verifier();
    const yuno_str raw = body();
    char signature[YUNO_SIGNATURE_LEN];
    CHECK(answered(SIGN, yuno_sign((const uint8_t *)raw.data, raw.len, SECRETS[below(2)], signature, sizeof signature, NULL)) == YUNO_OK);
    yuno_header headers[8];
    size_t headers_len = 0;
    if (!one_in(8)) {
        headers[headers_len].name = yuno_str_from("X-Hmac-Signature");
        headers[headers_len++].value = one_in(8) ? mutated(copy(signature, sizeof signature)) : copy(signature, sizeof signature);
    }
    if (!one_in(4)) {
        headers[headers_len].name = yuno_str_from("Authorization");
        headers[headers_len++].value = yuno_str_from("Bearer abc");
    }
    for (size_t more = below(4); more > 0; more--) {
        headers[headers_len].name = text();
        headers[headers_len++].value = text();
    }
    yuno_header *given = take(headers_len * sizeof *given);
    if (headers_len) memcpy(given, headers, headers_len * sizeof *given);
    yuno_event *event;
    yuno_error error;
    const yuno_status status = yuno_verify(own, (const uint8_t *)raw.data, raw.len, given, headers_len, &event, &error);
    if (told(VERIFY, status, &error, event) == YUNO_OK) look_at_event(event, raw);
    yuno_event_free(event);
    const yuno_status admitted = yuno_verifier_admit(own, text(), text(), &error);
    told(ADMIT, admitted, &error, admitted == YUNO_OK ? own : NULL);
    (void)yuno_verifier_reads_header(own, text());
    CHECK((yuno_verifier_max_body_bytes(own) > 0) == (own != NULL));
    yuno_verifier_free(own);
}

/* --- the other functions --- */

static void sample_case(void) {
    yuno_sample_options options = YUNO_SAMPLE_OPTIONS_INIT;
    yuno_str *texts[] = {
        &options.kind, &options.form, &options.status, &options.sub_status, &options.id, &options.account_id, &options.transaction_id, &options.transaction_status,
        &options.transaction_amount, &options.updated_at, &options.amount, &options.currency, &options.merchant_reference,
    };
    for (size_t place = 0; place < sizeof texts / sizeof *texts; place++)
        if (one_in(3)) *texts[place] = text();
    if (!one_in(4)) options.kind = yuno_catalog_kind(below(yuno_catalog_count()));
    options.retry = (uint32_t)next();
    options.without_retry = one_in(2);
    yuno_sample *sample;
    yuno_error error;
    const yuno_status status = yuno_sample_new(&options, &sample, &error);
    if (told(SAMPLE, status, &error, sample) == YUNO_OK) look(yuno_sample_body(sample));
    yuno_sample_free(sample);
}

static uint64_t *times(size_t *len) {
    *len = below(6);
    uint64_t *own = take(*len * sizeof *own);
    for (size_t place = 0; place < *len; place++) own[place] = one_in(8) ? next() : place * below(100000);
    return one_in(4) ? NULL : own;
}

static void schedule_case(void) {
    size_t delays_len, waits_len;
    const uint64_t *delays = times(&delays_len), *waits = times(&waits_len);
    const yuno_since since = one_in(8) ? (yuno_since)next() : (yuno_since)below(2);
    yuno_schedule *schedule;
    yuno_error error;
    const yuno_status status = yuno_schedule_new(since, delays, delays_len, waits, waits_len, &schedule, &error);
    told(SCHEDULE, status, &error, schedule);
    const size_t count = yuno_schedule_offset_count(schedule);
    CHECK((count > 0) == (schedule != NULL) && yuno_schedule_offset(schedule, count) == 0 && yuno_schedule_offset(schedule, SIZE_MAX - below(count + 9)) == 0);
    if (count) CHECK(yuno_schedule_offset(schedule, count - 1) == yuno_schedule_total(schedule));
    (void)yuno_schedule_acknowledgement_wait(schedule, (uint32_t)next());
    (void)yuno_schedule_minimum_retention(schedule);
    answered(RETENTION, yuno_schedule_check_retention(schedule, one_in(2) ? next() : yuno_schedule_minimum_retention(schedule)));
    yuno_schedule_free(schedule);
}

static void table_case(void) {
    const yuno_status status = (yuno_status)next();
    look(yuno_status_name(status));
    look(yuno_status_stage(status));
    look(yuno_status_message(status));
    yuno_status named;
    (void)yuno_status_from_name(text(), &named);
    const size_t row = one_in(2) ? below(yuno_catalog_count()) : (size_t)next(), place = one_in(2) ? below(4) : (size_t)next();
    look(yuno_catalog_spelling(row, place));
    look(yuno_catalog_form(row, place));
    look(yuno_catalog_family(row));
    look(yuno_catalog_trigger_value(row));
    look(yuno_fixed_path(place));
    look(yuno_finality(text(), text(), text()));
    const yuno_str raw = text(), secret = text();
    const size_t size = below(2 * YUNO_SIGNATURE_LEN);
    size_t len;
    answered(SIGN, yuno_sign((const uint8_t *)raw.data, raw.len, secret, take(size), size, &len));
    const yuno_error error = { status, one_in(2), text() };
    const yuno_status shown = answered(TEXT, yuno_error_text(&error, take(size), size, &len));
    CHECK((shown == YUNO_INVALID_ARGUMENT) == (len == 0));
    CHECK(yuno_reply_to_error(&error, one_in(2)).status >= 200);
}

int main(int count, char **arguments) {
    static void (*const cases[])(void) = { parse_case, verify_case, verify_case, sample_case, schedule_case, table_case };
    if (count != 3) return 2;
    seed = strtoull(arguments[1], NULL, 10);
    const uint64_t end = strtoull(arguments[2], NULL, 10);
    for (number = 0; number < end; number++) {
        /* Each case has a beginning of its own, so that one of them can be run alone. */
        state = seed * 1000003 + number;
        cases[below(sizeof cases / sizeof *cases)]();
        while (kept_len) free(kept[--kept_len]);
    }
    for (size_t function = 0; function < FUNCTIONS; function++)
        for (size_t status = 0; status < 64; status++)
            if (counts[function][status]) {
                const yuno_str name = yuno_status_name((yuno_status)status);
                printf("%s %.*s %zu\n", NAMES[function], YUNO_STR_ARG(name.data ? name : yuno_str_from("OK")), counts[function][status]);
            }
    return 0;
}
