/*
 * A receiver of webhooks on libmicrohttpd, in C11 and POSIX.
 *
 *   cc -std=c11 receiver.c $(pkg-config --cflags --libs yuno-webhooks libmicrohttpd) -o receiver
 *   PORT=8080 YUNO_WEBHOOK_HMAC_SECRET=... ./receiver
 *
 * It listens on this machine only: a proxy in front of it speaks TLS.
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <yuno_webhooks.h>

static const char PATH[] = "/webhooks/yuno";

/* A delivery while its body comes in. */
struct delivery {
    uint8_t *body;
    size_t len, room;
    size_t thrown_away;
};

/* One field of a line. What a delivery brought may hold line breaks. */
static void print_field(yuno_str text) {
    putchar('\t');
    if (text.data == NULL) putchar('-');
    for (size_t place = 0; place < text.len; place++) {
        const unsigned char byte = (unsigned char)text.data[place];
        putchar(byte < 0x20 || byte == 0x7f ? '?' : byte);
    }
}

/* What you do about an event, and whether it is done; if not, the provider sends it again. */
static bool handle(const yuno_event *event) {
    /* Here the key and the effect are committed in one transaction of your database. If the key is there already, this is a redelivery: there is nothing left
     * to do, and that is done. Until the transaction is committed the answer is false. */
    flockfile(stdout);
    fputs("accepted", stdout);
    print_field(yuno_event_kind(event));
    print_field(yuno_event_resource_id(event));
    print_field(yuno_event_resource_status(event));
    print_field(yuno_event_dedupe_key(event));
    putchar('\n');
    fflush(stdout);
    funlockfile(stdout);
    return true;
}

static yuno_reply refuse(const yuno_error *error) {
    char line[1024];
    yuno_error_text(error, line, sizeof line, NULL);
    flockfile(stdout);
    fputs("refused", stdout);
    print_field(yuno_str_from(line));
    putchar('\n');
    fflush(stdout);
    funlockfile(stdout);
    /* Once you have stored the bytes of a delivery whose error is of the stage "payload", say true: it is authentic, and need not come again. */
    return yuno_reply_to_error(error, false);
}

struct headers {
    yuno_header *all;
    size_t len;
};

static enum MHD_Result add_header(void *own, enum MHD_ValueKind kind, const char *name, size_t name_len, const char *value, size_t value_len) {
    struct headers *headers = own;
    (void)kind;
    headers->all[headers->len++] = (yuno_header){ { name, name_len }, { value ? value : "", value_len } };
    return MHD_YES;
}

static yuno_reply receive(const yuno_verifier *verifier, struct MHD_Connection *connection, const struct delivery *delivery) {
    const int count = MHD_get_connection_values_n(connection, MHD_HEADER_KIND, NULL, NULL);
    struct headers headers = { calloc((size_t)count + 1, sizeof *headers.all), 0 };
    if (headers.all == NULL) return yuno_reply_try_again();
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, add_header, &headers);

    yuno_event *event;
    yuno_error error;
    const yuno_status status = yuno_verify(verifier, delivery->body, delivery->len, headers.all, headers.len, &event, &error);
    free(headers.all);
    if (status != YUNO_OK) return refuse(&error);
    const bool is_done = handle(event);
    yuno_event_free(event);
    return is_done ? yuno_reply_received() : yuno_reply_try_again();
}

/* Keeps one byte more than is allowed at most: enough for yuno_verify to see that the body is too large. Returns whether there was memory for it. */
static bool gather(struct delivery *delivery, size_t max, const char *data, size_t len) {
    const size_t left = max + 1 - delivery->len;
    const size_t kept = len < left ? len : left;
    if (kept > delivery->room - delivery->len) {
        const size_t room = 2 * (delivery->len + kept);
        uint8_t *body = realloc(delivery->body, room);
        if (body == NULL) return false;
        delivery->body = body;
        delivery->room = room;
    }
    memcpy(delivery->body + delivery->len, data, kept);
    delivery->len += kept;
    delivery->thrown_away += len - kept;
    return true;
}

static enum MHD_Result answer(struct MHD_Connection *connection, yuno_reply reply) {
    struct MHD_Response *response = MHD_create_response_from_buffer(reply.body.len, (void *)reply.body.data, MHD_RESPMEM_PERSISTENT);
    if (response == NULL) return MHD_NO;
    if (reply.body.len > 0) MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
    if (reply.status == MHD_HTTP_METHOD_NOT_ALLOWED) MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, MHD_HTTP_METHOD_POST);
    const enum MHD_Result queued = MHD_queue_response(connection, reply.status, response);
    MHD_destroy_response(response);
    return queued;
}

static yuno_str header(struct MHD_Connection *connection, const char *name) {
    return yuno_str_from(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name));
}

/* What is known before the body is read. An answer here closes the connection if there is one. */
static enum MHD_Result begin(const yuno_verifier *verifier, struct MHD_Connection *connection, const char *path, const char *method, void **delivery) {
    yuno_error error;
    if (strcmp(path, PATH) != 0) return answer(connection, (yuno_reply){ MHD_HTTP_NOT_FOUND, { NULL, 0 } });
    if (strcmp(method, MHD_HTTP_METHOD_POST) != 0) return answer(connection, (yuno_reply){ MHD_HTTP_METHOD_NOT_ALLOWED, { NULL, 0 } });
    if (yuno_verifier_admit(verifier, header(connection, "content-length"), header(connection, "content-encoding"), &error) != YUNO_OK)
        return answer(connection, refuse(&error));
    *delivery = calloc(1, sizeof(struct delivery));
    return *delivery ? MHD_YES : answer(connection, yuno_reply_try_again());
}

/* The server calls this once with the headers, then for each part of the body, and then, if all of it came, once more. */
static enum MHD_Result on_request(void *own, struct MHD_Connection *connection, const char *path, const char *method, const char *version, const char *data,
                                  size_t *len, void **context) {
    const yuno_verifier *verifier = own;
    struct delivery *delivery = *context;
    (void)version;
    if (delivery == NULL) return begin(verifier, connection, path, method, context);
    if (*len == 0) return answer(connection, receive(verifier, connection, delivery));

    const size_t max = yuno_verifier_max_body_bytes(verifier);
    const bool is_kept = gather(delivery, max, data, *len);
    *len = 0;
    if (!is_kept) return MHD_NO;
    /* This server cannot answer in the middle of a body. What is a little too large is read to its end and answered; what goes on and on is cut off. */
    if (delivery->thrown_away <= max) return MHD_YES;
    receive(verifier, connection, delivery);
    return MHD_NO;
}

static void on_end(void *own, struct MHD_Connection *connection, void **context, enum MHD_RequestTerminationCode how) {
    struct delivery *delivery = *context;
    (void)own, (void)connection, (void)how;
    if (delivery) free(delivery->body);
    free(delivery);
}

int main(void) {
    const char *text = getenv("PORT");
    char *end = NULL;
    const unsigned long port = text ? strtoul(text, &end, 10) : 0;
    if (port < 1 || port > 65535 || *end != '\0') {
        fputs("receiver: set PORT to the port to listen on, such as PORT=8080\n", stderr);
        return 2;
    }

    yuno_verifier *verifier;
    yuno_error error;
    if (yuno_verifier_from_env(&verifier, &error) != YUNO_OK) {
        char line[1024];
        yuno_error_text(&error, line, sizeof line, NULL);
        fprintf(stderr, "receiver: %s\n", line);
        return 1;
    }

    /* Before the server starts its threads, so that they do not take the signals. */
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);

    const struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct MHD_Daemon *server =
        MHD_start_daemon(MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION, 0, NULL, NULL, on_request, verifier,
                         MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_CONNECTION_LIMIT, 100u, MHD_OPTION_CONNECTION_TIMEOUT, 10u,
                         MHD_OPTION_NOTIFY_COMPLETED, on_end, NULL, MHD_OPTION_END);
    if (server == NULL) {
        fprintf(stderr, "receiver: cannot listen on 127.0.0.1:%lu. Is the port in use?\n", port);
        yuno_verifier_free(verifier);
        return 1;
    }

    int signal_number;
    sigwait(&ends, &signal_number);
    /* A delivery that is cut off here was not acknowledged, and comes again. */
    MHD_stop_daemon(server);
    yuno_verifier_free(verifier);
    return 0;
}
