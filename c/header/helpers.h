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
