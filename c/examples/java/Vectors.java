import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * Runs the cases that it reads from its input and writes what it saw, as c/tests/conformance.c does: a generic runner that knows no expectation.
 * Input: records "NAME LENGTH\nBYTES\n"; a case ends with the record "end". Output: "NAME TYPELENGTH\nBYTES\n" with the types s (text), n (number), b (bool)
 * and 0 (absent).
 */
final class Vectors {
    private record Record(String name, byte[] value) {
        String text() {
            return new String(value, StandardCharsets.UTF_8);
        }
    }

    private final List<Record> records;
    private final ByteArrayOutputStream out;

    private Vectors(List<Record> records, ByteArrayOutputStream out) {
        this.records = records;
        this.out = out;
    }

    public static void main(String[] arguments) throws IOException {
        InputStream in = new BufferedInputStream(System.in);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (List<Record> own = read(in); own != null; own = read(in)) new Vectors(own, out).run();
        System.out.write(out.toByteArray());
        System.out.flush();
    }

    private void run() {
        try {
            switch (get("operation")) {
                case "sign" -> say("signature", YunoWebhooks.sign(bytes("body"), bytes("secret")));
                case "verify" -> verify();
                case "parse" -> say(YunoWebhooks.Event.parseUnverified(bytes("body")));
                case "keys", "recency" -> pair();
                case "admit" -> admit();
                case "finality" -> say("finality", YunoWebhooks.finality(get("family"), get("status"), get("sub_status")));
                case "reply" -> reply();
                case "schedule" -> schedule();
                case "error" -> error();
                case "catalog" -> catalog();
                default -> throw new IllegalArgumentException("no such operation");
            }
        } catch (YunoWebhooks.WebhookException refused) {
            say("error", refused.code().name());
        }
        say("end", "");
    }

    // --- in ---

    /** The records of a case; null at the end of the input. */
    private static List<Record> read(InputStream in) throws IOException {
        List<Record> records = new ArrayList<>();
        for (String name = word(in, ' '); name != null; name = word(in, ' ')) {
            byte[] value = in.readNBytes(Integer.parseInt(word(in, '\n')));
            if (in.read() != '\n') throw new IOException("a short record");
            if (name.equals("end")) return records;
            records.add(new Record(name, value));
        }
        if (!records.isEmpty()) throw new IOException("a case without an end");
        return null;
    }

    private static String word(InputStream in, char end) throws IOException {
        StringBuilder word = new StringBuilder();
        for (int own = in.read(); own != end; own = in.read()) {
            if (own < 0) return null;
            word.append((char) own);
        }
        return word.toString();
    }

    private Optional<Record> find(String name) {
        return records.stream().filter(own -> own.name.equals(name)).findFirst();
    }

    /** Null if there is none. */
    private String get(String name) {
        return find(name).map(Record::text).orElse(null);
    }

    private boolean is(String name) {
        return "true".equals(get(name));
    }

    private byte[] bytes(String name) {
        return find(name).orElseThrow().value;
    }

    private Stream<String> all(String name) {
        return records.stream().filter(own -> own.name.equals(name)).map(Record::text);
    }

    private List<Duration> seconds(String name) {
        return all(name).map(text -> Duration.ofSeconds(Long.parseLong(text))).toList();
    }

    // --- out ---

    private void write(String name, char type, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeBytes((name + " " + type + bytes.length + "\n").getBytes(StandardCharsets.UTF_8));
        out.writeBytes(bytes);
        out.write('\n');
    }

    private void say(String name, String text) {
        write(name, 's', text);
    }

    private void say(String name, Optional<String> text) {
        text.ifPresentOrElse(own -> say(name, own), () -> write(name, '0', ""));
    }

    private void say(String name, long number) {
        write(name, 'n', Long.toString(number));
    }

    private void say(String name, OptionalLong number) {
        number.ifPresentOrElse(own -> say(name, own), () -> write(name, '0', ""));
    }

    private void say(String name, boolean value) {
        write(name, 'b', Boolean.toString(value));
    }

    private void sayInstant(String name, Optional<Instant> instant) {
        BigInteger billion = BigInteger.valueOf(1_000_000_000);
        say(name, instant.map(own -> BigInteger.valueOf(own.getEpochSecond()).multiply(billion).add(BigInteger.valueOf(own.getNano())).toString()));
    }

    private void sayAmount(String name, Optional<YunoWebhooks.Amount> amount) {
        say(name + ".value", amount.map(YunoWebhooks.Amount::text));
        say(name + ".currency", amount.flatMap(YunoWebhooks.Amount::currency));
        say(name + ".minor_units", amount.flatMap(YunoWebhooks.Amount::minorUnits).map(BigInteger::toString));
    }

    private void say(YunoWebhooks.Event event) {
        YunoWebhooks.Resource resource = event.resource();
        Optional<YunoWebhooks.Transaction> transaction = resource.transaction();
        Optional<Instant> transactionUpdatedAt = transaction.flatMap(YunoWebhooks.Transaction::updatedAt);
        say("event/kind", event.kind());
        say("event/sent_name", event.sentName());
        say("event/shape", event.shape());
        say("event/account_id", event.accountId());
        say("event/finality", event.finality());
        say("event/dedupe_key", event.dedupeKey());
        say("event/published_key", event.publishedKey());
        say("event/resource.kind", resource.kind());
        say("event/resource.id", resource.id());
        say("event/resource.status", resource.status());
        say("event/resource.sub_status", resource.subStatus());
        say("event/resource.merchant_reference", resource.merchantReference());
        say("event/resource.idempotency_key", resource.idempotencyKey());
        sayAmount("event/resource.amount", resource.amount());
        say("event/resource.transaction.id", transaction.flatMap(YunoWebhooks.Transaction::id));
        say("event/resource.transaction.type", transaction.flatMap(YunoWebhooks.Transaction::type));
        say("event/resource.transaction.status", transaction.flatMap(YunoWebhooks.Transaction::status));
        sayAmount("event/resource.transaction.amount", transaction.flatMap(YunoWebhooks.Transaction::amount));
        say("event/data", event.data());
        sayInstant("event/resource.created_at_ns", resource.createdAt());
        sayInstant("event/resource.updated_at_ns", resource.updatedAt());
        sayInstant("event/resource.transaction.updated_at_ns", transactionUpdatedAt);
        say("event/retry", event.retry());
        say("event/version", event.version());
        say("event/secret_index", event.secretIndex().stream().asLongStream().findFirst());
        say("event/signed", event.signed());
        say("event/repeatable", event.repeatable());

        Optional<Instant> latest = Stream.of(resource.updatedAt(), transactionUpdatedAt).flatMap(Optional::stream).max(Instant::compareTo);
        if (!event.changedAt().equals(latest)) throw new IllegalStateException("another change");
    }

    // --- operations ---

    private YunoWebhooks.Verifier verifier() {
        if (is("environment")) {
            for (String name : List.of("YUNO_WEBHOOK_HMAC_SECRET", "YUNO_WEBHOOK_API_KEY", "YUNO_WEBHOOK_X_SECRET", "YUNO_WEBHOOK_UNSIGNED")) {
                Environment.set(name, get(name));
            }
            return YunoWebhooks.Verifier.fromEnv();
        }
        YunoWebhooks.Options options = new YunoWebhooks.Options().unsigned(is("unsigned"));
        if (is("has_hmac_secret")) options.hmacSecrets(all("hmac_secret").toArray(String[]::new));
        if (is("has_api_key")) options.apiKeys(all("api_key").toArray(String[]::new));
        if (is("has_x_secret")) options.xSecrets(all("x_secret").toArray(String[]::new));
        for (int place = 0; place < records.size(); place++) {
            if (!records.get(place).name.equals("required_header")) continue;
            Stream<Record> values = records.subList(place + 1, records.size()).stream().takeWhile(own -> own.name.equals("required_value"));
            options.requiredHeader(records.get(place).text(), values.map(Record::text).toArray(String[]::new));
        }
        find("max_body_bytes").ifPresent(limit -> options.maxBodyBytes(Long.parseLong(limit.text())));
        return new YunoWebhooks.Verifier(options);
    }

    private void verify() {
        Map<String, List<String>> headers = new LinkedHashMap<>();
        List<String> names = all("header_name").toList(), values = all("header_value").toList();
        for (int place = 0; place < names.size(); place++) headers.computeIfAbsent(names.get(place), name -> new ArrayList<>()).add(values.get(place));
        try (YunoWebhooks.Verifier verifier = verifier()) {
            say(verifier.verify(bytes("body"), headers));
        }
    }

    private void admit() {
        YunoWebhooks.Options options = new YunoWebhooks.Options().hmacSecrets("whsec-one");
        find("max_body_bytes").ifPresent(limit -> options.maxBodyBytes(Long.parseLong(limit.text())));
        try (YunoWebhooks.Verifier verifier = new YunoWebhooks.Verifier(options)) {
            verifier.admit(get("content_length"), get("content_encoding"));
            say("admitted", true);
        }
    }

    private void pair() {
        YunoWebhooks.Event first = YunoWebhooks.Event.parseUnverified(bytes("first")), second = YunoWebhooks.Event.parseUnverified(bytes("second"));
        say("first", first.dedupeKey());
        say("second", second.dedupeKey());
        say("first_published", first.publishedKey());
        say("second_published", second.publishedKey());
        say("same", first.dedupeKey().equals(second.dedupeKey()));
        YunoWebhooks.Recency recency = first.compareRecency(second);
        say("first_to_second", recency.name().toLowerCase(Locale.ROOT));
        say("second_to_first", second.compareRecency(first).name().toLowerCase(Locale.ROOT));
        Optional<Boolean> newer = switch (recency) {
            case UNORDERED, UNRELATED -> Optional.empty();
            case NEWER -> Optional.of(true);
            case SAME, OLDER -> Optional.of(false);
        };
        if (!first.isNewerThan(second).equals(newer)) throw new IllegalStateException("another order");
    }

    private void reply() {
        YunoWebhooks.Reply reply = find("error").map(name -> YunoWebhooks.Reply.toError(refused(name.text()), is("stored")))
                .orElseGet(YunoWebhooks.Reply::received);
        say("status", reply.status());
        say("body", reply.body());
    }

    private YunoWebhooks.WebhookException refused(String name) {
        if (is("empty_body") && name.equals("BODY_NOT_JSON")) {
            try {
                throw new IllegalStateException("an empty body is " + YunoWebhooks.Event.parseUnverified(new byte[0]));
            } catch (YunoWebhooks.WebhookException refused) { // as a receiver gets it
                return refused;
            }
        }
        return new YunoWebhooks.WebhookException(YunoWebhooks.Code.named(name).orElseThrow(), null, is("empty_body"));
    }

    private void schedule() {
        YunoWebhooks.Since since = YunoWebhooks.Since.valueOf(get("since").toUpperCase(Locale.ROOT));
        try (YunoWebhooks.Schedule schedule = new YunoWebhooks.Schedule(since, seconds("delay"), seconds("wait"))) {
            try {
                seconds("retention").forEach(schedule::checkRetention);
            } catch (YunoWebhooks.WebhookException refused) {
                say("error", refused.code().name());
            }
            List<Duration> offsets = schedule.offsets();
            for (int retry = 0; retry < offsets.size(); retry++) {
                say("offsets_seconds[]", offsets.get(retry).toSeconds());
                say("waits_seconds[]", schedule.acknowledgementWait(retry).toSeconds());
            }
            say("total_seconds", schedule.total().toSeconds());
            say("minimum_retention_seconds", schedule.minimumRetention().toSeconds());
        }
    }

    private void error() {
        YunoWebhooks.Code code = YunoWebhooks.Code.named(get("code")).orElseThrow();
        if (code.message().isEmpty()) throw new IllegalStateException("an error without a message");
        say("number", code.number());
        say("stage", code.stage());
        say("http_status", code.httpStatus());
    }

    private void catalog() {
        Optional<YunoWebhooks.CatalogRow> row = YunoWebhooks.catalog().stream().filter(own -> own.spellings().contains(get("spelling"))).findFirst();
        say("kind", row.map(YunoWebhooks.CatalogRow::kind).orElse("unknown"));
        say("family", row.map(YunoWebhooks.CatalogRow::family));
        row.flatMap(YunoWebhooks.CatalogRow::trigger).ifPresentOrElse(trigger -> {
            say("trigger[]", trigger.field());
            say("trigger[]", trigger.value());
        }, () -> write("trigger", '0', ""));
    }

    /** The environment of the process, which Java itself does not change. */
    @SuppressWarnings("restricted")
    private static final class Environment {
        private static final Linker LINKER = Linker.nativeLinker();
        private static final MethodHandle SETENV = function("setenv", ADDRESS, ADDRESS, JAVA_INT);
        private static final MethodHandle UNSETENV = function("unsetenv", ADDRESS);

        private static MethodHandle function(String name, MemoryLayout... arguments) {
            return LINKER.downcallHandle(LINKER.defaultLookup().find(name).orElseThrow(), FunctionDescriptor.of(JAVA_INT, arguments));
        }

        /** Null to have no such variable. */
        static void set(String name, String value) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment own = arena.allocateFrom(name);
                int _ = value == null ? (int) UNSETENV.invokeExact(own) : (int) SETENV.invokeExact(own, arena.allocateFrom(value), 1);
            } catch (Throwable failure) {
                throw new AssertionError(failure);
            }
        }
    }
}
