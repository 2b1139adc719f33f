/* What the generated calls of tests/header.rs use: a right value of every type, and wrong texts. */
#include <stdio.h>
#include <yuno_webhooks.h>

static const yuno_str text = { "text", 4 };
static const yuno_str nothing = { 0, 0 };
static const yuno_str torn = { 0, 5 };
static const yuno_str endless = { "text", SIZE_MAX };
static const uint8_t bytes[] = "{}";
static const uint64_t seconds[] = { 0 };
static char buffer[YUNO_SIGNATURE_LEN];
static const yuno_header one_header = { { "x-a", 3 }, { "b", 1 } };
static const yuno_error an_error = { YUNO_SIGNATURE_MISSING, false, { 0, 0 } };
static yuno_verifier_options verifier_options = YUNO_VERIFIER_OPTIONS_INIT;
static yuno_sample_options sample_options = YUNO_SAMPLE_OPTIONS_INIT;
static yuno_verifier *a_yuno_verifier;
static yuno_event *a_yuno_event;
static yuno_schedule *a_yuno_schedule;
static yuno_sample *a_yuno_sample;
static yuno_inbox_sql *a_yuno_inbox_sql;
static yuno_inbox_row *a_yuno_inbox_row;

/* Of a handle that is NULL every text is absent. */
static void check(yuno_str absent) {
    if (absent.data || absent.len) {
        puts("a text of NULL");
        fflush(stdout);
        *(volatile int *)0 = 0;
    }
}

static int with_handles(int (*every_call)(void)) {
    verifier_options.hmac_secrets = &text;
    verifier_options.hmac_secrets_len = 1;
    sample_options.kind = yuno_str_from("payment.purchase");
    if (yuno_verifier_new(&verifier_options, &a_yuno_verifier, NULL) || yuno_sample_new(&sample_options, &a_yuno_sample, NULL)
        || yuno_event_parse_unverified(bytes, 2, &a_yuno_event, NULL) || yuno_schedule_new(0, NULL, 0, NULL, 0, &a_yuno_schedule, NULL)
        || yuno_inbox_row_new(a_yuno_event, &a_yuno_inbox_row, NULL) || yuno_inbox_sql_new(yuno_str_from("sqlite"), &a_yuno_inbox_sql, NULL))
        return 255;
    const int failed = every_call();
    if (failed) printf("call %d of the generated ones\n", failed);
    yuno_verifier_free(a_yuno_verifier);
    yuno_event_free(a_yuno_event);
    yuno_schedule_free(a_yuno_schedule);
    yuno_sample_free(a_yuno_sample);
    yuno_inbox_sql_free(a_yuno_inbox_sql);
    yuno_inbox_row_free(a_yuno_inbox_row);
    return failed != 0;
}
