/*
 * Receive the webhooks of the payments provider Yuno: verify, parse and de-duplicate each delivery, in this order.
 * An independent library, not the provider's. It is C99 and C++11, and all later ones; for C++17 there is also yuno_webhooks.hpp.
 *
 *   yuno_event *event; yuno_error error;
 *   if (yuno_verify(verifier, body, body_len, headers, headers_len, &event, &error) != YUNO_OK) return yuno_reply_to_error(&error, false);
 *   store_once(yuno_event_dedupe_key(event), yuno_event_raw(event)); // your database's transaction
 *   yuno_event_free(event); return yuno_reply_received();
 *
 * CONVENTIONS
 *
 * Ownership. A handle (yuno_verifier, yuno_event, yuno_schedule, yuno_inbox_sql, yuno_inbox_row, yuno_sample) that a function writes for you is yours until
 *   you give it to the _free function of its name, once. Everything else that the library gives is borrowed: a yuno_str from a handle lives as long as the
 *   handle, one from a function that takes no handle lives for ever. What you give is read during the call and copied where it is kept; it must not change
 *   meanwhile.
 * Text is a yuno_str: a pointer and a length, not terminated by a NUL, in UTF-8 where it is text. A NULL pointer means absent.
 * NULL. No function crashes on a NULL pointer. Where a pointer is needed, the call returns YUNO_NULL_POINTER; of a handle that is NULL, every text is
 *   absent, every number 0 and every answer false. A list or a body may be NULL if its length is 0. A pointer to a result that you do not want
 *   (an error, a number) may be NULL too.
 * Failure. A function that can fail returns a yuno_status. Then the handle that it would have made is NULL, and *error, if given, says more, and yuno_error_text
 *   makes a line for a log of it; on success *error says YUNO_OK. A function that returns bool writes 0 where it returns false.
 * Lengths above PTRDIFF_MAX are YUNO_INVALID_ARGUMENT. Other wrong pointers and lengths cannot be noticed and are undefined behaviour, as everywhere in C.
 * Threads. Every handle is immutable: many threads may use one at once. Only _free must come after all other uses.
 * No thread, file, connection or signal handler is made. Nothing is printed, unless the library fails inside (YUNO_PANIC): then Rust writes where to stderr,
 *   never a body or a secret. Out of memory ends the process.
 * ABI. Within one soname (libyuno_webhooks.so.0) functions, numbers and members stay what they are. New releases add functions, add numbers to enums (have
 *   a default: in your switches), and add members to the end of the options, which therefore begin with their own size: initialise them with their
 *   _INIT macro, and a program that was compiled earlier goes on working.
 */
