/*
 * The durable inbox's statements and decisions from C++17 or newer, for a database and a driver of yours: a delivery is stored once and acknowledged, and
 * worked on later under a lease. core/INBOX.md of the sources says what it guarantees, and core/src/inbox what each statement does and gives.
 *
 * Texts of a Sql or a Row live as long as it does, others for ever. Failure and absence are as in yuno_webhooks.hpp.
 */
#ifndef YUNO_WEBHOOKS_INBOX_HPP
#define YUNO_WEBHOOKS_INBOX_HPP

#include "yuno_webhooks.hpp"

namespace yuno::inbox {

/** The names of the statements, such as "accept". */
inline std::vector<std::string_view> statements() {
    std::vector<std::string_view> all;
    for (std::size_t place = 0; place < yuno_inbox_statement_count(); place++) all.push_back(detail::view(yuno_inbox_statement(place)));
    return all;
}

/** The statements for a store, "sqlite" (named parameters, :scope) or "postgres" (numbered ones, $1). */
class Sql {
public:
    explicit Sql(std::string_view store)
        : own(detail::make<yuno_inbox_sql, yuno_inbox_sql_free>(
              [&](yuno_inbox_sql **sql, yuno_error *error) { return yuno_inbox_sql_new(detail::text(store), sql, error); })) {}

    /** The text of a statement, which lives as long as this. Absent for another name. */
    std::optional<std::string_view> text(std::string_view statement) const & noexcept {
        return detail::optional(yuno_inbox_sql_text(own.get(), detail::text(statement)));
    }

private:
    detail::Handle<yuno_inbox_sql, yuno_inbox_sql_free> own;
};

/** The names of a statement's parameters, in the order of their numbers. */
inline std::vector<std::string_view> parameters(std::string_view statement) {
    std::vector<std::string_view> all;
    for (std::size_t place = 0; place < yuno_inbox_parameter_count(detail::text(statement)); place++)
        all.push_back(detail::view(yuno_inbox_parameter(detail::text(statement), place)));
    return all;
}

/** The statements that bring a store from a version of the schema, 0 where it has none, to this release's. Throws SCHEMA_MISMATCH for a later release's. */
inline std::vector<std::string_view> migrations(std::string_view store, std::uint32_t version) {
    std::size_t count = 0;
    yuno_error error;
    if (yuno_inbox_migration_count(detail::text(store), version, &count, &error) != YUNO_OK) throw Error(error);
    std::vector<std::string_view> all;
    for (std::size_t place = 0; place < count; place++) all.push_back(detail::view(yuno_inbox_migration(detail::text(store), version, place)));
    return all;
}

/** What is stored of a delivery: parameters of the statement "accept". The body is yours to add. */
class Row {
public:
    /** Of an event. */
    explicit Row(const Event &event)
        : own(detail::make<yuno_inbox_row, yuno_inbox_row_free>(
              [&](yuno_inbox_row **row, yuno_error *error) { return yuno_inbox_row_new(event.own.get(), row, error); })) {}

    /** Of an authentic body that is no event, with the error that says why. Absent where there is nothing to store. */
    static std::optional<Row> of_unreadable(Bytes body, const Error &why) {
        auto made = detail::make<yuno_inbox_row, yuno_inbox_row_free>([&](yuno_inbox_row **row, yuno_error *error) {
            return yuno_inbox_row_of_unreadable(body.data(), body.size(), &why.own, row, error);
        });
        return made ? std::optional(Row(std::move(made))) : std::nullopt;
    }

    std::string_view key() const & noexcept { return detail::view(yuno_inbox_row_key(own.get())); }
    std::optional<std::string_view> kind() const & noexcept { return detail::optional(yuno_inbox_row_kind(own.get())); }
    /** What is worked on one after another. */
    std::optional<std::string_view> resource() const & noexcept { return detail::optional(yuno_inbox_row_resource(own.get())); }
    /** In nanoseconds since 1970. */
    std::optional<std::int64_t> changed_at() const noexcept { return detail::optional(yuno_inbox_row_changed_at, own.get()); }
    /** After how many milliseconds an equal body is another occurrence; absent where it never is. */
    std::optional<std::int64_t> repeat_after() const noexcept { return detail::optional(yuno_inbox_row_repeat_after, own.get()); }
    std::optional<std::string_view> error_class() const & noexcept { return detail::optional(yuno_inbox_row_error_class(own.get())); }
    std::optional<std::string_view> error_text() const & noexcept { return detail::optional(yuno_inbox_row_error_text(own.get())); }

private:
    using Own = detail::Handle<yuno_inbox_row, yuno_inbox_row_free>;

    explicit Row(Own made) noexcept : own(std::move(made)) {}

    Own own;
};

/** How long a failed delivery waits for its next attempt: twice as long each time, up to a limit, less a random part of up to a half. */
struct Backoff {
    std::chrono::milliseconds first = std::chrono::seconds(5);
    std::chrono::milliseconds most = std::chrono::hours(1);
    std::uint32_t attempts = 24;

    /** After an attempt that failed, of which 1 is the first; absent after the last one. `random`: any number, evenly distributed. Throws INVALID_LIMIT. */
    std::optional<std::chrono::milliseconds> delay(std::uint32_t attempt, std::uint32_t random) const {
        bool again = false;
        std::uint64_t delay = 0;
        const auto count = [](std::chrono::milliseconds time) { return time.count() < 0 ? 0 : static_cast<std::uint64_t>(time.count()); };
        const yuno_status status = yuno_inbox_delay(count(first), count(most), attempts, attempt, random, &again, &delay);
        if (status != YUNO_OK) throw Error(status);
        return again ? std::optional(std::chrono::milliseconds(static_cast<std::int64_t>(delay))) : std::nullopt;
    }
};

} // namespace yuno::inbox

#endif /* YUNO_WEBHOOKS_INBOX_HPP */
