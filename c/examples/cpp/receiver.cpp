/*
 * A receiver of webhooks on cpp-httplib, in C++17 and POSIX.
 *
 *   c++ -std=c++17 receiver.cpp $(pkg-config --cflags --libs yuno-webhooks cpp-httplib) -pthread -o receiver
 *   PORT=8080 YUNO_WEBHOOK_HMAC_SECRET=... ./receiver
 *
 * It listens on this machine only: a proxy in front of it speaks TLS. This server decodes %41 in the value of a header: do not put a % into a credential.
 */
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <thread>

#include <httplib.h>
#include <yuno_webhooks.hpp>

static const char PATH[] = "/webhooks/yuno";

/** One line, of fields. What a delivery brought may hold line breaks. */
static void print(std::initializer_list<std::optional<std::string_view>> fields) {
    std::string line;
    for (const auto &field : fields) {
        if (!line.empty()) line += '\t';
        for (const char byte : field.value_or("-")) line += static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f ? '?' : byte;
    }
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    std::cout << line << std::endl;
}

/** What you do about an event. If it throws, the provider sends it again. */
static void handle(const yuno::Event &event) {
    // Here the key and the effect are committed in one transaction of your database. If the key is there already, this is a redelivery: there is nothing left
    // to do. Until the transaction is committed this does not return.
    const auto resource = event.resource();
    print({ "accepted", event.kind(), resource.id(), resource.status(), event.dedupe_key() });
}

static yuno::Reply refuse(const yuno::Error &error) {
    print({ "refused", error.what() });
    // Once you have stored the bytes of a delivery whose error.stage() is "payload", say true: it is authentic, and need not come again.
    return yuno::Reply::to_error(error, false);
}

/** This server would take a body of several parts apart before it can be verified, and compress or cut the answer. */
static void leave_as_it_is(const httplib::Request &request) {
    // The server shows its own object, which is not const.
    auto &own = const_cast<httplib::Request &>(request);
    own.headers.erase("Content-Type");
    own.headers.erase("Accept-Encoding");
    own.ranges.clear();
}

static std::optional<std::string> header(const httplib::Request &request, const char *name) {
    return request.has_header(name) ? std::optional(request.get_header_value(name)) : std::nullopt;
}

/** The answer, or none where the delivery broke off. */
static std::optional<yuno::Reply> receive(const yuno::Verifier &verifier, const httplib::Request &request, const httplib::ContentReader &read) {
    try {
        // Before the body is read, since this server would decompress it.
        verifier.admit(header(request, "Content-Length"), header(request, "Content-Encoding"));
        // Also before, since later releases of it put what comes after the body, its trailers, to the headers.
        const httplib::Headers headers = request.headers;
        std::string body;
        const auto keep = [&](const char *data, std::size_t len) {
            body.append(data, len);
            return body.size() <= verifier.max_body_bytes();
        };
        // Without both there is no body, for which this server would wait until the connection ends.
        const bool has_body = request.has_header("Content-Length") || request.has_header("Transfer-Encoding");
        if (has_body && !read(keep) && body.size() <= verifier.max_body_bytes()) return std::nullopt;
        handle(verifier.verify(body, headers));
        return yuno::Reply::received();
    } catch (const yuno::Error &error) {
        return refuse(error);
    }
}

static void answer(httplib::Response &response, const yuno::Reply &reply) {
    response.status = reply.status;
    if (!reply.body.empty()) response.set_content(reply.body.data(), reply.body.size(), "application/json");
}

static httplib::Server::HandlerResponse route(const httplib::Request &request, httplib::Response &response) {
    leave_as_it_is(request);
    if (request.path == PATH && request.method == "POST") return httplib::Server::HandlerResponse::Unhandled;
    response.status = request.path == PATH ? 405 : 404;
    if (response.status == 405) response.set_header("Allow", "POST");
    return httplib::Server::HandlerResponse::Handled;
}

static std::uint16_t port_from_env() {
    const char *text = std::getenv("PORT");
    const std::string_view digits = text ? text : "";
    std::uint16_t port = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    return parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size() ? port : std::uint16_t{ 0 };
}

static int serve(const yuno::Verifier &verifier, std::uint16_t port) {
    httplib::Server server;
    server.set_pre_routing_handler(route);
    server.Post(PATH, [&](const httplib::Request &request, httplib::Response &response, const httplib::ContentReader &read) {
        const auto reply = receive(verifier, request, read);
        if (reply) answer(response, *reply);
    });
    server.set_exception_handler([](const httplib::Request &, httplib::Response &response, const auto &) { answer(response, yuno::Reply::try_again()); });
    // One delivery a connection: after an answer in the middle of a body this server would take the rest of it for the next request.
    server.set_keep_alive_max_count(1);
    // Otherwise a second receiver could listen on this port too, and take half of the deliveries.
    server.set_socket_options([](socket_t socket) {
        const int yes = 1;
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });

    // Before the server starts its threads, so that they do not take the signals.
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    if (!server.bind_to_port("127.0.0.1", port)) {
        std::cerr << "receiver: cannot listen on 127.0.0.1:" << port << ". Is the port in use?\n";
        return 1;
    }
    std::thread([&server, ends] {
        int signal_number;
        sigwait(&ends, &signal_number);
        server.stop();
        // A delivery that still comes in then is cut off. It was not acknowledged, and comes again.
        std::this_thread::sleep_for(std::chrono::seconds(1));
        std::_Exit(0);
    }).detach();
    return server.listen_after_bind() ? 0 : 1;
}

int main() {
    const std::uint16_t port = port_from_env();
    if (port == 0) {
        std::cerr << "receiver: set PORT to the port to listen on, such as PORT=8080\n";
        return 2;
    }
    try {
        return serve(yuno::Verifier::from_env(), port);
    } catch (const yuno::Error &error) {
        std::cerr << "receiver: " << error.what() << "\n";
        return 1;
    }
}
