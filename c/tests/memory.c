/* Holds secrets as a receiver does and wipes every copy of its own: tests/memory.rs looks from outside at what is left in the memory of this process. */
#define _DEFAULT_SOURCE
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yuno_webhooks.h>

enum { SECRETS = 8, ACCEPTED = 8, SIZE = 48 };

static const char BODY[] = "{\"type_event\":\"payment.purchase\"}";

/* What arrives: first the values of a verifier, then deliveries. Neither goes through stdio, whose buffers keep a copy. */
static char values[SECRETS + ACCEPTED][SIZE];
static struct {
    char signature[YUNO_SIGNATURE_LEN];
    char api_key[SIZE];
} delivery;

static void take(void *room, size_t size) {
    for (size_t got = 0; got < size;) {
        ssize_t more = read(STDIN_FILENO, (char *)room + got, size - got);
        if (more <= 0) exit(1);
        got += (size_t)more;
    }
}

/* Tells how a step went, and waits: nothing is called meanwhile that would overwrite what the step left on the stack. */
static void tell(char answer) {
    if (write(STDOUT_FILENO, &answer, 1) != 1) exit(1);
}

static yuno_verifier *new_verifier(void) {
    yuno_str texts[SECRETS + ACCEPTED];
    for (int place = 0; place < SECRETS + ACCEPTED; place++) {
        texts[place].data = values[place];
        texts[place].len = SIZE;
    }
    yuno_verifier_options options = YUNO_VERIFIER_OPTIONS_INIT;
    options.hmac_secrets = texts;
    options.hmac_secrets_len = SECRETS;
    options.api_keys = texts + SECRETS;
    options.api_keys_len = ACCEPTED;
    yuno_verifier *verifier;
    return yuno_verifier_new(&options, &verifier, NULL) == YUNO_OK ? verifier : NULL;
}

static yuno_status verify(const yuno_verifier *verifier) {
    const yuno_header headers[] = {
        { yuno_str_from("x-hmac-signature"), { delivery.signature, sizeof delivery.signature } },
        { yuno_str_from("x-api-key"), { delivery.api_key, sizeof delivery.api_key } },
    };
    yuno_event *event;
    yuno_status status = yuno_verify(verifier, (const uint8_t *)BODY, sizeof BODY - 1, headers, 2, &event, NULL);
    yuno_event_free(event);
    return status;
}

/* "kept" leaves its own copy of the values; "signs" signs with a secret instead of holding it in a verifier. */
int main(int count, char **words) {
    const char *way = count > 1 ? words[1] : "";
    take(values, sizeof values);
    if (strcmp(way, "signs") == 0) {
        const yuno_str secret = { values[0], SIZE };
        char signature[YUNO_SIGNATURE_LEN];
        yuno_status status = yuno_sign((const uint8_t *)BODY, sizeof BODY - 1, secret, signature, sizeof signature, NULL);
        explicit_bzero(values, sizeof values);
        tell((char)status);
        take(&delivery, sizeof delivery);
        return 0;
    }
    yuno_verifier *verifier = new_verifier();
    if (strcmp(way, "kept") != 0) explicit_bzero(values, sizeof values);
    tell(verifier ? 0 : 1);
    for (int round = 0; round < 2; round++) {
        take(&delivery, sizeof delivery);
        yuno_status status = verify(verifier);
        explicit_bzero(&delivery, sizeof delivery);
        tell((char)status);
    }
    take(&delivery, sizeof delivery);
    yuno_verifier_free(verifier);
    tell(0);
    take(&delivery, sizeof delivery);
}
