/*
 * Receive the webhooks of the payments provider Yuno from C++17 or newer: the functions of yuno_webhooks.h as classes, in this header alone.
 *
 *   yuno::Verifier verifier = yuno::Verifier::from_env(); // once, at start
 *   try {
 *       yuno::Event event = verifier.verify(body, headers); // the raw body; each header as it came in
 *       store_once(event.dedupe_key(), event.raw());        // your database's transaction
 *       return yuno::Reply::received();
 *   } catch (const yuno::Error &error) { return yuno::Reply::to_error(error); }
 *
 * Lifetimes. Every std::string_view of an event, and its Resource, Transaction and Amount, live until the event is destroyed or assigned to; moving the event
 *   keeps them. They cannot be taken from a temporary event. What has no event, such as an error's name or a reply's body, lives for ever. What you give
 *   is read during the call, and copied where it is kept.
 * Absent is std::nullopt. A handle that was moved from may be destroyed and assigned to; asked for anything else, it has no texts and no numbers.
 * Failure is a yuno::Error, or std::bad_alloc. Threads: as in C, any number may use one object as long as none changes it.
 */
#ifndef YUNO_WEBHOOKS_HPP
#define YUNO_WEBHOOKS_HPP

#if !(defined(__cplusplus) && __cplusplus >= 201703L) && !(defined(_MSVC_LANG) && _MSVC_LANG >= 201703L)
#error "yuno_webhooks.hpp needs C++17 or newer; yuno_webhooks.h needs C++11"
#endif

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "yuno_webhooks.h"

namespace yuno {

class Event;
class Resource;
class Transaction;
namespace inbox {
class Row;
}

/** An instant in UTC. */
using Instant = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

/** A header of a request: its name, in any case, and its value. */
using Header = std::pair<std::string_view, std::string_view>;

/* Not for you: between the types of C and of C++. */
namespace detail {

inline std::string_view view(yuno_str text) noexcept { return { text.data, text.len }; }

inline std::optional<std::string_view> optional(yuno_str text) noexcept {
    return text.data ? std::optional(view(text)) : std::nullopt;
}

} // namespace detail

/** Why a call failed. `what()` is a line for a log: the name, what is known of this case, and what to do. It holds constants only and may be logged. */
class Error : public std::runtime_error {
public:
    explicit Error(const yuno_error &error) : std::runtime_error(line(error)), own(error) {}
    explicit Error(yuno_status code) : Error(yuno_error{ code, false, { nullptr, 0 } }) {}

    yuno_status code() const noexcept { return own.code; }
    /** Such as "SIGNATURE_MISMATCH", the same in every language. */
    std::string_view name() const noexcept { return detail::view(yuno_status_name(own.code)); }
    /** Who can mend it: "configuration", "authentication", "payload" (the delivery is authentic: keep its bytes), "inbox" or "boundary". */
    std::string_view stage() const noexcept { return detail::view(yuno_status_stage(own.code)); }
    /** What a receiver answers; `Reply::to_error` also knows the body. */
    std::uint16_t http_status() const noexcept { return yuno_status_http_status(own.code); }
    /** What more is known than the code says; empty if nothing is. */
    std::string_view hint() const noexcept { return detail::view(own.hint); }
    /** Whether the body was authentic and had no bytes at all. */
    bool empty_body() const noexcept { return own.empty_body; }

private:
    friend struct Reply;
    friend class inbox::Row;

    static std::string line(const yuno_error &error) {
        std::size_t needed = 0;
        yuno_error_text(&error, nullptr, 0, &needed);
        std::string text(needed, '\0');
        yuno_error_text(&error, text.data(), text.size(), nullptr);
        if (needed > 0) text.pop_back();
        return text;
    }

    yuno_error own;
};

/** What a receiver answers. */
struct Reply {
    std::uint16_t status;
    /** Of the type application/json; may be empty. */
    std::string_view body;

    /** To a delivery that was accepted, is a duplicate, or is of an unknown kind. */
    static Reply received() noexcept { return of(yuno_reply_received()); }
    /** To a delivery that could not be stored or handled now, so that the provider tries again. */
    static Reply try_again() noexcept { return of(yuno_reply_try_again()); }
    /** To a delivery that was refused. `stored` says that its raw bytes are kept: an authentic one is then acknowledged. */
    static Reply to_error(const Error &error, bool stored = false) noexcept { return of(yuno_reply_to_error(&error.own, stored)); }

private:
    static Reply of(yuno_reply reply) noexcept { return { reply.status, detail::view(reply.body) }; }
};

/** Bytes that a call reads: a text, or whatever else has data() and size() and holds bytes, such as std::vector<std::uint8_t>. */
class Bytes {
public:
    Bytes(const char *nul_terminated) noexcept : Bytes(std::string_view(nul_terminated)) {}
    Bytes(const void *start, std::size_t count) noexcept : own(static_cast<const std::uint8_t *>(start)), len(count) {}

    template <class Container, class Byte = std::remove_pointer_t<decltype(std::declval<const Container &>().data())>,
              std::enable_if_t<sizeof(Byte) == 1, int> = 0>
    Bytes(const Container &bytes) noexcept : Bytes(static_cast<const void *>(bytes.data()), bytes.size()) {}

    const std::uint8_t *data() const noexcept { return own; }
    std::size_t size() const noexcept { return len; }

private:
    const std::uint8_t *own;
    std::size_t len;
};

namespace detail {

template <auto free_handle>
struct Free {
    template <class T>
    void operator()(T *handle) const noexcept {
        free_handle(handle);
    }
};

template <class T, auto free_handle>
using Handle = std::unique_ptr<T, Free<free_handle>>;

/** The handle that `call(&handle, &error)` makes. */
template <class T, auto free_handle, class Call>
Handle<T, free_handle> make(Call call) {
    T *made = nullptr;
    yuno_error error;
    if (call(&made, &error) != YUNO_OK) throw Error(error);
    return Handle<T, free_handle>(made);
}

/** The number that `get(handle, &number)` gives. */
template <class T, class Handle>
std::optional<T> optional(bool (*get)(const Handle *, T *), const Handle *handle) noexcept {
    T number{};
    return get(handle, &number) ? std::optional(number) : std::nullopt;
}

inline std::optional<Instant> instant(bool (*get)(const yuno_event *, std::int64_t *), const yuno_event *event) noexcept {
    const auto nanos = optional(get, event);
    return nanos ? std::optional(Instant(std::chrono::nanoseconds(*nanos))) : std::nullopt;
}

/** A text that is there, also where it is a view of nothing. */
inline yuno_str text(std::string_view view) noexcept { return { view.data() ? view.data() : "", view.size() }; }

inline yuno_str text(const std::optional<std::string_view> &view) noexcept { return view ? text(*view) : yuno_str{ nullptr, 0 }; }

inline std::vector<yuno_str> texts(const std::vector<std::string_view> &views) {
    std::vector<yuno_str> all;
    all.reserve(views.size());
    for (const std::string_view view : views) all.push_back(text(view));
    return all;
}

/** A list that is set, which in C is one that is not NULL. */
template <class T>
const T *list(const std::vector<T> &values) noexcept {
    static const T none{};
    return values.empty() ? &none : values.data();
}

inline std::chrono::seconds seconds(std::uint64_t count) noexcept {
    constexpr auto most = std::chrono::seconds::max();
    return count < static_cast<std::uint64_t>(most.count()) ? std::chrono::seconds(static_cast<std::chrono::seconds::rep>(count)) : most;
}

} // namespace detail

/** The names are those of yuno_recency in yuno_webhooks.h. Later releases may add numbers. */
enum class Recency : std::int32_t {
    unordered = YUNO_RECENCY_UNORDERED,
    same = YUNO_RECENCY_SAME,
    newer = YUNO_RECENCY_NEWER,
    older = YUNO_RECENCY_OLDER,
    unrelated = YUNO_RECENCY_UNRELATED,
};

/** From when a schedule's delays count. */
enum class Since : std::int32_t {
    previous_try = YUNO_SINCE_PREVIOUS_TRY,
    first_try = YUNO_SINCE_FIRST_TRY,
};

/** A sum of money: read `value` as an exact decimal and not as a double. */
struct Amount {
    /** In major units, the digits that were sent. */
    std::string_view value;
    /** By the provider's documents a code of ISO 4217. */
    std::optional<std::string_view> currency;
    /** In the currency's smallest unit, if that is exact, the currency is known, and the number fits. */
    std::optional<std::int64_t> minor_units;
    /** The same in decimal digits, up to 128 bits of number. */
    std::optional<std::string_view> minor_units_text;
};

/** One attempt to move, reserve, return or verify money. A view of an event, which must live longer. */
class Transaction {
public:
    std::optional<std::string_view> id() const noexcept { return detail::optional(yuno_event_transaction_id(event)); }
    /** Such as "PURCHASE" or "THREE_D_SECURE". */
    std::optional<std::string_view> type() const noexcept { return detail::optional(yuno_event_transaction_type(event)); }
    std::optional<std::string_view> status() const noexcept { return detail::optional(yuno_event_transaction_status(event)); }
    std::optional<Instant> updated_at() const noexcept { return detail::instant(yuno_event_transaction_updated_at_ns, event); }

    /** What it moved, reserved or returned, of a partial refund the part. */
    std::optional<Amount> amount() const noexcept {
        const yuno_str value = yuno_event_transaction_amount_value(event);
        if (!value.data) return std::nullopt;
        return Amount{ detail::view(value), detail::optional(yuno_event_transaction_amount_currency(event)),
                       detail::optional(yuno_event_transaction_amount_minor_units, event),
                       detail::optional(yuno_event_transaction_amount_minor_units_text(event)) };
    }

private:
    friend Resource;
    explicit Transaction(const yuno_event *own) noexcept : event(own) {}
    const yuno_event *event;
};

/** What an event tells about. A view of the event, which must live longer. */
class Resource {
public:
    /** Such as "payment"; "unknown" for what this release does not know. */
    std::string_view kind() const noexcept { return detail::view(yuno_event_resource_kind(event)); }
    std::optional<std::string_view> id() const noexcept { return detail::optional(yuno_event_resource_id(event)); }
    /** As it was sent; new ones may appear at any time. */
    std::optional<std::string_view> status() const noexcept { return detail::optional(yuno_event_resource_status(event)); }
    /** Of a payment it decides: the status "SUCCEEDED" alone does not say that money moved. */
    std::optional<std::string_view> sub_status() const noexcept { return detail::optional(yuno_event_resource_sub_status(event)); }
    std::optional<Instant> created_at() const noexcept { return detail::instant(yuno_event_resource_created_at_ns, event); }
    std::optional<Instant> updated_at() const noexcept { return detail::instant(yuno_event_resource_updated_at_ns, event); }
    /** The merchant's own reference, such as the order's number. */
    std::optional<std::string_view> merchant_reference() const noexcept {
        return detail::optional(yuno_event_resource_merchant_reference(event));
    }
    /** The same in every event of a payment: never de-duplicate by it. */
    std::optional<std::string_view> idempotency_key() const noexcept { return detail::optional(yuno_event_resource_idempotency_key(event)); }

    /** The sum of money, of a payment the whole payment's. */
    std::optional<Amount> amount() const noexcept {
        const yuno_str value = yuno_event_amount_value(event);
        if (!value.data) return std::nullopt;
        return Amount{ detail::view(value), detail::optional(yuno_event_amount_currency(event)),
                       detail::optional(yuno_event_amount_minor_units, event), detail::optional(yuno_event_amount_minor_units_text(event)) };
    }

    /** The transaction that triggered the event. */
    std::optional<Transaction> transaction() const noexcept {
        return yuno_event_transaction_present(event) ? std::optional(Transaction(event)) : std::nullopt;
    }

private:
    friend Event;
    explicit Resource(const yuno_event *own) noexcept : event(own) {}
    const yuno_event *event;
};

/** An authentic delivery that was read. An unknown kind, status or shape is a value; what the body lacks, or has of another type, is absent. */
class Event {
public:
    /** Reads a body that was verified before it was stored. It checks no signature: whoever calls it vouches for the body. */
    static Event parse_unverified(Bytes body) {
        return Event(detail::make<yuno_event, yuno_event_free>(
            [&](yuno_event **event, yuno_error *error) { return yuno_event_parse_unverified(body.data(), body.size(), event, error); }));
    }

    /** What happened, such as "payment.purchase"; "unknown" for a kind that this release does not know. */
    std::string_view kind() const & noexcept { return detail::view(yuno_event_kind(own.get())); }
    /** The name under which the kind was sent. */
    std::optional<std::string_view> sent_name() const & noexcept { return detail::optional(yuno_event_sent_name(own.get())); }
    /** "enveloped", "v1", "banking_incoming", "split_transfer", "domain" or "unknown". */
    std::string_view shape() const & noexcept { return detail::view(yuno_event_shape(own.get())); }
    /** The merchant's account at the provider. */
    std::optional<std::string_view> account_id() const & noexcept { return detail::optional(yuno_event_account_id(own.get())); }
    /** Whether news will follow: "pending", "settled", "final" or "unknown". It never says that money moved. */
    std::string_view finality() const & noexcept { return detail::view(yuno_event_finality(own.get())); }
    /** De-duplicate by it, and keep it for ever. */
    std::string_view dedupe_key() const & noexcept { return detail::view(yuno_event_dedupe_key(own.get())); }
    /** For comparison and logs. It merges different events: never de-duplicate by it. */
    std::optional<std::string_view> published_key() const & noexcept { return detail::optional(yuno_event_published_key(own.get())); }
    /** The JSON text of the `data` object where the body has one, else of the whole body. */
    std::string_view data() const & noexcept { return detail::view(yuno_event_data(own.get())); }
    /** The body as it came in. */
    std::string_view raw() const & noexcept { return detail::view(yuno_event_raw(own.get())); }
    /** What the event tells about. */
    Resource resource() const & noexcept { return Resource(own.get()); }

    /** How often this delivery was tried before; 0 is the first try. */
    std::optional<std::uint32_t> retry() const noexcept { return detail::optional(yuno_event_retry, own.get()); }
    /** The version of the envelope. */
    std::optional<std::uint32_t> version() const noexcept { return detail::optional(yuno_event_version, own.get()); }
    /** Whether a signature proved this event. */
    bool is_signed() const noexcept { return yuno_event_signed(own.get()); }
    /** Which of the verifier's secrets signed it, from 0: how to see that a rotation is over. */
    std::optional<std::size_t> secret_index() const noexcept { return detail::optional(yuno_event_secret_index, own.get()); }
    /** Whether the provider sends byte-identical bodies for different occurrences of this event. */
    bool repeatable() const noexcept { return yuno_event_repeatable(own.get()); }
    /** When the resource, or the transaction that triggered the event, last changed. */
    std::optional<Instant> changed_at() const noexcept { return detail::instant(yuno_event_changed_at_ns, own.get()); }

    /** How this event's news of its resource relates to the other's. */
    Recency compare_recency(const Event &other) const noexcept {
        return static_cast<Recency>(yuno_event_compare_recency(own.get(), other.own.get()));
    }
    /** Whether this event is newer news of its resource than the other; absent if that cannot be told. */
    std::optional<bool> is_newer_than(const Event &other) const noexcept {
        bool newer = false;
        return yuno_event_is_newer_than(own.get(), other.own.get(), &newer) ? std::optional(newer) : std::nullopt;
    }

    /* A view of a temporary event would dangle: give the event a name first. */
    std::string_view kind() const && = delete;
    std::optional<std::string_view> sent_name() const && = delete;
    std::string_view shape() const && = delete;
    std::optional<std::string_view> account_id() const && = delete;
    std::string_view finality() const && = delete;
    std::string_view dedupe_key() const && = delete;
    std::optional<std::string_view> published_key() const && = delete;
    std::string_view data() const && = delete;
    std::string_view raw() const && = delete;
    Resource resource() const && = delete;

private:
    friend class Verifier;
    friend class inbox::Row;
    using Own = detail::Handle<yuno_event, yuno_event_free>;
    explicit Event(Own handle) noexcept : own(std::move(handle)) {}
    Own own;
};

/** Decides whether deliveries are authentic. Make one at start and share it. */
class Verifier {
public:
    /** What another header must hold. */
    struct RequiredHeader {
        std::string_view name;
        /** Each of them whole, such as "Bearer abc". */
        std::vector<std::string_view> values;
    };

    /**
     * What is accepted. A list has one to eight values, all of which are accepted: several while you rotate. One that is set and empty is refused, except
     * for `hmac_secrets`. The views are read when the verifier is made, so what they look at must live until then; look whether std::getenv gives NULL before
     * you make a view of it.
     */
    struct Options {
        /** The webhook's client secrets. */
        std::vector<std::string_view> hmac_secrets{};
        /** What the header x-api-key must hold. */
        std::optional<std::vector<std::string_view>> api_keys{};
        /** What the header x-secret must hold. */
        std::optional<std::vector<std::string_view>> x_secrets{};
        std::vector<RequiredHeader> required_headers{};
        /** The largest body that is looked at; YUNO_DEFAULT_MAX_BODY_BYTES if absent. */
        std::optional<std::size_t> max_body_bytes{};
        /** Whether to receive deliveries without a signature. Then there are no `hmac_secrets`, and at least one of the other lists is set. */
        bool is_unsigned = false;
    };

    explicit Verifier(const Options &options) : own(made(options)) {}

    /** From the environment: YUNO_WEBHOOK_HMAC_SECRET and the other variables of `yuno_verifier_from_env`. */
    static Verifier from_env() {
        return Verifier(detail::make<yuno_verifier, yuno_verifier_free>(
            [](yuno_verifier **verifier, yuno_error *error) { return yuno_verifier_from_env(verifier, error); }));
    }

    /** Verifies a delivery and then parses it. `headers` is any range of pairs of texts, every occurrence of a header among them. */
    template <class Headers>
    Event verify(Bytes body, Headers &&headers) const {
        std::vector<yuno_header> all;
        for (auto &&header : headers) {
            const auto &[name, value] = header;
            using Name = std::decay_t<decltype(name)>;
            using Value = std::decay_t<decltype(value)>;
            static_assert(std::is_lvalue_reference_v<decltype(*std::begin(headers))>
                              || (std::is_same_v<Name, std::string_view> && std::is_same_v<Value, std::string_view>),
                          "the range makes its texts as it is walked: give it pairs of std::string_view, or a container that holds the texts");
            all.push_back({ detail::text(std::string_view(name)), detail::text(std::string_view(value)) });
        }
        return Event(detail::make<yuno_event, yuno_event_free>([&](yuno_event **event, yuno_error *error) {
            return yuno_verify(own.get(), body.data(), body.size(), all.data(), all.size(), event, error);
        }));
    }

    Event verify(Bytes body, std::initializer_list<Header> headers) const { return verify<decltype(headers) &>(body, headers); }

    /** Looks at the values of content-length and content-encoding before the body is read; throws for what could never be accepted. */
    void admit(std::optional<std::string_view> content_length, std::optional<std::string_view> content_encoding) const {
        yuno_error error;
        if (yuno_verifier_admit(own.get(), detail::text(content_length), detail::text(content_encoding), &error) != YUNO_OK) throw Error(error);
    }

    /** A receiver may stop reading one byte further. */
    std::size_t max_body_bytes() const noexcept { return yuno_verifier_max_body_bytes(own.get()); }
    /** Whether the verifier looks at the header of this name, in any case. The others need not be given. */
    bool reads_header(std::string_view name) const noexcept { return yuno_verifier_reads_header(own.get(), detail::text(name)); }

private:
    using Own = detail::Handle<yuno_verifier, yuno_verifier_free>;
    explicit Verifier(Own handle) noexcept : own(std::move(handle)) {}

    static Own made(const Options &options) {
        yuno_verifier_options given{};
        given.size = sizeof given;
        const auto set = [](const std::vector<yuno_str> &values, const yuno_str *&list, std::size_t &len) {
            list = detail::list(values);
            len = values.size();
        };
        const auto hmac_secrets = detail::texts(options.hmac_secrets);
        const auto api_keys = detail::texts(options.api_keys.value_or(std::vector<std::string_view>{}));
        const auto x_secrets = detail::texts(options.x_secrets.value_or(std::vector<std::string_view>{}));
        set(hmac_secrets, given.hmac_secrets, given.hmac_secrets_len);
        if (options.api_keys) set(api_keys, given.api_keys, given.api_keys_len);
        if (options.x_secrets) set(x_secrets, given.x_secrets, given.x_secrets_len);
        std::vector<std::vector<yuno_str>> accepted;
        std::vector<yuno_required_header> required;
        for (const RequiredHeader &header : options.required_headers) {
            const auto &values = accepted.emplace_back(detail::texts(header.values));
            required.push_back({ detail::text(header.name), detail::list(values), values.size() });
        }
        given.required_headers = required.data();
        given.required_headers_len = required.size();
        given.max_body_bytes = options.max_body_bytes ? &*options.max_body_bytes : nullptr;
        given.is_unsigned = options.is_unsigned;
        return detail::make<yuno_verifier, yuno_verifier_free>(
            [&](yuno_verifier **verifier, yuno_error *error) { return yuno_verifier_new(&given, verifier, error); });
    }

    Own own;
};

/** When the provider tries to deliver, and how long it waits for an acknowledgement. */
class Schedule {
public:
    /** `delays` are one a try, the first of them 0; the last of `waits` holds for all later tries. Absent stands for what the provider documents. A time
     * below 0 is INVALID_ARGUMENT. */
    explicit Schedule(Since since = Since::previous_try, const std::optional<std::vector<std::chrono::seconds>> &delays = std::nullopt,
                      const std::optional<std::vector<std::chrono::seconds>> &waits = std::nullopt)
        : own(made(since, delays, waits)) {}

    /** When each try comes, counted from the first. */
    std::vector<std::chrono::seconds> offsets() const {
        std::vector<std::chrono::seconds> all;
        for (std::size_t retry = 0; retry < yuno_schedule_offset_count(own.get()); retry++)
            all.push_back(detail::seconds(yuno_schedule_offset(own.get(), retry)));
        return all;
    }
    /** From the first try to the last. */
    std::chrono::seconds total() const noexcept { return detail::seconds(yuno_schedule_total(own.get())); }
    /** The shortest time for which bodies may be kept. Keys are kept for ever. */
    std::chrono::seconds minimum_retention() const noexcept { return detail::seconds(yuno_schedule_minimum_retention(own.get())); }
    /** How long the provider waits for an acknowledgement of this try; 0 is the first. */
    std::chrono::seconds acknowledgement_wait(std::uint32_t retry) const noexcept {
        return detail::seconds(yuno_schedule_acknowledgement_wait(own.get(), retry));
    }
    /** Throws RETENTION_TOO_SHORT if a body could be removed while the provider may still deliver it again. */
    void check_retention(std::chrono::seconds retention) const {
        const yuno_status status = yuno_schedule_check_retention(own.get(), count(retention));
        if (status != YUNO_OK) throw Error(status);
    }

private:
    using Own = detail::Handle<yuno_schedule, yuno_schedule_free>;

    static std::uint64_t count(std::chrono::seconds time) {
        if (time.count() < 0) throw Error(YUNO_INVALID_ARGUMENT);
        return static_cast<std::uint64_t>(time.count());
    }

    static std::vector<std::uint64_t> counts(const std::optional<std::vector<std::chrono::seconds>> &times) {
        std::vector<std::uint64_t> all;
        if (times)
            for (const std::chrono::seconds time : *times) all.push_back(count(time));
        return all;
    }

    static Own made(Since since, const std::optional<std::vector<std::chrono::seconds>> &delays,
                    const std::optional<std::vector<std::chrono::seconds>> &waits) {
        const auto own_delays = counts(delays), own_waits = counts(waits);
        return detail::make<yuno_schedule, yuno_schedule_free>([&](yuno_schedule **schedule, yuno_error *error) {
            return yuno_schedule_new(static_cast<yuno_since>(since), delays ? detail::list(own_delays) : nullptr, own_delays.size(),
                                     waits ? detail::list(own_waits) : nullptr, own_waits.size(), schedule, error);
        });
    }

    Own own;
};

/** A kind of event that this release knows. */
struct CatalogRow {
    std::string_view kind;
    /** Which resource it tells about. */
    std::string_view family;
    /** On the wire; the first is the kind's own name. */
    std::vector<std::string_view> spellings;
    /** The field, and its value, that selects the kind when a webhook is registered. */
    std::optional<std::pair<std::string_view, std::string_view>> trigger;
    /** Of samples; the first is the one that the provider sends today. */
    std::vector<std::string_view> forms;
};

/** Every kind of event that this release knows. */
inline std::vector<CatalogRow> catalog() {
    std::vector<CatalogRow> rows;
    for (std::size_t row = 0; row < yuno_catalog_count(); row++) {
        CatalogRow own{ detail::view(yuno_catalog_kind(row)), detail::view(yuno_catalog_family(row)), {}, std::nullopt, {} };
        for (std::size_t place = 0; place < yuno_catalog_spelling_count(row); place++)
            own.spellings.push_back(detail::view(yuno_catalog_spelling(row, place)));
        if (const auto field = detail::optional(yuno_catalog_trigger_field(row)))
            own.trigger.emplace(*field, detail::view(yuno_catalog_trigger_value(row)));
        for (std::size_t place = 0; place < yuno_catalog_form_count(row); place++) own.forms.push_back(detail::view(yuno_catalog_form(row, place)));
        rows.push_back(std::move(own));
    }
    return rows;
}

/** The paths that the provider adds to the merchant's base URL by itself, for bank transfers. */
inline std::vector<std::string_view> fixed_paths() {
    std::vector<std::string_view> all;
    for (std::size_t place = 0; place < yuno_fixed_path_count(); place++) all.push_back(detail::view(yuno_fixed_path(place)));
    return all;
}

/** Whether news will follow a status: "pending", "settled", "final" or "unknown". `family` is a `Resource::kind`, "transaction" or "payment_link". */
inline std::string_view finality(std::string_view family, std::string_view status,
                                 std::optional<std::string_view> sub_status = std::nullopt) noexcept {
    return detail::view(yuno_finality(detail::text(family), detail::text(status), detail::text(sub_status)));
}

/** The release of the library that is linked; this header's is YUNO_WEBHOOKS_VERSION. */
inline std::string_view version() noexcept { return detail::view(yuno_version()); }

/** For tests of a receiver. */
namespace testing {

/** What a sample holds. What is absent has a plausible value; equal options give equal bytes. */
struct SampleOptions {
    /** What happened, in any spelling of the catalogue. */
    std::string_view kind;
    std::optional<std::string_view> form{};
    std::optional<std::string_view> status{};
    std::optional<std::string_view> sub_status{};
    std::optional<std::string_view> id{};
    std::optional<std::string_view> account_id{};
    std::optional<std::string_view> transaction_id{};
    std::optional<std::string_view> transaction_status{};
    /** What the transaction moved; the whole amount otherwise. */
    std::optional<std::string_view> transaction_amount{};
    /** As the provider writes it ("2026-08-17T07:35:18.49869Z"). */
    std::optional<std::string_view> updated_at{};
    /** The digits that stand in the body ("24.90"). */
    std::optional<std::string_view> amount{};
    std::optional<std::string_view> currency{};
    std::optional<std::string_view> merchant_reference{};
    /** The counter of tries; nullopt leaves it out. */
    std::optional<std::uint32_t> retry = 0;
};

/** The body of a sample delivery. */
inline std::string sample(const SampleOptions &options) {
    yuno_sample_options given{};
    given.size = sizeof given;
    given.kind = detail::text(options.kind);
    given.form = detail::text(options.form);
    given.status = detail::text(options.status);
    given.sub_status = detail::text(options.sub_status);
    given.id = detail::text(options.id);
    given.account_id = detail::text(options.account_id);
    given.transaction_id = detail::text(options.transaction_id);
    given.transaction_status = detail::text(options.transaction_status);
    given.transaction_amount = detail::text(options.transaction_amount);
    given.updated_at = detail::text(options.updated_at);
    given.amount = detail::text(options.amount);
    given.currency = detail::text(options.currency);
    given.merchant_reference = detail::text(options.merchant_reference);
    given.retry = options.retry.value_or(0);
    given.without_retry = !options.retry;
    const auto made = detail::make<yuno_sample, yuno_sample_free>(
        [&](yuno_sample **handle, yuno_error *error) { return yuno_sample_new(&given, handle, error); });
    return std::string(detail::view(yuno_sample_body(made.get())));
}

/** Signs a body as the provider does: the value of the header x-hmac-signature. */
inline std::string sign(Bytes body, Bytes secret) {
    std::string signature(YUNO_SIGNATURE_LEN, '\0');
    const yuno_str key = { reinterpret_cast<const char *>(secret.data()), secret.size() };
    const yuno_status status = yuno_sign(body.data(), body.size(), key, signature.data(), signature.size(), nullptr);
    if (status != YUNO_OK) throw Error(status);
    return signature;
}

} // namespace testing

} // namespace yuno

#endif /* YUNO_WEBHOOKS_HPP */
