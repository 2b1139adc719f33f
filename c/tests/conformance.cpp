// The runner of conformance.c once more, through yuno_webhooks.hpp: it reads the same cases and writes what it saw.
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <yuno_webhooks.hpp>

using std::optional;
using std::string_view;
using Record = std::pair<std::string, std::string>;

static std::vector<Record> records;

[[noreturn]] static void fail(const char *why) {
    std::cerr << "conformance: " << why << "\n";
    std::exit(1);
}

// --- in ---

static bool read_case() {
    records.clear();
    std::string name;
    std::size_t length;
    while (std::cin >> name >> length) {
        std::string value(length, '\0');
        if (std::cin.get() != '\n' || !std::cin.read(value.data(), static_cast<std::streamsize>(length))) fail("a short record");
        if (name == "end") return true;
        records.emplace_back(name, value);
    }
    if (!records.empty()) fail("a case without an end");
    return false;
}

static optional<string_view> get(string_view name) {
    for (const auto &[own, value] : records)
        if (own == name) return value;
    return std::nullopt;
}

static std::vector<string_view> all(string_view name) {
    std::vector<string_view> values;
    for (const auto &[own, value] : records)
        if (own == name) values.push_back(value);
    return values;
}

static long long integer(string_view digits) { return std::stoll(std::string(digits)); }

// --- out ---

static void write(string_view name, char type, string_view value) {
    std::cout << name << ' ' << type << value.size() << '\n' << value << '\n';
}

static void say(string_view name, optional<string_view> text) { write(name, text ? 's' : '0', text.value_or("")); }

template <class Number>
static void say_number(string_view name, optional<Number> number) {
    write(name, number ? 'n' : '0', number ? std::to_string(*number) : "");
}

static void say_bool(string_view name, bool value) { write(name, 'b', value ? "true" : "false"); }

static void say_instant(string_view name, optional<yuno::Instant> instant) {
    say(name, instant ? optional<string_view>(std::to_string(instant->time_since_epoch().count())) : std::nullopt);
}

static void say_amount(const std::string &name, const optional<yuno::Amount> &amount) {
    say(name + ".value", amount ? optional(amount->value) : std::nullopt);
    say(name + ".currency", amount ? amount->currency : std::nullopt);
    say(name + ".minor_units", amount ? amount->minor_units_text : std::nullopt);
    if (amount && amount->minor_units && std::to_string(*amount->minor_units) != amount->minor_units_text) fail("two minor units");
}

static void say_event(const yuno::Event &event) {
    say("event/kind", event.kind());
    say("event/sent_name", event.sent_name());
    say("event/shape", event.shape());
    say("event/account_id", event.account_id());
    say("event/finality", event.finality());
    say("event/dedupe_key", event.dedupe_key());
    say("event/published_key", event.published_key());
    say("event/data", event.data());
    say_number("event/retry", event.retry());
    say_number("event/version", event.version());
    say_number("event/secret_index", event.secret_index());
    say_bool("event/signed", event.is_signed());
    say_bool("event/repeatable", event.repeatable());

    const yuno::Resource resource = event.resource();
    say("event/resource.kind", resource.kind());
    say("event/resource.id", resource.id());
    say("event/resource.status", resource.status());
    say("event/resource.sub_status", resource.sub_status());
    say("event/resource.merchant_reference", resource.merchant_reference());
    say("event/resource.idempotency_key", resource.idempotency_key());
    say_instant("event/resource.created_at_ns", resource.created_at());
    say_instant("event/resource.updated_at_ns", resource.updated_at());
    say_amount("event/resource.amount", resource.amount());

    const auto transaction = resource.transaction();
    say("event/resource.transaction.id", transaction ? transaction->id() : std::nullopt);
    say("event/resource.transaction.type", transaction ? transaction->type() : std::nullopt);
    say("event/resource.transaction.status", transaction ? transaction->status() : std::nullopt);
    say_amount("event/resource.transaction.amount", transaction ? transaction->amount() : std::nullopt);
    say_instant("event/resource.transaction.updated_at_ns", transaction ? transaction->updated_at() : std::nullopt);
}

// --- operations ---

static void run_sign() { say("signature", yuno::testing::sign(*get("body"), get("secret").value_or(""))); }

static yuno::Verifier verifier() {
    if (get("environment")) {
        for (const char *name : { "YUNO_WEBHOOK_HMAC_SECRET", "YUNO_WEBHOOK_API_KEY", "YUNO_WEBHOOK_X_SECRET", "YUNO_WEBHOOK_UNSIGNED" }) {
            if (const auto value = get(name)) setenv(name, std::string(*value).c_str(), 1);
            else unsetenv(name);
        }
        return yuno::Verifier::from_env();
    }
    yuno::Verifier::Options options;
    options.hmac_secrets = all("hmac_secret");
    if (get("has_api_key")) options.api_keys = all("api_key");
    if (get("has_x_secret")) options.x_secrets = all("x_secret");
    for (const auto &[name, value] : records) {
        if (name == "required_header") options.required_headers.push_back({ value, {} });
        if (name == "required_value") options.required_headers.back().values.push_back(value);
    }
    if (const auto limit = get("max_body_bytes")) options.max_body_bytes = static_cast<std::size_t>(integer(*limit));
    options.is_unsigned = get("unsigned") == "true";
    return yuno::Verifier(options);
}

static void run_verify() {
    std::vector<yuno::Header> headers;
    for (const auto &[name, value] : records) {
        if (name == "header_name") headers.emplace_back(value, "");
        if (name == "header_value") headers.back().second = value;
    }
    say_event(verifier().verify(*get("body"), headers));
}

static void run_admit() {
    yuno::Verifier::Options options;
    options.hmac_secrets = { "whsec-one" };
    if (const auto limit = get("max_body_bytes")) options.max_body_bytes = static_cast<std::size_t>(integer(*limit));
    yuno::Verifier(options).admit(get("content_length"), get("content_encoding"));
    say_bool("admitted", true);
}

static void run_parse() { say_event(yuno::Event::parse_unverified(*get("body"))); }

static void run_pair() {
    const auto first = yuno::Event::parse_unverified(*get("first")), second = yuno::Event::parse_unverified(*get("second"));
    say("first", first.dedupe_key());
    say("second", second.dedupe_key());
    say("first_published", first.published_key());
    say("second_published", second.published_key());
    say_bool("same", first.dedupe_key() == second.dedupe_key());
    const auto name = [](yuno::Recency recency) {
        switch (recency) {
        case yuno::Recency::same: return "same";
        case yuno::Recency::newer: return "newer";
        case yuno::Recency::older: return "older";
        case yuno::Recency::unrelated: return "unrelated";
        case yuno::Recency::unordered: return "unordered";
        }
        fail("another recency");
    };
    const yuno::Recency recency = first.compare_recency(second);
    say("first_to_second", name(recency));
    say("second_to_first", name(second.compare_recency(first)));
    const bool is_told = recency != yuno::Recency::unordered && recency != yuno::Recency::unrelated;
    if (first.is_newer_than(second) != (is_told ? optional(recency == yuno::Recency::newer) : std::nullopt)) fail("another order");
}

static void run_finality() { say("finality", yuno::finality(*get("family"), get("status").value_or(""), get("sub_status"))); }

static yuno_status status(string_view name) {
    yuno_status code;
    if (!yuno_status_from_name({ name.data(), name.size() }, &code)) fail("no such error");
    return code;
}

static void run_reply() {
    yuno::Reply reply = yuno::Reply::received();
    if (const auto name = get("error")) {
        const bool empty_body = get("empty_body") == "true";
        reply = yuno::Reply::to_error(yuno::Error({ status(*name), empty_body, { nullptr, 0 } }), get("stored") == "true");
    }
    say_number("status", optional(reply.status));
    say("body", reply.body);
}

static void run_schedule() {
    const auto times = [](string_view name) {
        std::vector<std::chrono::seconds> own;
        for (const string_view digits : all(name)) own.emplace_back(integer(digits));
        return own;
    };
    const auto since = get("since") == "first_try" ? yuno::Since::first_try : yuno::Since::previous_try;
    const yuno::Schedule schedule(since, times("delay"), times("wait"));
    const auto offsets = schedule.offsets();
    for (std::size_t retry = 0; retry < offsets.size(); retry++) {
        say_number("offsets_seconds[]", optional(offsets[retry].count()));
        say_number("waits_seconds[]", optional(schedule.acknowledgement_wait(static_cast<std::uint32_t>(retry)).count()));
    }
    say_number("total_seconds", optional(schedule.total().count()));
    say_number("minimum_retention_seconds", optional(schedule.minimum_retention().count()));
    if (const auto retention = get("retention")) schedule.check_retention(std::chrono::seconds(integer(*retention)));
}

static void run_error() {
    const yuno::Error error(status(*get("code")));
    say_number("number", optional(static_cast<int>(error.code())));
    say("stage", error.stage());
    say_number("http_status", optional(error.http_status()));
    if (error.name() != get("code")) fail("another name");
}

static void run_catalog() {
    const string_view spelling = *get("spelling");
    for (const yuno::CatalogRow &row : yuno::catalog())
        for (const string_view own : row.spellings) {
            if (own != spelling) continue;
            say("kind", row.kind);
            say("family", row.family);
            if (!row.trigger) return say("trigger", std::nullopt);
            say("trigger[]", row.trigger->first);
            return say("trigger[]", row.trigger->second);
        }
    say("kind", "unknown");
    say("family", std::nullopt);
    say("trigger", std::nullopt);
}

int main() {
    const std::map<string_view, std::function<void()>> operations = {
        { "sign", run_sign },         { "verify", run_verify }, { "parse", run_parse },       { "keys", run_pair },   { "recency", run_pair },
        { "admit", run_admit },       { "finality", run_finality }, { "reply", run_reply },   { "schedule", run_schedule }, { "error", run_error },
        { "catalog", run_catalog },
    };
    while (read_case()) {
        const auto operation = operations.find(get("operation").value_or(""));
        if (operation == operations.end()) fail("no such operation");
        try {
            operation->second();
        } catch (const yuno::Error &error) {
            say("error", error.name());
            say("message", error.what());
        }
        say("end", "");
    }
    return 0;
}
