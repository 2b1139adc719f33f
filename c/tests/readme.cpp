// Drives the C++ receiver of the README, which tests/readme.rs puts before this text: signed deliveries in, effects counted.
#include <cstdlib>
#include <iostream>
#include <set>

static std::set<std::string, std::less<>> keys;
static int shipped, kept;

bool keep(std::string_view body) {
    kept += body == "oops";
    return true;
}

bool is_seen(std::string_view key) { return keys.count(key) > 0; }

void mark_seen(std::string_view key) { keys.emplace(key); }

void ship(std::optional<std::string_view> order) { shipped += order == "order-1001"; }

static const char SECRET[] = "a-test-secret";

static int deliver(const std::string &body, const char *secret) {
    static const yuno::Verifier verifier = [] {
        yuno::Verifier::Options options;
        options.hmac_secrets = { SECRET };
        return yuno::Verifier(options);
    }();
    return receive(verifier, body, { { "Content-Type", "application/json" }, { "X-Hmac-Signature", yuno::testing::sign(body, secret) } }).status;
}

static int purchase(const char *status, const char *sub_status, const char *transaction_status, std::uint32_t retry, const char *secret) {
    yuno::testing::SampleOptions options;
    options.kind = "payment.purchase";
    options.status = status;
    options.sub_status = sub_status;
    options.transaction_status = transaction_status;
    options.retry = retry;
    return deliver(yuno::testing::sample(options), secret);
}

#define CHECK(condition) \
    if (!(condition)) return std::cerr << "line " << __LINE__ << ": not " << #condition << "\n", 1

int main() {
    CHECK(purchase("PENDING", "IN_PROCESS", "PENDING", 0, SECRET) == 200 && shipped == 0 && keys.size() == 1);
    CHECK(purchase("SUCCEEDED", "APPROVED", "SUCCEEDED", 0, "another-secret") == 401 && shipped == 0 && keys.size() == 1);
    CHECK(purchase("SUCCEEDED", "APPROVED", "SUCCEEDED", 0, SECRET) == 200 && shipped == 1 && keys.size() == 2);
    CHECK(purchase("SUCCEEDED", "APPROVED", "SUCCEEDED", 1, SECRET) == 200 && shipped == 1 && keys.size() == 2);
    CHECK(purchase("SUCCEEDED", "APPROVED", "DECLINED", 0, SECRET) == 200 && shipped == 1 && keys.size() == 3);
    CHECK(deliver("oops", SECRET) == 200 && kept == 1 && shipped == 1);
    CHECK(deliver("oops", "another-secret") == 401 && kept == 1);
    return 0;
}
