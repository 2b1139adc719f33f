/* A delivery through the installed library; its key goes out. */
#include <stdio.h>
#include <yuno_webhooks.h>

int main(void) {
    const yuno_str secret = yuno_str_from("a-test-secret"), body = yuno_str_from("{}");
    yuno_verifier_options options = YUNO_VERIFIER_OPTIONS_INIT;
    options.hmac_secrets = &secret;
    options.hmac_secrets_len = 1;
    char signature[YUNO_SIGNATURE_LEN];
    const yuno_header header = { yuno_str_from("x-hmac-signature"), { signature, sizeof signature } };
    yuno_verifier *verifier;
    yuno_event *event;
    if (yuno_verifier_new(&options, &verifier, NULL) != YUNO_OK
        || yuno_sign((const uint8_t *)body.data, body.len, secret, signature, sizeof signature, NULL) != YUNO_OK
        || yuno_verify(verifier, (const uint8_t *)body.data, body.len, &header, 1, &event, NULL) != YUNO_OK)
        return 1;
    printf(YUNO_STR_FMT "\n", YUNO_STR_ARG(yuno_event_dedupe_key(event)));
    yuno_event_free(event);
    yuno_verifier_free(verifier);
    return !yuno_str_is(yuno_version(), YUNO_WEBHOOKS_VERSION);
}
