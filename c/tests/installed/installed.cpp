// A delivery through the installed library; its key goes out.
#include <cstdio>
#include <yuno_webhooks.hpp>

int main() {
    yuno::Verifier::Options options;
    options.hmac_secrets = { "a-test-secret" };
    const yuno::Event event = yuno::Verifier(options).verify("{}", { { "x-hmac-signature", yuno::testing::sign("{}", "a-test-secret") } });
    std::puts(std::string(event.dedupe_key()).c_str());
    return yuno::version() != YUNO_WEBHOOKS_VERSION;
}
