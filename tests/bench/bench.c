/* C: the whole job beside one plain SHA-256 pass over the body, and beside a careful receiver by hand. One line of JSON for each size and comparison; see
 * run.py. */

#define _POSIX_C_SOURCE 200809L

#include <cjson/cJSON.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <yuno_webhooks.h>

#define ROUNDS 31

static const char SECRET[] = "a-bench-secret";

static yuno_verifier *verifier;
static uint8_t *body;
static size_t body_len;
static yuno_header headers[3];
/* What is read goes here, so that no compiler leaves it out. */
static volatile size_t seen;

static void fail(const char *what) {
  fprintf(stderr, "bench: %s\n", what);
  exit(1);
}

static void job(void) {
  yuno_event *event;
  int64_t updated_at;
  if (yuno_verify(verifier, body, body_len, headers, 3, &event, NULL) != YUNO_OK || !yuno_event_resource_updated_at_ns(event, &updated_at)) {
    fail("the body was refused");
  }
  seen = yuno_event_kind(event).len + yuno_event_resource_id(event).len + yuno_event_resource_status(event).len +
         yuno_event_resource_sub_status(event).len + yuno_event_amount_value(event).len + yuno_event_transaction_type(event).len +
         yuno_event_dedupe_key(event).len + (size_t)updated_at;
  yuno_event_free(event);
}

static void pass(void) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(body, body_len, digest);
  seen = digest[0];
}

static const char *text_of(const cJSON *object, const char *name) {
  const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
  if (text == NULL) {
    fail("a field is missing");
  }
  return text;
}

static void by_hand(void) {
  unsigned char mac[SHA256_DIGEST_LENGTH], expected[YUNO_SIGNATURE_LEN + 1];
  HMAC(EVP_sha256(), SECRET, sizeof SECRET - 1, body, body_len, mac, NULL);
  EVP_EncodeBlock(expected, mac, sizeof mac);
  if (headers[2].value.len != YUNO_SIGNATURE_LEN || CRYPTO_memcmp(expected, headers[2].value.data, YUNO_SIGNATURE_LEN) != 0) {
    fail("the body is forged");
  }
  cJSON *event = cJSON_ParseWithLength((const char *)body, body_len);
  const cJSON *payment = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(event, "data"), "payment");
  const cJSON *transaction = cJSON_GetObjectItemCaseSensitive(payment, "transactions");
  const cJSON *amount = cJSON_GetObjectItemCaseSensitive(payment, "amount");
  char key[256];
  const int length = snprintf(key, sizeof key, "%s:%s:%s:%s", text_of(event, "type_event"), text_of(payment, "id"), text_of(payment, "status"),
                              text_of(payment, "updated_at"));
  seen = (size_t)length + (unsigned char)text_of(payment, "sub_status")[0] + (unsigned char)text_of(transaction, "type")[0] +
         (size_t)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(amount, "value"));
  cJSON_Delete(event);
}

/* CPU time of one call, in microseconds. */
static double measure(void (*call)(void), size_t count) {
  struct timespec start, end;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
  for (size_t done = 0; done < count; done++) {
    call();
  }
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
  return ((double)(end.tv_sec - start.tv_sec) * 1e6 + (double)(end.tv_nsec - start.tv_nsec) / 1e3) / (double)count;
}

static int ascending(const void *first, const void *second) {
  double one = *(const double *)first, two = *(const double *)second;
  return (one > two) - (one < two);
}

static double median(double *values) {
  qsort(values, ROUNDS, sizeof *values, ascending);
  return values[ROUNDS / 2];
}

/* Both in turns. The ratio is how many times longer ours takes, or how many times faster it is. */
static void compare(const char *size, const char *to, void (*call)(void), bool is_longer) {
  double ours[ROUNDS], other[ROUNDS], ratio[ROUNDS];
  for (size_t round = 0; round < ROUNDS; round++) {
    ours[round] = measure(job, 20000000 / (body_len + 1500));
    other[round] = measure(call, 20000000 / (body_len + 1500));
    ratio[round] = is_longer ? ours[round] / other[round] : other[round] / ours[round];
  }
  printf("{\"surface\":\"C\",\"size\":\"%s\",\"task\":\"view and key\",\"compared_to\":\"%s\",\"ours_us\":%f,\"other_us\":%f,\"ratio\":%f}\n", size, to,
         median(ours), median(other), median(ratio));
}

static void read_body(const char *folder, const char *size) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s.json", folder, size);
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    fail("a body is missing");
  }
  body = realloc(body, 1 << 20);
  body_len = fread(body, 1, 1 << 20, file);
  fclose(file);
}

int main(int count_of_arguments, char **arguments) {
  if (count_of_arguments != 2) {
    fail("give the folder of the bodies");
  }
  yuno_str secret = yuno_str_from(SECRET);
  yuno_verifier_options options = YUNO_VERIFIER_OPTIONS_INIT;
  options.hmac_secrets = &secret;
  options.hmac_secrets_len = 1;
  if (yuno_verifier_new(&options, &verifier, NULL) != YUNO_OK) {
    fail("the secret was refused");
  }
  const char *sizes[] = {"1KiB", "6KiB", "64KiB"};
  for (size_t index = 0; index < 3; index++) {
    read_body(arguments[1], sizes[index]);
    char signature[YUNO_SIGNATURE_LEN + 1] = "";
    size_t length = 0;
    yuno_sign(body, body_len, secret, signature, sizeof signature, &length);
    headers[0] = (yuno_header){yuno_str_from("host"), yuno_str_from("shop.example")};
    headers[1] = (yuno_header){yuno_str_from("content-type"), yuno_str_from("application/json")};
    headers[2] = (yuno_header){yuno_str_from("x-hmac-signature"), {signature, YUNO_SIGNATURE_LEN}};
    compare(sizes[index], "one SHA-256", pass, true);
    compare(sizes[index], "by hand", by_hand, false);
  }
  free(body);
  yuno_verifier_free(verifier);
  return 0;
}
