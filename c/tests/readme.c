/* Drives the receiver of a README, which tests/readme.rs puts before this text: signed deliveries in, effects counted. */
#include <stdio.h>
#include <stdlib.h>

static char keys[8][64];
static size_t keys_len, shipped, kept;

bool keep(const uint8_t *body, size_t len) {
    kept += body[0] == 'o' && len == 4;
    return true;
}

bool is_seen(yuno_str key) {
    for (size_t place = 0; place < keys_len; place++)
        if (yuno_str_is(key, keys[place])) return true;
    return false;
}

void mark_seen(yuno_str key) {
    memcpy(keys[keys_len++], key.data, key.len);
}

void ship(yuno_str order) {
    shipped += yuno_str_is(order, "order-1001");
}

static const yuno_str SECRET = { "a-test-secret", 13 };
static yuno_verifier *verifier;

static uint16_t deliver(yuno_str body, yuno_str secret) {
    char signature[YUNO_SIGNATURE_LEN];
    if (yuno_sign((const uint8_t *)body.data, body.len, secret, signature, sizeof signature, NULL) != YUNO_OK) exit(3);
    const yuno_header headers[] = { { { "Content-Type", 12 }, { "application/json", 16 } }, { { "X-Hmac-Signature", 16 }, { signature, sizeof signature } } };
    return receive(verifier, (const uint8_t *)body.data, body.len, headers, 2).status;
}

static uint16_t purchase(const char *status, const char *sub_status, const char *transaction_status, uint32_t retry, const char *secret) {
    yuno_sample_options options = YUNO_SAMPLE_OPTIONS_INIT;
    options.kind = yuno_str_from("payment.purchase");
    options.status = yuno_str_from(status);
    options.sub_status = yuno_str_from(sub_status);
    options.transaction_status = yuno_str_from(transaction_status);
    options.retry = retry;
    yuno_sample *sample;
    if (yuno_sample_new(&options, &sample, NULL) != YUNO_OK) exit(4);
    const uint16_t answer = deliver(yuno_sample_body(sample), yuno_str_from(secret));
    yuno_sample_free(sample);
    return answer;
}

#define CHECK(condition) \
    if (!(condition)) return fprintf(stderr, "line %d: not %s\n", __LINE__, #condition), 1

int main(void) {
    yuno_verifier_options options = YUNO_VERIFIER_OPTIONS_INIT;
    options.hmac_secrets = &SECRET;
    options.hmac_secrets_len = 1;
    CHECK(yuno_verifier_new(&options, &verifier, NULL) == YUNO_OK);
    CHECK(purchase("PENDING", "IN_PROCESS", "PENDING", 0, SECRET.data) == 200 && shipped == 0 && keys_len == 1);
    CHECK(purchase("SUCCEEDED", "APPROVED", "SUCCEEDED", 0, "another-secret") == 401 && shipped == 0 && keys_len == 1);
    CHECK(purchase("SUCCEEDED", "APPROVED", "SUCCEEDED", 0, SECRET.data) == 200 && shipped == 1 && keys_len == 2);
    CHECK(purchase("SUCCEEDED", "APPROVED", "SUCCEEDED", 1, SECRET.data) == 200 && shipped == 1 && keys_len == 2);
    CHECK(purchase("SUCCEEDED", "APPROVED", "DECLINED", 0, SECRET.data) == 200 && shipped == 1 && keys_len == 3);
    CHECK(deliver(yuno_str_from("oops"), SECRET) == 200 && kept == 1 && shipped == 1);
    CHECK(deliver(yuno_str_from("oops"), yuno_str_from("another-secret")) == 401 && kept == 1);
    yuno_verifier_free(verifier);
    return 0;
}
