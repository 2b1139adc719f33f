/* Takes deliveries by the C library, and tells what the process holds. See ../memory.py. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yuno_webhooks.h>

#define SECRET "whsec-one"
#define MOST 1024

struct delivery {
  char signed_how[16], outcome[32];
  uint8_t *body;
  size_t len;
};

static struct delivery deliveries[MOST];

static long kib(void) {
  char line[128];
  long seen = 0;
  FILE *status = fopen("/proc/self/status", "r");
  if (!status) exit(2);
  while (fgets(line, sizeof line, status)) {
    if (sscanf(line, "VmRSS: %ld", &seen) == 1) break;
  }
  fclose(status);
  return seen;
}

static size_t load(const char *name) {
  static char line[65536];
  size_t count = 0;
  FILE *file = fopen(name, "r");
  if (!file) exit(2);
  while (count < MOST && fgets(line, sizeof line, file)) {
    struct delivery *own = &deliveries[count++];
    char *hex = strrchr(line, ' ') + 1;
    if (sscanf(line, "%15s %31s", own->signed_how, own->outcome) != 2) exit(2);
    own->len = strcspn(hex, "\n") / 2;
    own->body = malloc(own->len);
    for (size_t place = 0; place < own->len; place++) {
      unsigned byte;
      if (sscanf(hex + 2 * place, "%2x", &byte) != 1) exit(2);
      own->body[place] = (uint8_t)byte;
    }
  }
  fclose(file);
  return count;
}

/* Writes the number where twelve zeros stand. */
static void number_it(uint8_t *body, size_t len, unsigned long number) {
  char digits[24];
  snprintf(digits, sizeof digits, "%012lu", number);
  for (size_t place = 0; place + 12 <= len; place++) {
    if (memcmp(body + place, "000000000000", 12) == 0) {
      memcpy(body + place, digits, 12);
      place += 11;
    }
  }
}

static void read_all(const yuno_event *event) {
  int64_t updated_at;
  size_t seen = yuno_event_kind(event).len + yuno_event_resource_id(event).len + yuno_event_amount_value(event).len +
                yuno_event_published_key(event).len + yuno_event_transaction_type(event).len + yuno_event_data(event).len;
  yuno_event_resource_updated_at_ns(event, &updated_at);
  if (seen == 0 || yuno_event_dedupe_key(event).len != 35) exit(3);
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  size_t cases = load(argv[1]);
  unsigned long count = strtoul(argv[2], NULL, 10);
  bool leaky = argv[3][0] == '1';
  uint8_t *body = malloc(65536);
  long warm = 0;
  yuno_verifier *verifier;
  yuno_verifier_options options = YUNO_VERIFIER_OPTIONS_INIT;
  yuno_str secret = yuno_str_from(SECRET), other = yuno_str_from("another");
  options.hmac_secrets = &secret;
  options.hmac_secrets_len = 1;
  if (cases == 0 || yuno_verifier_new(&options, &verifier, NULL) != YUNO_OK) return 2;
  for (unsigned long number = 0; number < count; number++) {
    const struct delivery *own = &deliveries[number % cases];
    char signature[YUNO_SIGNATURE_LEN];
    yuno_event *event;
    yuno_error error;
    memcpy(body, own->body, own->len);
    number_it(body, own->len, number);
    yuno_sign(body, own->len, strcmp(own->signed_how, "forged") ? secret : other, signature, sizeof signature, NULL);
    size_t length = strcmp(own->signed_how, "malformed") ? sizeof signature : 20;
    yuno_header header = {yuno_str_from("X-Hmac-Signature"), {signature, length}};
    yuno_header headers[2] = {header, header};
    size_t sent = strcmp(own->signed_how, "missing") ? (strcmp(own->signed_how, "repeated") ? 1 : 2) : 0;
    yuno_status status = yuno_verify(verifier, body, own->len, headers, sent, &event, &error);
    yuno_str seen = status == YUNO_OK ? yuno_str_from("OK") : yuno_status_name(status);
    if (!yuno_str_is(seen, own->outcome)) {
      fprintf(stderr, "delivery %lu: expected %s, saw " YUNO_STR_FMT "\n", number, own->outcome, YUNO_STR_ARG(seen));
      return 1;
    }
    if (status == YUNO_OK) {
      read_all(event);
      if (!leaky || number % 10) yuno_event_free(event);
    }
    if (number == count / 5) warm = kib();
  }
  printf("{\"deliveries\": %lu, \"warm_kib\": %ld, \"end_kib\": %ld}\n", count, warm, kib());
  yuno_verifier_free(verifier);
  free(body);
  return 0;
}
