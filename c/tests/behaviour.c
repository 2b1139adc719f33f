/* What the vectors cannot say: threads, memory, sizes of options, a panic. One test of tests/behaviour.rs a run, by name; exits with the failing line. "list" names them. */
#define _POSIX_C_SOURCE 200112L
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yuno_webhooks.h>

#define CHECK(condition)                                                  \
    do {                                                                  \
        if (!(condition)) {                                               \
            fprintf(stderr, "line %d: not %s\n", __LINE__, #condition);   \
            exit(1);                                                      \
        }                                                                 \
    } while (0)

static const yuno_str SECRET = { "whsec-one", 9 };
static const yuno_str NOTHING = { NULL, 0 };

static yuno_verifier *new_verifier(void) {
    yuno_verifier_options options = YUNO_VERIFIER_OPTIONS_INIT;
    options.hmac_secrets = &SECRET;
    options.hmac_secrets_len = 1;
    yuno_verifier *verifier;
    CHECK(yuno_verifier_new(&options, &verifier, NULL) == YUNO_OK);
    return verifier;
}

/* Verifies a body as the provider would have signed it. */
static yuno_status verify(const yuno_verifier *verifier, yuno_str body, yuno_event **event, yuno_error *error) {
    char signature[YUNO_SIGNATURE_LEN];
    CHECK(yuno_sign((const uint8_t *)body.data, body.len, SECRET, signature, sizeof signature, NULL) == YUNO_OK);
    const yuno_header header = { yuno_str_from("X-HMAC-Signature"), { signature, sizeof signature } };
    return yuno_verify(verifier, (const uint8_t *)body.data, body.len, &header, 1, event, error);
}

/* --- many threads use one verifier and one event --- */

/* Texts with escapes, which are made when they are first asked for. */
static const char ESCAPED[] = "{\"type_event\":\"payment.purchase\",\"account_id\":\"acc\\u002d7\",\"data\":{\"payment\":{\"id\":\"p\\u002d1\","
                              "\"status\":\"SUC\\u0043EEDED\",\"merchant_order_id\":\"order\\n1\",\"amount\":{\"value\":\"24\\u002e9\",\"currency\":\"USD\"}}}}";

typedef struct {
    const yuno_verifier *verifier;
    const yuno_event *event;
    yuno_str seen[6];
} task;

static void *read_all(void *given) {
    task *own = given;
    for (int round = 0; round < 200; round++) {
        yuno_event *event;
        CHECK(verify(own->verifier, yuno_str_from(ESCAPED), &event, NULL) == YUNO_OK);
        CHECK(yuno_str_is(yuno_event_resource_status(event), "SUCCEEDED"));
        yuno_event_free(event);
    }
    own->seen[0] = yuno_event_account_id(own->event);
    own->seen[1] = yuno_event_resource_id(own->event);
    own->seen[2] = yuno_event_resource_merchant_reference(own->event);
    own->seen[3] = yuno_event_amount_value(own->event);
    own->seen[4] = yuno_event_dedupe_key(own->event);
    own->seen[5] = yuno_event_published_key(own->event);
    return NULL;
}

static void threads(void) {
    enum { THREADS = 16 };
    pthread_t ids[THREADS];
    task tasks[THREADS];
    yuno_verifier *verifier = new_verifier();
    yuno_event *event;
    CHECK(verify(verifier, yuno_str_from(ESCAPED), &event, NULL) == YUNO_OK);
    for (int place = 0; place < THREADS; place++) {
        tasks[place].verifier = verifier;
        tasks[place].event = event;
        CHECK(pthread_create(&ids[place], NULL, read_all, &tasks[place]) == 0);
    }
    for (int place = 0; place < THREADS; place++) {
        CHECK(pthread_join(ids[place], NULL) == 0);
        for (int text = 0; text < 6; text++) CHECK(tasks[place].seen[text].data == tasks[0].seen[text].data);
    }
    CHECK(yuno_str_is(tasks[0].seen[0], "acc-7") && yuno_str_is(tasks[0].seen[1], "p-1") && yuno_str_is(tasks[0].seen[2], "order\n1"));
    CHECK(yuno_str_is(tasks[0].seen[3], "24.9") && yuno_str_is(tasks[0].seen[5], "payment.purchase/p-1"));
    yuno_verifier_free(verifier);
    yuno_event_free(event);
}

/* --- the event's bytes are its own --- */

static void copies(void) {
    yuno_verifier *verifier = new_verifier();
    char body[sizeof ESCAPED];
    memcpy(body, ESCAPED, sizeof ESCAPED);
    yuno_event *event;
    CHECK(verify(verifier, yuno_str_from(body), &event, NULL) == YUNO_OK);
    memset(body, 'x', sizeof body);
    yuno_verifier_free(verifier);
    const yuno_str raw = yuno_event_raw(event);
    CHECK(raw.len == sizeof ESCAPED - 1 && memcmp(raw.data, ESCAPED, raw.len) == 0);
    CHECK(yuno_str_is(yuno_event_resource_id(event), "p-1") && yuno_str_is(yuno_event_amount_value(event), "24.9"));
    /* What stands in the body as it is, is not made again. */
    const yuno_str currency = yuno_event_amount_currency(event);
    CHECK(currency.data > raw.data && currency.data < raw.data + raw.len);
    yuno_event_free(event);
}

/* --- an error says what is known, and an old one is no failure of the next call --- */

static void errors(void) {
    yuno_verifier *verifier = new_verifier();
    yuno_event *event = (yuno_event *)verifier;
    yuno_error error;
    CHECK(verify(verifier, yuno_str_from("[]"), &event, &error) == YUNO_BODY_NOT_OBJECT && event == NULL);
    CHECK(error.code == YUNO_BODY_NOT_OBJECT && !error.empty_body && error.hint.data == NULL);
    CHECK(yuno_str_is(yuno_status_stage(error.code), "payload") && yuno_reply_to_error(&error, true).status == 200);
    CHECK(verify(verifier, NOTHING, &event, &error) == YUNO_BODY_NOT_JSON && error.empty_body && error.hint.len > 0);
    CHECK(yuno_reply_to_error(&error, false).status == 200);
    CHECK(verify(verifier, yuno_str_from("{}"), &event, &error) == YUNO_OK && event != NULL);
    CHECK(error.code == YUNO_OK && !error.empty_body && error.hint.data == NULL);
    yuno_event_free(event);
    /* Without a signature nothing proves that a body was sent empty: it comes again, whoever says that it was stored. */
    yuno_verifier *open;
    const yuno_str api_key = yuno_str_from("k");
    const yuno_header credential = { yuno_str_from("x-api-key"), api_key };
    yuno_verifier_options options = YUNO_VERIFIER_OPTIONS_INIT;
    options.api_keys = &api_key;
    options.api_keys_len = 1;
    options.is_unsigned = true;
    CHECK(yuno_verifier_new(&options, &open, NULL) == YUNO_OK);
    yuno_error vanished;
    CHECK(yuno_verify(open, NULL, 0, &credential, 1, &event, &vanished) == YUNO_BODY_NOT_JSON && !vanished.empty_body);
    CHECK(yuno_reply_to_error(&vanished, false).status == 400 && yuno_reply_to_error(&vanished, true).status == 400);
    yuno_verifier_free(open);
    /* Whatever is not an error is answered so that the provider tries again. */
    const yuno_error nonsense = { (yuno_status)12345, true, { NULL, 0 } };
    CHECK(yuno_reply_to_error(NULL, true).status == 500 && yuno_reply_to_error(&nonsense, true).status == 500);
    CHECK(yuno_reply_to_error(&error, true).status == 500);
    CHECK(!yuno_status_name(YUNO_OK).data && !yuno_status_name((yuno_status)12345).data && yuno_status_at(1000) == YUNO_OK);
    /* A length beyond the limit is refused before anything is read, so nothing need be there. */
    CHECK(yuno_verify(verifier, (const uint8_t *)"", (size_t)1 << 40, NULL, 0, &event, NULL) == YUNO_BODY_TOO_LARGE);
    CHECK(yuno_verifier_reads_header(verifier, yuno_str_from("X-Hmac-SIGNATURE")) && !yuno_verifier_reads_header(verifier, yuno_str_from("accept")));
    CHECK(yuno_verifier_max_body_bytes(verifier) == YUNO_DEFAULT_MAX_BODY_BYTES);
    yuno_verifier_free(verifier);

    /* As one line: all of it, the beginning of it, nothing of it. */
    const yuno_error forged = { YUNO_SIGNATURE_MISSING, false, { "A hint.", 7 } };
    char line[512] = "x";
    size_t needed;
    CHECK(yuno_error_text(&forged, line, sizeof line, &needed) == YUNO_OK && needed == strlen(line) + 1);
    CHECK(strncmp(line, "SIGNATURE_MISSING: A hint. The x-hmac-signature header is missing.", 66) == 0);
    char small[20];
    CHECK(yuno_error_text(&forged, line, needed, NULL) == YUNO_OK && yuno_error_text(&forged, line, needed - 1, NULL) == YUNO_BUFFER_TOO_SMALL);
    CHECK(yuno_error_text(&forged, small, sizeof small, &needed) == YUNO_BUFFER_TOO_SMALL && strcmp(small, "SIGNATURE_MISSING: ") == 0);
    CHECK(yuno_error_text(&forged, NULL, 0, &needed) == YUNO_BUFFER_TOO_SMALL && needed > sizeof small);
    CHECK(yuno_error_text(&nonsense, small, sizeof small, &needed) == YUNO_INVALID_ARGUMENT && needed == 0 && small[0] == 0);

    /* A text in printf, also where it is absent or longer than printf can take. */
    const yuno_str endless = { "", SIZE_MAX };
    CHECK(snprintf(line, sizeof line, "<" YUNO_STR_FMT "|" YUNO_STR_FMT "|" YUNO_STR_FMT ">", YUNO_STR_ARG(SECRET), YUNO_STR_ARG(NOTHING), YUNO_STR_ARG(endless)) == 13);
    CHECK(strcmp(line, "<whsec-one||>") == 0);
}

/* --- options of an older, a newer and an impossible size --- */

typedef struct {
    yuno_verifier_options known;
    size_t unknown[3];
} newer_options;

static yuno_status with_size(newer_options *options, size_t size) {
    yuno_verifier *verifier;
    options->known.size = size;
    const yuno_status status = yuno_verifier_new(&options->known, &verifier, NULL);
    CHECK((verifier != NULL) == (status == YUNO_OK));
    yuno_verifier_free(verifier);
    return status;
}

static void sizes(void) {
    newer_options options = { YUNO_VERIFIER_OPTIONS_INIT, { 0, 0, 0 } };
    options.known.hmac_secrets = &SECRET;
    options.known.hmac_secrets_len = 1;
    CHECK(with_size(&options, sizeof options.known) == YUNO_OK);
    /* Older: what stands behind the size is not looked at, up to the last member of the first release. */
    /* No release had fewer members: an option that is set must not be lost by a wrong size. */
    CHECK(with_size(&options, offsetof(yuno_verifier_options, api_keys)) == YUNO_INVALID_ARGUMENT);
    CHECK(with_size(&options, sizeof(size_t)) == YUNO_INVALID_ARGUMENT);
    CHECK(with_size(&options, (size_t)1 << 20) == YUNO_INVALID_ARGUMENT);
    /* Newer: what we do not know must not be set. */
    CHECK(with_size(&options, sizeof options) == YUNO_OK);
    options.unknown[2] = 1;
    CHECK(with_size(&options, sizeof options) == YUNO_INVALID_ARGUMENT);
    CHECK(with_size(&options, sizeof options - sizeof(size_t)) == YUNO_OK);
    /* Impossible. */
    CHECK(with_size(&options, 0) == YUNO_INVALID_ARGUMENT);
    CHECK(with_size(&options, sizeof(size_t) - 1) == YUNO_INVALID_ARGUMENT);
    CHECK(with_size(&options, sizeof options.known - 1) == YUNO_INVALID_ARGUMENT);
    CHECK(with_size(&options, SIZE_MAX - 7) == YUNO_INVALID_ARGUMENT);
    /* A bool that was not written by a bool: every number but 0 is true, and unsigned deliveries with a secret are refused. */
    memset(&options.known.is_unsigned, 0xa5, sizeof options.known.is_unsigned);
    CHECK(with_size(&options, sizeof options.known) == YUNO_NO_SIGNATURE_SECRET);
}

/* --- secrets that are no text, and variables --- */

static void secrets(void) {
    const yuno_str not_text = { "\xff\xfe", 2 };
    yuno_verifier_options options = YUNO_VERIFIER_OPTIONS_INIT;
    yuno_verifier *verifier;
    yuno_error error;
    options.hmac_secrets = &not_text;
    options.hmac_secrets_len = 1;
    CHECK(yuno_verifier_new(&options, &verifier, &error) == YUNO_INVALID_SECRET && !verifier && error.code == YUNO_INVALID_SECRET);
    /* A variable that was not found. */
    const yuno_str not_found = yuno_str_from(getenv("YUNO_WEBHOOK_NOT_SET"));
    options.hmac_secrets = &not_found;
    CHECK(yuno_verifier_new(&options, &verifier, &error) == YUNO_INVALID_SECRET && yuno_str_is(error.hint, "It is empty."));
    setenv("YUNO_WEBHOOK_HMAC_SECRET", "\xff", 1);
    CHECK(yuno_verifier_from_env(&verifier, &error) == YUNO_INVALID_SECRET && !verifier);
    setenv("YUNO_WEBHOOK_HMAC_SECRET", "whsec-one", 1);
    setenv("YUNO_WEBHOOK_API_KEY", "\xff", 1);
    CHECK(yuno_verifier_from_env(&verifier, &error) == YUNO_INVALID_SECRET && !verifier);
    unsetenv("YUNO_WEBHOOK_API_KEY");
    CHECK(yuno_verifier_from_env(&verifier, &error) == YUNO_OK && verifier);
    yuno_verifier_free(verifier);
}

/* --- samples of every kind and form, in every option --- */

static yuno_event *sample(const yuno_sample_options *options, const yuno_verifier *verifier) {
    yuno_sample *made;
    yuno_error error;
    CHECK(yuno_sample_new(options, &made, &error) == YUNO_OK);
    yuno_event *event;
    CHECK(verify(verifier, yuno_sample_body(made), &event, &error) == YUNO_OK);
    yuno_sample_free(made);
    return event;
}

static void samples(void) {
    yuno_verifier *verifier = new_verifier();
    for (size_t row = 0; row < yuno_catalog_count(); row++)
        for (size_t form = 0; form < yuno_catalog_form_count(row); form++) {
            yuno_sample_options options = YUNO_SAMPLE_OPTIONS_INIT;
            options.kind = yuno_catalog_kind(row);
            options.form = yuno_catalog_form(row, form);
            options.id = yuno_str_from("r-1");
            yuno_event *event = sample(&options, verifier);
            CHECK(yuno_event_kind(event).data == options.kind.data && yuno_event_resource_kind(event).len == yuno_catalog_family(row).len);
            CHECK(yuno_str_is(yuno_event_resource_id(event), "r-1"));
            yuno_event_free(event);
        }

    yuno_sample_options options = YUNO_SAMPLE_OPTIONS_INIT;
    options.kind = yuno_str_from("payment.refund");
    options.status = yuno_str_from("REFUNDED");
    options.sub_status = yuno_str_from("PENDING_PROVIDER_CONFIRMATION");
    options.account_id = yuno_str_from("acc");
    options.transaction_id = yuno_str_from("t-1");
    options.transaction_status = yuno_str_from("PENDING");
    options.updated_at = yuno_str_from("1970-01-01T00:00:01Z");
    options.amount = yuno_str_from("24.90");
    options.transaction_amount = yuno_str_from("5.00");
    options.currency = yuno_str_from("USD");
    options.merchant_reference = yuno_str_from("order-7");
    options.retry = 3;
    yuno_event *event = sample(&options, verifier);
    uint32_t retry;
    int64_t nanos, units;
    CHECK(yuno_str_is(yuno_event_resource_status(event), "REFUNDED") && yuno_str_is(yuno_event_finality(event), "pending"));
    CHECK(yuno_str_is(yuno_event_account_id(event), "acc") && yuno_str_is(yuno_event_transaction_id(event), "t-1"));
    CHECK(yuno_event_transaction_present(event) && yuno_str_is(yuno_event_transaction_status(event), "PENDING"));
    CHECK(yuno_event_resource_updated_at_ns(event, &nanos) && nanos == 1000000000);
    CHECK(yuno_str_is(yuno_event_amount_value(event), "24.90") && yuno_event_amount_minor_units(event, &units) && units == 2490);
    CHECK(yuno_event_transaction_amount_minor_units(event, &units) && units == 500 && yuno_str_is(yuno_event_transaction_amount_value(event), "5.00"));
    CHECK(yuno_str_is(yuno_event_resource_merchant_reference(event), "order-7") && yuno_event_retry(event, &retry) && retry == 3);
    yuno_event_free(event);
    options.without_retry = true;
    event = sample(&options, verifier);
    CHECK(!yuno_event_retry(event, &retry) && retry == 0);
    yuno_event_free(event);

    yuno_sample *made;
    options.amount = yuno_str_from("NaN");
    CHECK(yuno_sample_new(&options, &made, NULL) == YUNO_INVALID_ARGUMENT && !made);
    options.amount = NOTHING;
    options.form = yuno_str_from("domain");
    CHECK(yuno_sample_new(&options, &made, NULL) == YUNO_INVALID_ARGUMENT && !made);
    yuno_verifier_free(verifier);
}

/* --- schedules --- */

static void schedules(void) {
    yuno_schedule *schedule;
    CHECK(yuno_schedule_new(YUNO_SINCE_PREVIOUS_TRY, NULL, 0, NULL, 0, &schedule, NULL) == YUNO_OK);
    CHECK(yuno_schedule_offset_count(schedule) == 7 && yuno_schedule_total(schedule) == 629700 && yuno_schedule_offset(schedule, 6) == 629700);
    CHECK(yuno_schedule_acknowledgement_wait(schedule, 0) == 23 && yuno_schedule_acknowledgement_wait(schedule, UINT32_MAX) == 7);
    CHECK(yuno_schedule_check_retention(schedule, yuno_schedule_minimum_retention(schedule)) == YUNO_OK);
    CHECK(yuno_schedule_check_retention(schedule, yuno_schedule_minimum_retention(schedule) - 1) == YUNO_RETENTION_TOO_SHORT);
    yuno_schedule_free(schedule);
    CHECK(yuno_schedule_new((yuno_since)7, NULL, 0, NULL, 0, &schedule, NULL) == YUNO_INVALID_ARGUMENT && !schedule);
}

/* --- the inbox --- */

static bool begins(yuno_str text, const char *start) {
    return text.data && text.len >= strlen(start) && memcmp(text.data, start, strlen(start)) == 0;
}

static void inbox(void) {
    const yuno_str sqlite = yuno_str_from("sqlite"), accept = yuno_str_from("accept");
    yuno_inbox_sql *sql;
    size_t migrations = 0;
    bool seen = false;
    CHECK(yuno_inbox_sql_new(sqlite, &sql, NULL) == YUNO_OK);
    for (size_t index = 0; index < yuno_inbox_statement_count(); index++) {
        seen |= yuno_str_is(yuno_inbox_statement(index), "accept");
        CHECK(yuno_inbox_sql_text(sql, yuno_inbox_statement(index)).len > 0);
    }
    CHECK(seen && !yuno_inbox_statement(yuno_inbox_statement_count()).data && !yuno_inbox_sql_text(sql, sqlite).data);
    yuno_inbox_sql_free(sql);
    CHECK(yuno_inbox_sql_new(accept, &sql, NULL) == YUNO_INVALID_ARGUMENT && !sql);
    CHECK(yuno_inbox_parameter_count(accept) == 10 && yuno_str_is(yuno_inbox_parameter(accept, 0), "scope"));
    CHECK(!yuno_inbox_parameter(accept, 10).data && yuno_inbox_parameter_count(sqlite) == 0);
    CHECK(yuno_inbox_migration_count(sqlite, 0, &migrations, NULL) == YUNO_OK && migrations > 5);
    CHECK(begins(yuno_inbox_migration(sqlite, 0, 0), "CREATE TABLE") && !yuno_inbox_migration(sqlite, 0, migrations).data);
    CHECK(yuno_inbox_migration_count(sqlite, 1, &migrations, NULL) == YUNO_OK && migrations == 0);
    CHECK(yuno_inbox_migration_count(sqlite, 99, &migrations, NULL) == YUNO_SCHEMA_MISMATCH && migrations == 0);
    CHECK(yuno_inbox_migration_count(accept, 0, NULL, NULL) == YUNO_INVALID_ARGUMENT);

    static const char pause[] = "{\"type_event\":\"subscription.pause\",\"retry\":0,\"data\":{\"subscription\":{\"code\":\"s-1\"}}}";
    yuno_event *event;
    yuno_inbox_row *row;
    int64_t number = 7;
    CHECK(yuno_event_parse_unverified((const uint8_t *)pause, sizeof pause - 1, &event, NULL) == YUNO_OK);
    CHECK(yuno_inbox_row_new(event, &row, NULL) == YUNO_OK);
    const yuno_str key = yuno_event_dedupe_key(event);
    CHECK(yuno_inbox_row_key(row).len == key.len && memcmp(yuno_inbox_row_key(row).data, key.data, key.len) == 0);
    yuno_event_free(event);
    CHECK(yuno_str_is(yuno_inbox_row_kind(row), "subscription.pause") && yuno_str_is(yuno_inbox_row_resource(row), "subscription/s-1"));
    CHECK(!yuno_inbox_row_changed_at(row, &number) && number == 0);
    CHECK(yuno_inbox_row_repeat_after(row, &number) && number == 600000);
    CHECK(!yuno_inbox_row_error_class(row).data && !yuno_inbox_row_error_text(row).data);
    yuno_inbox_row_free(row);

    yuno_error why = { YUNO_BODY_NOT_OBJECT, false, { NULL, 0 } };
    CHECK(yuno_inbox_row_of_unreadable((const uint8_t *)"[]", 2, &why, &row, NULL) == YUNO_OK && row);
    CHECK(yuno_str_is(yuno_inbox_row_key(row), "x1-4f53cda18c2baa0c0354bb5f9a3ecbe5") && !yuno_inbox_row_kind(row).data);
    CHECK(yuno_str_is(yuno_inbox_row_error_class(row), "BODY_NOT_OBJECT") && begins(yuno_inbox_row_error_text(row), "BODY_NOT_OBJECT: "));
    yuno_inbox_row_free(row);
    why.code = YUNO_SIGNATURE_MISMATCH;
    CHECK(yuno_inbox_row_of_unreadable((const uint8_t *)"[]", 2, &why, &row, NULL) == YUNO_OK && !row);

    bool again;
    uint64_t delay;
    CHECK(yuno_inbox_delay(5000, 3600000, 24, 1, 0, &again, &delay) == YUNO_OK && again && delay == 2500);
    CHECK(yuno_inbox_delay(5000, 3600000, 24, 24, 0, &again, &delay) == YUNO_OK && !again && delay == 0);
    CHECK(yuno_inbox_delay(0, 3600000, 24, 1, 0, &again, &delay) == YUNO_INVALID_LIMIT && !again && delay == 0);
}

/* --- a defect inside --- */

#ifdef WITH_PANIC
yuno_status yuno_test_panic(yuno_event **event, yuno_error *error);

static void panics(void) {
    yuno_event *event = (yuno_event *)&event;
    yuno_error error;
    CHECK(yuno_test_panic(&event, &error) == YUNO_PANIC && event == NULL && error.code == YUNO_PANIC);
    CHECK(yuno_test_panic(NULL, NULL) != YUNO_OK);
    CHECK(yuno_reply_to_error(&error, true).status == 500);
    /* And the library works on. */
    threads();
}
#endif

int main(int count, char **arguments) {
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        { "threads", threads }, { "copies", copies },   { "errors", errors },       { "sizes", sizes },
        { "secrets", secrets }, { "samples", samples }, { "schedules", schedules }, { "inbox", inbox },
#ifdef WITH_PANIC
        { "panics", panics },
#endif
    };
    if (count == 2 && strcmp(arguments[1], "list") == 0) {
        for (size_t place = 0; place < sizeof tests / sizeof *tests; place++) puts(tests[place].name);
        return 0;
    }
    for (size_t place = 0; place < sizeof tests / sizeof *tests; place++)
        if (count == 2 && strcmp(arguments[1], tests[place].name) == 0) {
            tests[place].run();
            return 0;
        }
    fprintf(stderr, "no such test\n");
    return 2;
}
