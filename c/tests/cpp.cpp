// What the vectors do not say of yuno_webhooks.hpp: types, moves, ranges of headers, errors, samples, schedules. Exits with the failing line.
#include <array>
#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <map>
#include <type_traits>
#include <unordered_map>
#include <yuno_webhooks.hpp>
#include <yuno_webhooks_inbox.hpp>

#define CHECK(condition)                                                              \
    do {                                                                              \
        if (!(condition)) {                                                           \
            std::cerr << "line " << __LINE__ << ": not " << #condition << "\n";       \
            std::exit(1);                                                             \
        }                                                                             \
    } while (0)

/** The error of a call that must fail. */
template <class Call>
static yuno::Error error_of(Call call) {
    try {
        call();
    } catch (const yuno::Error &error) {
        return error;
    }
    std::cerr << "no error\n";
    std::exit(1);
}

template <class Handle>
constexpr bool is_handle = std::is_nothrow_move_constructible_v<Handle> && std::is_nothrow_move_assignable_v<Handle>
    && !std::is_copy_constructible_v<Handle> && !std::is_copy_assignable_v<Handle>;
static_assert(is_handle<yuno::Verifier> && is_handle<yuno::Event> && is_handle<yuno::Schedule>);
static_assert(sizeof(yuno::Event) == sizeof(void *) && std::is_nothrow_copy_constructible_v<yuno::Error>);
static_assert(!std::is_convertible_v<yuno::Verifier::Options, yuno::Verifier>);

static const std::string SECRET = "whsec-one";

static yuno::Verifier new_verifier() {
    yuno::Verifier::Options options;
    options.hmac_secrets = { "whsec-new", SECRET };
    return yuno::Verifier(options);
}

static std::string purchase() {
    yuno::testing::SampleOptions options;
    options.kind = "payment.purchase";
    options.form = "enveloped";
    options.status = "SUCCEEDED";
    options.sub_status = "APPROVED";
    options.id = "p-1";
    options.account_id = "acc";
    options.transaction_id = "t-1";
    options.transaction_status = "PENDING";
    options.transaction_amount = "24.90";
    options.updated_at = "1970-01-01T00:00:01Z";
    options.amount = "24.90";
    options.currency = "USD";
    options.merchant_reference = "order-7";
    options.retry = 3;
    return yuno::testing::sample(options);
}

static void events() {
    const yuno::Verifier verifier = new_verifier();
    const std::string body = purchase();
    const std::string signature = yuno::testing::sign(body, SECRET);
    yuno::Event event = verifier.verify(body, { { "X-Hmac-Signature", signature } });
    CHECK(event.kind() == "payment.purchase" && event.shape() == "enveloped" && event.sent_name() && event.account_id() == "acc");
    CHECK(event.retry() == 3U && event.version() && event.is_signed() && event.secret_index() == 1U && !event.repeatable());
    CHECK(event.finality() != "" && event.dedupe_key().size() == 35 && event.published_key() == "payment.purchase/p-1");
    CHECK(event.raw() == body && event.data().front() == '{' && event.raw().find(event.data()) != std::string_view::npos);
    CHECK(event.changed_at() == yuno::Instant(std::chrono::seconds(1)));

    const yuno::Resource resource = event.resource();
    CHECK(resource.kind() == "payment" && resource.id() == "p-1" && resource.status() == "SUCCEEDED" && resource.sub_status() == "APPROVED");
    CHECK(resource.merchant_reference() == "order-7" && resource.updated_at() == yuno::Instant(std::chrono::seconds(1)));
    (void)resource.created_at();
    (void)resource.idempotency_key();
    const auto amount = resource.amount().value();
    CHECK(amount.value == "24.90" && amount.currency == "USD" && amount.minor_units == 2490 && amount.minor_units_text == "2490");
    const auto transaction = resource.transaction().value();
    CHECK(transaction.id() == "t-1" && transaction.type() == "PURCHASE" && transaction.status() == "PENDING");
    CHECK(transaction.amount()->value == "24.90" && transaction.updated_at() == resource.updated_at());
    const yuno::Event refund = yuno::Event::parse_unverified(
        R"({"type_event":"payment.refund","data":{"payment":{"amount":{"value":24.9,"currency":"USD"},"transactions":{"type":"REFUND","amount":10.5}}}})");
    const auto part = refund.resource().transaction().value().amount().value();
    CHECK(part.value == "10.5" && part.currency == "USD" && part.minor_units == 1050 && part.minor_units_text == "1050");

    // Views outlive a move of their event.
    const std::string_view key = event.dedupe_key();
    const yuno::Event moved = std::move(event);
    CHECK(moved.dedupe_key().data() == key.data() && resource.status() == "SUCCEEDED");

    const yuno::Event stored = yuno::Event::parse_unverified(body);
    CHECK(!stored.is_signed() && !stored.secret_index() && stored.dedupe_key() == key);
    CHECK(stored.compare_recency(moved) == yuno::Recency::same && stored.is_newer_than(moved) == false);
    const yuno::Event unknown = yuno::Event::parse_unverified("{}");
    CHECK(unknown.kind() == "unknown" && !unknown.sent_name() && !unknown.retry() && !unknown.changed_at() && !unknown.resource().id());
    CHECK(!unknown.resource().amount() && !unknown.resource().transaction() && !unknown.is_newer_than(stored));
}

static void a_handle_that_was_moved_from() {
    yuno::Verifier verifier = new_verifier();
    const yuno::Verifier other = std::move(verifier);
    CHECK(verifier.max_body_bytes() == 0 && !verifier.reads_header("x-hmac-signature")); // NOLINT
    CHECK(error_of([&] { (void)verifier.verify("{}", {}); }).code() == YUNO_NULL_POINTER);
    verifier = new_verifier();
    CHECK(verifier.max_body_bytes() == YUNO_DEFAULT_MAX_BODY_BYTES && verifier.reads_header("X-HMAC-Signature") && !verifier.reads_header(""));
    yuno::Event event = yuno::Event::parse_unverified("{}");
    const yuno::Event kept = std::move(event);
    CHECK(event.kind().empty() && !event.account_id() && !event.resource().amount() && event.compare_recency(kept) == yuno::Recency::unordered); // NOLINT
}

struct OwnHeader {
    std::string name;
    const char *value;
};

/** A range that cannot be const and makes its pairs on the way. */
struct OnceOnly {
    yuno::Header header;
    struct Place {
        const yuno::Header *header;
        yuno::Header operator*() const { return *header; }
        Place &operator++() { return ++header, *this; }
        bool operator!=(const Place &other) const { return header != other.header; }
    };
    Place begin() { return { &header }; }
    Place end() { return { &header + 1 }; }
};

static void headers_of_every_type() {
    const yuno::Verifier verifier = new_verifier();
    const std::string body = "{}", signature = yuno::testing::sign(body, SECRET), name = "x-hmac-signature";
    const auto is_verified = [&](const auto &headers) { return verifier.verify(body, headers).is_signed(); };
    CHECK(is_verified(std::vector<yuno::Header>{ { name, signature } }));
    CHECK(is_verified(std::vector<std::pair<std::string, std::string>>{ { "accept", "*/*" }, { name, signature } }));
    CHECK(is_verified(std::map<std::string, std::string>{ { name, signature } }));
    CHECK(is_verified(std::unordered_multimap<std::string, std::string>{ { name, signature } }));
    CHECK(is_verified(std::array<OwnHeader, 1>{ { { name, signature.c_str() } } }));
    const std::pair<const char *, std::string> array[] = { { "X-HMAC-SIGNATURE", signature } };
    CHECK(is_verified(array));
    OnceOnly once{ { name, signature } };
    CHECK(verifier.verify(body, once).is_signed() && verifier.verify(body, OnceOnly{ { name, signature } }).is_signed());
    CHECK(error_of([&] { (void)verifier.verify(body, {}); }).name() == "SIGNATURE_MISSING");
    const std::multimap<std::string, std::string> twice = { { name, signature }, { name, signature } };
    CHECK(error_of([&] { (void)verifier.verify(body, twice); }).name() == "HEADER_REPEATED");
    // An empty text is no absent header.
    CHECK(error_of([&] { (void)verifier.verify(body, { { name, std::string_view() } }); }).name() == "SIGNATURE_MALFORMED");
}

static void bodies_of_every_type() {
    const std::vector<std::uint8_t> numbers = { '{', '}' };
    const std::array<std::byte, 2> bytes = { std::byte('{'), std::byte('}') };
    const std::string_view text = "{}";
    for (const yuno::Bytes body : { yuno::Bytes(numbers), yuno::Bytes(bytes), yuno::Bytes(text), yuno::Bytes("{}"), yuno::Bytes(std::string("{}")),
                                    yuno::Bytes(numbers.data(), numbers.size()) })
        CHECK(body.size() == 2 && body.data()[0] == '{');
    CHECK(!yuno::Event::parse_unverified(numbers).is_signed() && !yuno::Event::parse_unverified({ numbers.data(), 2 }).is_signed());
    const yuno::Event event = yuno::Event::parse_unverified(bytes);
    CHECK(event.raw() == text);
    CHECK(yuno::testing::sign(numbers, SECRET) == yuno::testing::sign("{}", "whsec-one"));
}

static void verifiers() {
    yuno::Verifier::Options options;
    CHECK(error_of([&] { yuno::Verifier{ options }; }).name() == "NO_SIGNATURE_SECRET");
    options.is_unsigned = true;
    CHECK(error_of([&] { yuno::Verifier{ options }; }).name() == "NO_CREDENTIALS");
    options.api_keys = { "key-1", "key-2" };
    options.x_secrets = { "x-1" };
    options.required_headers = { { "authorization", { "Bearer abc" } } };
    options.max_body_bytes = 16;
    const yuno::Verifier verifier(options);
    CHECK(verifier.max_body_bytes() == 16 && verifier.reads_header("Authorization"));
    CHECK(!verifier.verify("{}", { { "X-API-Key", "key-2" }, { "X-Secret", "x-1" }, { "Authorization", "Bearer abc" } }).is_signed());
    CHECK(error_of([&] { verifier.admit("17", std::nullopt); }).http_status() == 413);
    CHECK(error_of([&] { verifier.admit(std::nullopt, "gzip"); }).http_status() == 415);
    verifier.admit("16", "identity");
    // A list that is set and empty is a mistake, and no way to accept everything.
    options.x_secrets.emplace().clear();
    CHECK(error_of([&] { yuno::Verifier{ options }; }).name() == "INVALID_SECRET");
    options.x_secrets = { std::string_view() };
    CHECK(error_of([&] { yuno::Verifier{ options }; }).hint() == "It is empty.");
    options.x_secrets = std::nullopt;
    options.required_headers.front().values.clear();
    CHECK(error_of([&] { yuno::Verifier{ options }; }).name() == "INVALID_SECRET");

    unsetenv("YUNO_WEBHOOK_HMAC_SECRET");
    CHECK(error_of([] { (void)yuno::Verifier::from_env(); }).stage() == "configuration");
    setenv("YUNO_WEBHOOK_HMAC_SECRET", "whsec-one", 1);
    CHECK(yuno::Verifier::from_env().reads_header("x-hmac-signature"));
#if __cplusplus >= 202002L
    CHECK(yuno::Verifier({ .hmac_secrets = { "one", "two" }, .api_keys = { { "key-1", "key-2" } }, .max_body_bytes = 5 }).max_body_bytes() == 5);
#endif
}

static void errors() {
    const yuno::Verifier verifier = new_verifier();
    const yuno::Error empty = error_of([&] { (void)verifier.verify("", { { "x-hmac-signature", yuno::testing::sign("", SECRET) } }); });
    CHECK(empty.code() == YUNO_BODY_NOT_JSON && empty.empty_body() && empty.stage() == "payload" && empty.http_status() == 400 && !empty.hint().empty());
    CHECK(std::string(empty.what()).find("BODY_NOT_JSON: The body is empty") == 0);
    const yuno::Error forged = error_of([&] { (void)verifier.verify("{}", { { "x-hmac-signature", yuno::testing::sign("{}", "another") } }); });
    CHECK(forged.code() == YUNO_SIGNATURE_MISMATCH && forged.stage() == "authentication" && !forged.empty_body() && forged.hint().empty());
    const std::exception &base = forged;
    CHECK(std::string(base.what()).find("SIGNATURE_MISMATCH: ") == 0);

    CHECK(yuno::Reply::received().status == 200 && yuno::Reply::received().body == "{\"received\":true}");
    CHECK(yuno::Reply::try_again().status == 503 && yuno::Reply::to_error(forged).status == 401 && yuno::Reply::to_error(forged, true).status == 401);
    CHECK(yuno::Reply::to_error(empty).status == 200 && yuno::Reply::to_error(empty).body == yuno::Reply::received().body);
    const yuno::Error list = error_of([] { (void)yuno::Event::parse_unverified("[]"); });
    CHECK(yuno::Reply::to_error(list).status == 400 && yuno::Reply::to_error(list).body.empty() && yuno::Reply::to_error(list, true).status == 200);
    // A number of a later release has no text here.
    const yuno::Error later(static_cast<yuno_status>(12345));
    CHECK(later.what() == std::string() && later.name().empty() && yuno::Reply::to_error(later, true).status == 500);
}

static void samples_and_tables() {
    CHECK(yuno::version() == YUNO_WEBHOOKS_VERSION && yuno::fixed_paths().size() == yuno_fixed_path_count() && yuno::fixed_paths().front().front() == '/');
    CHECK(yuno::finality("payment", "no such status") == "unknown" && yuno::finality("payment", "SUCCEEDED", "APPROVED") != "unknown");
    const auto rows = yuno::catalog();
    CHECK(rows.size() == yuno_catalog_count());
    for (const yuno::CatalogRow &row : rows) {
        CHECK(row.spellings.front() == row.kind && !row.forms.empty() && (!row.trigger || !row.trigger->first.empty()));
        for (const std::string_view form : row.forms) {
            yuno::testing::SampleOptions options;
            options.kind = row.spellings.back();
            options.form = form;
            const yuno::Event event = yuno::Event::parse_unverified(yuno::testing::sample(options));
            CHECK(event.kind() == row.kind && event.resource().kind() == row.family);
        }
    }
    yuno::testing::SampleOptions options;
    options.kind = "payment.purchase";
    options.retry = std::nullopt;
    CHECK(!yuno::Event::parse_unverified(yuno::testing::sample(options)).retry());
    options.amount = "NaN";
    CHECK(error_of([&] { (void)yuno::testing::sample(options); }).code() == YUNO_INVALID_ARGUMENT);
}

static void schedules() {
    using std::chrono::hours;
    using std::chrono::seconds;
    const yuno::Schedule documented;
    CHECK(documented.total() == seconds(629700) && documented.offsets().size() == 7 && documented.offsets().back() == documented.total());
    CHECK(documented.acknowledgement_wait(0) == seconds(23) && documented.acknowledgement_wait(1000) == seconds(7));
    documented.check_retention(documented.minimum_retention());
    CHECK(error_of([&] { documented.check_retention(documented.minimum_retention() - seconds(1)); }).code() == YUNO_RETENTION_TOO_SHORT);
    CHECK(error_of([&] { documented.check_retention(seconds(-1)); }).code() == YUNO_INVALID_ARGUMENT);
    CHECK(yuno::Schedule(yuno::Since::first_try).total() == hours(96));
    const yuno::Schedule own(yuno::Since::first_try, std::vector<seconds>{ seconds(0), hours(1) }, std::vector<seconds>{ seconds(5) });
    CHECK(own.offsets() == (std::vector<seconds>{ seconds(0), hours(1) }) && own.acknowledgement_wait(1) == seconds(5));
    CHECK(error_of([] { yuno::Schedule{ yuno::Since::first_try, std::vector<seconds>() }; }).code() == YUNO_INVALID_LIMIT);
    CHECK(error_of([] { yuno::Schedule{ yuno::Since::first_try, std::vector<seconds>{ seconds(-1) } }; }).code() == YUNO_INVALID_ARGUMENT);
    // What no std::chrono::seconds can hold is the longest that there is.
    const yuno::Schedule endless(yuno::Since::previous_try, std::vector<seconds>{ seconds(0), seconds::max(), seconds::max() });
    CHECK(endless.total() == seconds::max());
}

static void inbox() {
    using std::chrono::milliseconds;
    namespace box = yuno::inbox;
    const auto names = box::statements();
    const box::Sql sql("sqlite");
    CHECK(names.size() == yuno_inbox_statement_count() && sql.text(names.front()) && !sql.text("no such statement"));
    CHECK(error_of([] { box::Sql("no such store"); }).code() == YUNO_INVALID_ARGUMENT);
    CHECK(box::parameters("accept").size() == 10 && box::parameters("accept").front() == "scope" && box::parameters("").empty());
    CHECK(box::migrations("postgres", 0).size() > 5 && box::migrations("postgres", 1).empty());
    CHECK(error_of([] { (void)box::migrations("sqlite", 99); }).code() == YUNO_SCHEMA_MISMATCH);
    yuno::testing::SampleOptions options;
    options.kind = "payment.purchase";
    options.id = "p-1";
    const yuno::Event event = yuno::Event::parse_unverified(yuno::testing::sample(options));
    box::Row row(event);
    CHECK(row.key() == event.dedupe_key() && row.kind() == "payment.purchase" && row.resource() == "payment/p-1");
    CHECK(row.changed_at() && !row.repeat_after() && !row.error_class() && !row.error_text());
    const yuno::Error why = error_of([] { (void)yuno::Event::parse_unverified("[]"); });
    const auto unreadable = box::Row::of_unreadable("[]", why);
    CHECK(unreadable && !unreadable->kind() && unreadable->error_class() == "BODY_NOT_OBJECT" && unreadable->key().substr(0, 3) == "x1-");
    CHECK(!box::Row::of_unreadable("[]", yuno::Error(YUNO_SIGNATURE_MISMATCH)));
    row = box::Row(event);
    CHECK(box::Backoff{}.delay(1, 0) == milliseconds(2500) && !box::Backoff{}.delay(24, 0));
    box::Backoff wrong;
    wrong.first = milliseconds(-1);
    CHECK(error_of([&] { (void)wrong.delay(1, 0); }).code() == YUNO_INVALID_LIMIT);
}

int main() {
    inbox();
    events();
    a_handle_that_was_moved_from();
    headers_of_every_type();
    bodies_of_every_type();
    verifiers();
    errors();
    samples_and_tables();
    schedules();
    return 0;
}
