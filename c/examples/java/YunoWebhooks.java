import static java.lang.foreign.MemoryLayout.paddingLayout;
import static java.lang.foreign.MemoryLayout.structLayout;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.Serializable;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.LongStream;

/**
 * Receives the webhooks of the payments provider Yuno: verifies, parses and de-duplicates each delivery, in this order. It is a binding of the C library
 * yuno-webhooks, and decides nothing itself. Copy it into your project, give it your package, and run it on Java 22 or newer with --enable-native-access.
 *
 * <p>The library is found by its name where the system looks for libraries, or by the full path in the variable YUNO_WEBHOOKS_LIBRARY. What is absent is an
 * empty Optional. A call that fails throws a {@link WebhookException}. Any number of threads may use one object at once.
 */
public final class YunoWebhooks {
    private YunoWebhooks() {}

    // --- errors and replies ---

    /**
     * Why a call failed: a name such as SIGNATURE_MISMATCH, the same in every language, and what to do. Its stage says who can mend it: configuration,
     * authentication, payload (the delivery is authentic: keep its bytes), inbox or boundary.
     */
    public record Code(int number, String name, String stage, int httpStatus, String message) implements Serializable {
        /** All codes, in the order of their numbers. */
        public static List<Code> all() {
            return call(arena -> {
                List<Code> codes = new ArrayList<>();
                for (long place = 0, count = (long) C.STATUS_COUNT.invokeExact(); place < count; place++) {
                    codes.add(of((int) C.STATUS_AT.invokeExact(place)));
                }
                return codes;
            });
        }

        /** The code of a name, if there is one. */
        public static Optional<Code> named(String name) {
            return all().stream().filter(code -> code.name.equals(name)).findFirst();
        }

        private static Code of(int number) {
            return call(arena -> new Code(number,
                    string((MemorySegment) C.STATUS_NAME.invokeExact((SegmentAllocator) arena, number)),
                    string((MemorySegment) C.STATUS_STAGE.invokeExact((SegmentAllocator) arena, number)),
                    Short.toUnsignedInt((short) C.STATUS_HTTP_STATUS.invokeExact(number)),
                    string((MemorySegment) C.STATUS_MESSAGE.invokeExact((SegmentAllocator) arena, number))));
        }
    }

    /** Why a call failed. Its message is a line for a log, and holds constants only, never a part of a body or a secret. */
    public static final class WebhookException extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final Code code;
        private final String hint;
        private final boolean emptyBody;

        /** One as the library would throw it; the hint may be null. */
        public WebhookException(Code code, String hint, boolean emptyBody) {
            super(line(code, hint, emptyBody));
            this.code = code;
            this.hint = hint;
            this.emptyBody = emptyBody;
        }

        public Code code() {
            return code;
        }

        /** What more is known than the code says. */
        public Optional<String> hint() {
            return Optional.ofNullable(hint);
        }

        /** Whether the body was authentic and had no bytes at all: {@link Reply#toError} acknowledges it. */
        public boolean emptyBody() {
            return emptyBody;
        }

        private static String line(Code code, String hint, boolean emptyBody) {
            return call(arena -> {
                MemorySegment own = error(arena, code.number, hint, emptyBody), size = arena.allocate(JAVA_LONG);
                int _ = (int) C.ERROR_TEXT.invokeExact(own, MemorySegment.NULL, 0L, size);
                MemorySegment line = arena.allocate(size.get(JAVA_LONG, 0) + 1);
                int _ = (int) C.ERROR_TEXT.invokeExact(own, line, line.byteSize(), size);
                return line.getString(0);
            });
        }
    }

    /** What a receiver answers. The body is of the type application/json; it may be empty. */
    public record Reply(int status, String body) {
        /** To a delivery that was accepted, is a duplicate, or is of an unknown kind. */
        public static Reply received() {
            return call(arena -> of((MemorySegment) C.REPLY_RECEIVED.invokeExact((SegmentAllocator) arena)));
        }

        /** To a delivery that could not be stored or handled now, so that the provider sends it again. */
        public static Reply tryAgain() {
            return call(arena -> of((MemorySegment) C.REPLY_TRY_AGAIN.invokeExact((SegmentAllocator) arena)));
        }

        /** To a delivery that was refused. {@code stored} says that its raw bytes are kept: an authentic one is then acknowledged. */
        public static Reply toError(WebhookException error, boolean stored) {
            return call(arena -> {
                MemorySegment own = error == null ? MemorySegment.NULL : error(arena, error.code.number, error.hint, error.emptyBody);
                return of((MemorySegment) C.REPLY_TO_ERROR.invokeExact((SegmentAllocator) arena, own, stored));
            });
        }

        private static Reply of(MemorySegment reply) {
            return new Reply(Short.toUnsignedInt(reply.get(JAVA_SHORT, 0)), string(reply.asSlice(8)));
        }
    }

    // --- verifier ---

    /**
     * What a verifier accepts. A list has one to eight values, all of which are accepted: several while you rotate. One that is set and empty is refused,
     * except for hmacSecrets.
     */
    public static final class Options {
        private List<String> hmacSecrets;
        private List<String> apiKeys;
        private List<String> xSecrets;
        private final List<Map.Entry<String, List<String>>> requiredHeaders = new ArrayList<>();
        private OptionalLong maxBodyBytes = OptionalLong.empty();
        private boolean unsigned;

        /** The webhook's client secrets. */
        public Options hmacSecrets(String... secrets) {
            hmacSecrets = List.of(secrets);
            return this;
        }

        /** What the header x-api-key must hold. */
        public Options apiKeys(String... keys) {
            apiKeys = List.of(keys);
            return this;
        }

        /** What the header x-secret must hold. */
        public Options xSecrets(String... secrets) {
            xSecrets = List.of(secrets);
            return this;
        }

        /** What another header must hold, each value whole, such as "Bearer abc". */
        public Options requiredHeader(String name, String... values) {
            requiredHeaders.add(Map.entry(name, List.of(values)));
            return this;
        }

        /** The largest body that is looked at; 2 MiB unless you say otherwise. */
        public Options maxBodyBytes(long bytes) {
            if (bytes < 0) throw new IllegalArgumentException("maxBodyBytes is below 0");
            maxBodyBytes = OptionalLong.of(bytes);
            return this;
        }

        /** To receive deliveries without a signature. Then there are no hmacSecrets, and at least one of the other lists is set. */
        public Options unsigned(boolean unsigned) {
            this.unsigned = unsigned;
            return this;
        }

        private MemorySegment in(Arena arena) {
            MemorySegment own = arena.allocate(C.VERIFIER_OPTIONS);
            own.set(JAVA_LONG, 0, own.byteSize());
            list(arena, own, 8, hmacSecrets);
            list(arena, own, 24, apiKeys);
            list(arena, own, 40, xSecrets);
            MemorySegment required = arena.allocate(C.REQUIRED_HEADER, requiredHeaders.size());
            long at = 0;
            for (Map.Entry<String, List<String>> header : requiredHeaders) {
                put(arena, required, at, header.getKey());
                list(arena, required, at + 16, header.getValue());
                at += C.REQUIRED_HEADER.byteSize();
            }
            own.set(ADDRESS, 56, required);
            own.set(JAVA_LONG, 64, requiredHeaders.size());
            maxBodyBytes.ifPresent(limit -> own.set(ADDRESS, 72, arena.allocateFrom(JAVA_LONG, limit)));
            own.set(JAVA_BOOLEAN, 80, unsigned);
            return own;
        }

        /** A list of texts, which is not set if it is null. */
        private static void list(Arena arena, MemorySegment struct, long offset, List<String> texts) {
            if (texts == null) return;
            MemorySegment own = arena.allocate(C.STR.byteSize() * Math.max(texts.size(), 1), C.STR.byteAlignment());
            for (int place = 0; place < texts.size(); place++) put(arena, own, place * C.STR.byteSize(), texts.get(place));
            struct.set(ADDRESS, offset, own);
            struct.set(JAVA_LONG, offset + 8, texts.size());
        }
    }

    /** Decides whether deliveries are authentic. Make one at start and share it. */
    public static final class Verifier implements AutoCloseable {
        private final Handle handle;

        public Verifier(Options options) {
            handle = new Handle(C.VERIFIER_FREE, (arena, out, error) -> (int) C.VERIFIER_NEW.invokeExact(options.in(arena), out, error));
        }

        private Verifier() {
            handle = new Handle(C.VERIFIER_FREE, (arena, out, error) -> (int) C.VERIFIER_FROM_ENV.invokeExact(out, error));
        }

        /**
         * From YUNO_WEBHOOK_HMAC_SECRET, YUNO_WEBHOOK_API_KEY and YUNO_WEBHOOK_X_SECRET, each with one value a line, and YUNO_WEBHOOK_UNSIGNED, which is "1" to
         * receive without a signature.
         */
        public static Verifier fromEnv() {
            return new Verifier();
        }

        /**
         * Verifies a delivery and then parses it. The body is the raw one as it came in, never one that was parsed and written again. The headers are the
         * request's, with every value of each.
         */
        public Event verify(byte[] body, Map<String, List<String>> headers) {
            Objects.requireNonNull(body, "body is null: give the request's raw bytes as they came in, not parsed JSON");
            Objects.requireNonNull(headers, "headers is null: give every header of the request, with all of its values");
            return handle.use((arena, own) -> {
                int count = headers.values().stream().mapToInt(List::size).sum();
                MemorySegment given = arena.allocate(C.HEADER, count);
                long at = 0;
                for (Map.Entry<String, List<String>> header : headers.entrySet()) {
                    for (String value : header.getValue()) {
                        put(arena, given, at, header.getKey());
                        put(arena, given, at + 16, value);
                        at += C.HEADER.byteSize();
                    }
                }
                MemorySegment bytes = arena.allocateFrom(JAVA_BYTE, body), list = given;
                return Event.made(arena, (out, error) ->
                        (int) C.VERIFY.invokeExact(own, bytes, bytes.byteSize(), list, (long) count, out, error));
            });
        }

        /**
         * Looks at the values of content-length and content-encoding, null where there is none, before the body is read, so that what could never be accepted
         * need not be. Count what you read all the same, since either may be absent or false.
         */
        public void admit(String contentLength, String contentEncoding) {
            handle.use((arena, own) -> {
                MemorySegment error = arena.allocate(C.ERROR);
                check((int) C.ADMIT.invokeExact(own, text(arena, contentLength), text(arena, contentEncoding), error), error);
                return null;
            });
        }

        /** The largest body that is looked at. A receiver may stop reading one byte further. */
        public long maxBodyBytes() {
            return handle.use((arena, own) -> (long) C.MAX_BODY_BYTES.invokeExact(own));
        }

        /** Whether the verifier looks at the header of this name, in any case. The others need not be given to verify. */
        public boolean readsHeader(String name) {
            return handle.use((arena, own) -> (boolean) C.READS_HEADER.invokeExact(own, text(arena, name)));
        }

        /** Wipes the secrets from memory now, instead of some time after the last use. Waits for calls that use the verifier; later ones throw. */
        @Override
        public void close() {
            handle.close();
        }
    }

    // --- event ---

    /**
     * An authentic delivery that was read. An unknown kind, status or shape is a value, never a failure; what the body lacks, or has of another type, is
     * absent.
     *
     * @param kind what happened, such as "payment.purchase"; "unknown" for a kind that this release does not know
     * @param sentName the name under which the kind was sent
     * @param shape the wire shape: "enveloped", "v1", "banking_incoming", "split_transfer", "domain" or "unknown"
     * @param accountId the merchant's account at the provider
     * @param retry how often this delivery was tried before; 0 is the first try
     * @param version the version of the envelope
     * @param signed whether a signature proved this event: not for unsigned deliveries, nor after parseUnverified
     * @param secretIndex which of the verifier's secrets signed it, from 0: how to see that a rotation is over
     * @param finality whether news of the resource will follow: "pending", "settled", "final" or "unknown"; it never says that money moved
     * @param repeatable whether the provider sends byte-identical bodies for different occurrences of this event
     * @param dedupeKey the key under which a redelivery of this delivery comes again, and no other: de-duplicate by it, and keep it for ever
     * @param publishedKey for comparison and logs; it merges different events: never de-duplicate by it
     * @param changedAt when the resource, or the transaction that triggered the event, last changed
     * @param resource what the event tells about
     * @param raw the body as it came in
     */
    public record Event(String kind, Optional<String> sentName, String shape, Optional<String> accountId, OptionalLong retry, OptionalLong version,
            boolean signed, OptionalInt secretIndex, String finality, boolean repeatable, String dedupeKey, Optional<String> publishedKey,
            Optional<Instant> changedAt, Resource resource, Raw raw) {

        /** Reads a body that was verified before it was stored. It checks no signature and no limit: whoever calls it vouches for the body. */
        public static Event parseUnverified(byte[] body) {
            Objects.requireNonNull(body, "body is null: give the raw bytes that you stored");
            return call(arena -> {
                MemorySegment bytes = arena.allocateFrom(JAVA_BYTE, body);
                return made(arena, (out, error) -> (int) C.PARSE.invokeExact(bytes, bytes.byteSize(), out, error));
            });
        }

        /** The JSON text of the data object where the body has one, else of the whole body. It parses the body again. */
        public String data() {
            return call(arena -> raw.parsed(arena, own -> string((MemorySegment) C.DATA.invokeExact((SegmentAllocator) arena, own))));
        }

        /** How this event's news of its resource relates to the other's. It parses both bodies again. */
        public Recency compareRecency(Event other) {
            return call(arena -> raw.parsed(arena, own -> other.raw.parsed(arena, second ->
                    Recency.of((int) C.COMPARE_RECENCY.invokeExact(own, second)))));
        }

        /** Whether this event is newer news of its resource than the other; empty if that cannot be told. It parses both bodies again. */
        public Optional<Boolean> isNewerThan(Event other) {
            return call(arena -> raw.parsed(arena, own -> other.raw.parsed(arena, second -> {
                MemorySegment newer = arena.allocate(JAVA_BOOLEAN);
                boolean told = (boolean) C.IS_NEWER_THAN.invokeExact(own, second, newer);
                return told ? Optional.of(newer.get(JAVA_BOOLEAN, 0)) : Optional.empty();
            })));
        }

        /** Keeps the delivery out of logs. */
        @Override
        public String toString() {
            return "Event[" + kind + ", " + dedupeKey + "]";
        }

        /** The event that a call makes. All is read at once, so that nobody needs to close an event. */
        private static Event made(Arena arena, Make make) throws Throwable {
            return C.with(arena, C.EVENT_FREE, make, own -> {
                Reader event = new Reader(own, arena);
                Optional<Transaction> transaction = (boolean) C.TRANSACTION_PRESENT.invokeExact(own)
                        ? Optional.of(new Transaction(event.text(C.TRANSACTION_ID), event.text(C.TRANSACTION_TYPE), event.text(C.TRANSACTION_STATUS),
                                event.amount(C.TRANSACTION_VALUE, C.TRANSACTION_CURRENCY, C.TRANSACTION_MINOR_UNITS),
                                event.instant(C.TRANSACTION_UPDATED_AT)))
                        : Optional.empty();
                Resource resource = new Resource(event.string(C.RESOURCE_KIND), event.text(C.RESOURCE_ID), event.text(C.RESOURCE_STATUS),
                        event.text(C.RESOURCE_SUB_STATUS), event.instant(C.RESOURCE_CREATED_AT), event.instant(C.RESOURCE_UPDATED_AT),
                        event.text(C.RESOURCE_MERCHANT_REFERENCE), event.text(C.RESOURCE_IDEMPOTENCY_KEY),
                        event.amount(C.AMOUNT_VALUE, C.AMOUNT_CURRENCY, C.AMOUNT_MINOR_UNITS), transaction);
                return new Event(event.string(C.KIND), event.text(C.SENT_NAME), event.string(C.SHAPE), event.text(C.ACCOUNT_ID), event.number(C.RETRY),
                        event.number(C.VERSION), (boolean) C.SIGNED.invokeExact(own), event.index(C.SECRET_INDEX), event.string(C.FINALITY),
                        (boolean) C.REPEATABLE.invokeExact(own), event.string(C.DEDUPE_KEY), event.text(C.PUBLISHED_KEY), event.instant(C.CHANGED_AT),
                        resource, new Raw(event.bytes(C.RAW)));
            });
        }
    }

    /**
     * What an event tells about.
     *
     * @param kind such as "payment"; "unknown" for what this release does not know
     * @param status as it was sent; new ones may appear at any time
     * @param subStatus of a payment it decides: the status "SUCCEEDED" alone does not say that money moved
     * @param merchantReference the merchant's own reference, such as the order's number
     * @param idempotencyKey the same in every event of a payment: never de-duplicate by it
     * @param amount the sum of money, of a payment the whole payment's
     * @param transaction the one that triggered the event
     */
    public record Resource(String kind, Optional<String> id, Optional<String> status, Optional<String> subStatus, Optional<Instant> createdAt,
            Optional<Instant> updatedAt, Optional<String> merchantReference, Optional<String> idempotencyKey, Optional<Amount> amount,
            Optional<Transaction> transaction) {}

    /**
     * One attempt to move, reserve, return or verify money.
     *
     * @param type such as "PURCHASE" or "THREE_D_SECURE"
     * @param amount what it moved, reserved or returned, of a partial refund the part
     */
    public record Transaction(Optional<String> id, Optional<String> type, Optional<String> status, Optional<Amount> amount, Optional<Instant> updatedAt) {}

    /**
     * A sum of money.
     *
     * @param text in major units, the digits that were sent: a JSON number such as "2000.0"
     * @param currency by the provider's documents a code of ISO 4217
     * @param minorUnits in the currency's smallest unit, up to 128 bits; empty if that is not exact or the currency is not known
     */
    public record Amount(String text, Optional<String> currency, Optional<BigInteger> minorUnits) {
        /** The sum in major units. Throws NumberFormatException if the exponent that was sent is beyond what a BigDecimal has. */
        public BigDecimal value() {
            return new BigDecimal(text);
        }
    }

    /** The body of a delivery, as it came in. */
    public static final class Raw {
        private final byte[] bytes;

        private Raw(byte[] bytes) {
            this.bytes = bytes;
        }

        /** A copy of the bytes. */
        public byte[] bytes() {
            return bytes.clone();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Raw raw && Arrays.equals(bytes, raw.bytes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bytes);
        }

        /** Keeps the body out of logs. */
        @Override
        public String toString() {
            return "Raw[" + bytes.length + " bytes]";
        }

        private <T> T parsed(Arena arena, Use<T> use) throws Throwable {
            MemorySegment own = arena.allocateFrom(JAVA_BYTE, bytes);
            return C.with(arena, C.EVENT_FREE, (out, error) -> (int) C.PARSE.invokeExact(own, own.byteSize(), out, error), use);
        }
    }

    /** How one event's news of a resource relates to another's, by the instants at which the resource changed. */
    public enum Recency {
        /** It cannot be told: the instants are equal or missing. */
        UNORDERED,
        /** The same delivery: equal keys. */
        SAME,
        /** Later news. */
        NEWER,
        /** Earlier news, which the other has overtaken. */
        OLDER,
        /** Not the same resource, or one that does not say which it is. */
        UNRELATED;

        private static Recency of(int number) {
            return number < values().length ? values()[number] : UNORDERED; // what a later release may add, this one cannot order
        }
    }

    // --- schedule ---

    /** From when a schedule's delays count. The provider's pages can be read either way; the previous try is the one to plan for. */
    public enum Since {
        PREVIOUS_TRY,
        FIRST_TRY
    }

    /** When the provider tries to deliver, and how long it waits for an acknowledgement. Times are whole seconds. */
    public static final class Schedule implements AutoCloseable {
        private final Handle handle;

        /**
         * Delays are one a try, the first of them 0; the last of the waits holds for all later tries. Null stands for what the provider documents.
         */
        public Schedule(Since since, List<Duration> delays, List<Duration> waits) {
            handle = new Handle(C.SCHEDULE_FREE, (arena, out, error) -> {
                MemorySegment first = seconds(arena, delays), second = seconds(arena, waits);
                long firstLen = delays == null ? 0 : delays.size(), secondLen = waits == null ? 0 : waits.size();
                return (int) C.SCHEDULE_NEW.invokeExact(since.ordinal(), first, firstLen, second, secondLen, out, error);
            });
        }

        /** When each try comes, counted from the first. */
        public List<Duration> offsets() {
            return handle.use((arena, own) -> {
                List<Duration> offsets = new ArrayList<>();
                for (long retry = 0, count = (long) C.OFFSET_COUNT.invokeExact(own); retry < count; retry++) {
                    offsets.add(duration((long) C.OFFSET.invokeExact(own, retry)));
                }
                return offsets;
            });
        }

        /** From the first try to the last. */
        public Duration total() {
            return handle.use((arena, own) -> duration((long) C.TOTAL.invokeExact(own)));
        }

        /** The shortest time for which bodies may be kept. Keys are kept for ever. */
        public Duration minimumRetention() {
            return handle.use((arena, own) -> duration((long) C.MINIMUM_RETENTION.invokeExact(own)));
        }

        /** How long the provider waits for an acknowledgement of this try; 0 is the first. */
        public Duration acknowledgementWait(int retry) {
            return handle.use((arena, own) -> duration((long) C.ACKNOWLEDGEMENT_WAIT.invokeExact(own, retry)));
        }

        /** Throws RETENTION_TOO_SHORT if a body that is kept for so long could be removed while the provider may still deliver it again. */
        public void checkRetention(Duration retention) {
            handle.use((arena, own) -> {
                int status = (int) C.CHECK_RETENTION.invokeExact(own, seconds(retention));
                if (status != 0) throw new WebhookException(Code.of(status), null, false);
                return null;
            });
        }

        @Override
        public void close() {
            handle.close();
        }

        private static MemorySegment seconds(Arena arena, List<Duration> times) {
            if (times == null) return MemorySegment.NULL;
            MemorySegment own = arena.allocate(JAVA_LONG, Math.max(times.size(), 1));
            for (int place = 0; place < times.size(); place++) own.setAtIndex(JAVA_LONG, place, seconds(times.get(place)));
            return own;
        }

        private static long seconds(Duration time) {
            if (time.isNegative() || time.getNano() != 0) throw new IllegalArgumentException("give whole seconds, from 0 on, instead of " + time);
            return time.getSeconds();
        }

        /** A number of seconds without a sign, of which a Duration holds one bit less. */
        private static Duration duration(long seconds) {
            return Duration.ofSeconds(seconds < 0 ? Long.MAX_VALUE : seconds);
        }
    }

    // --- tables ---

    /**
     * A kind of event that this release knows.
     *
     * @param family which resource it tells about
     * @param spellings on the wire; the first is the kind's own name
     * @param trigger what selects the kind when a webhook is registered
     * @param forms of samples; the first is the one that the provider sends today
     */
    public record CatalogRow(String kind, String family, List<String> spellings, Optional<Trigger> trigger, List<String> forms) {}

    /** A field of a webhook's registration and its value. */
    public record Trigger(String field, String value) {}

    /** Every kind of event that this release knows. */
    public static List<CatalogRow> catalog() {
        return call(arena -> {
            List<CatalogRow> rows = new ArrayList<>();
            for (long row = 0, count = (long) C.CATALOG_COUNT.invokeExact(); row < count; row++) {
                String field = string((MemorySegment) C.CATALOG_TRIGGER_FIELD.invokeExact((SegmentAllocator) arena, row));
                String value = string((MemorySegment) C.CATALOG_TRIGGER_VALUE.invokeExact((SegmentAllocator) arena, row));
                rows.add(new CatalogRow(string((MemorySegment) C.CATALOG_KIND.invokeExact((SegmentAllocator) arena, row)),
                        string((MemorySegment) C.CATALOG_FAMILY.invokeExact((SegmentAllocator) arena, row)),
                        C.column(arena, C.CATALOG_SPELLING_COUNT, C.CATALOG_SPELLING, row),
                        field == null ? Optional.empty() : Optional.of(new Trigger(field, value)),
                        C.column(arena, C.CATALOG_FORM_COUNT, C.CATALOG_FORM, row)));
            }
            return rows;
        });
    }

    /** The paths that the provider adds to the merchant's base URL by itself, for bank transfers. */
    public static List<String> fixedPaths() {
        return call(arena -> {
            List<String> paths = new ArrayList<>();
            for (long place = 0, count = (long) C.FIXED_PATH_COUNT.invokeExact(); place < count; place++) {
                paths.add(string((MemorySegment) C.FIXED_PATH.invokeExact((SegmentAllocator) arena, place)));
            }
            return paths;
        });
    }

    /**
     * Whether news will follow a status: "pending", "settled", "final" or "unknown". The family is a resource's kind, "transaction" or "payment_link"; the
     * subStatus may be null. It never says that money moved.
     */
    public static String finality(String family, String status, String subStatus) {
        return call(arena -> string((MemorySegment) C.FINALITY_OF.invokeExact((SegmentAllocator) arena, text(arena, family), text(arena, status),
                text(arena, subStatus))));
    }

    /** The release of the library, such as "0.1.0". */
    public static String version() {
        return call(arena -> string((MemorySegment) C.LIBRARY_VERSION.invokeExact((SegmentAllocator) arena)));
    }

    // --- for tests of your receiver ---

    /** Signs a body as the provider does: the value of the header x-hmac-signature. */
    public static String sign(byte[] body, byte[] secret) {
        return call(arena -> {
            MemorySegment bytes = arena.allocateFrom(JAVA_BYTE, body), key = arena.allocate(C.STR), signature = arena.allocate(C.SIGNATURE_LEN + 1);
            put(arena, key, 0, secret);
            int status = (int) C.SIGN.invokeExact(bytes, bytes.byteSize(), key, signature, C.SIGNATURE_LEN, MemorySegment.NULL);
            if (status != 0) throw new WebhookException(Code.of(status), null, false);
            return signature.getString(0);
        });
    }

    /** The body of a sample delivery. A text that is not set has a plausible value; equal samples give equal bytes. */
    public static final class Sample {
        private final String[] texts = new String[13];
        private int retry;
        private boolean withoutRetry;

        /** What happened, in any spelling of the catalogue. */
        public Sample(String kind) {
            texts[0] = kind;
        }

        /** How it is written: one of the catalogue's forms of the kind. */
        public Sample form(String form) {
            return set(1, form);
        }

        public Sample status(String status) {
            return set(2, status);
        }

        public Sample subStatus(String subStatus) {
            return set(3, subStatus);
        }

        public Sample id(String id) {
            return set(4, id);
        }

        public Sample accountId(String id) {
            return set(5, id);
        }

        public Sample transactionId(String id) {
            return set(6, id);
        }

        public Sample transactionStatus(String status) {
            return set(7, status);
        }

        /** What the transaction moved, of a partial refund the part ("5.00"); otherwise the whole amount. */
        public Sample transactionAmount(String amount) {
            return set(8, amount);
        }

        /** As the provider writes it ("2026-08-17T07:35:18.49869Z"). */
        public Sample updatedAt(String instant) {
            return set(9, instant);
        }

        /** The digits that stand in the body ("24.90"). */
        public Sample amount(String amount) {
            return set(10, amount);
        }

        public Sample currency(String currency) {
            return set(11, currency);
        }

        public Sample merchantReference(String reference) {
            return set(12, reference);
        }

        /** The try; 0 is the first. */
        public Sample retry(int retry) {
            this.retry = retry;
            return this;
        }

        /** To leave the counter of tries out. */
        public Sample withoutRetry() {
            withoutRetry = true;
            return this;
        }

        public byte[] body() {
            return call(arena -> {
                MemorySegment options = arena.allocate(C.SAMPLE_OPTIONS);
                options.set(JAVA_LONG, 0, options.byteSize());
                for (int place = 0; place < texts.length; place++) {
                    if (texts[place] != null) put(arena, options, 8 + place * C.STR.byteSize(), texts[place]);
                }
                options.set(JAVA_INT, 216, retry);
                options.set(JAVA_BOOLEAN, 220, withoutRetry);
                return C.with(arena, C.SAMPLE_FREE, (out, error) -> (int) C.SAMPLE_NEW.invokeExact(options, out, error),
                        own -> new Reader(own, arena).bytes(C.SAMPLE_BODY));
            });
        }

        private Sample set(int place, String text) {
            texts[place] = text;
            return this;
        }
    }

    // --- between Java and C ---

    private interface Call<T> {
        T in(Arena arena) throws Throwable;
    }

    private interface Use<T> {
        T of(MemorySegment own) throws Throwable;
    }

    private interface UseIn<T> {
        T of(Arena arena, MemorySegment own) throws Throwable;
    }

    private interface Make {
        int into(MemorySegment out, MemorySegment error) throws Throwable;
    }

    private interface MakeIn {
        int into(Arena arena, MemorySegment out, MemorySegment error) throws Throwable;
    }

    /** Calls with memory that is given back afterwards. */
    private static <T> T call(Call<T> call) {
        try (Arena arena = Arena.ofConfined()) {
            return call.in(arena);
        } catch (RuntimeException | Error failure) {
            throw failure;
        } catch (Throwable impossible) { // a MethodHandle may throw anything; one of a C function does not
            throw new AssertionError(impossible);
        }
    }

    /** Throws for a call that did not go well. */
    private static void check(int status, MemorySegment error) {
        if (status != 0) throw new WebhookException(Code.of(status), string(error.asSlice(8)), error.get(JAVA_BOOLEAN, 4));
    }

    private static MemorySegment error(Arena arena, int code, String hint, boolean emptyBody) {
        MemorySegment own = arena.allocate(C.ERROR);
        own.set(JAVA_INT, 0, code);
        own.set(JAVA_BOOLEAN, 4, emptyBody);
        put(arena, own, 8, hint);
        return own;
    }

    /** A text to give; absent for null. */
    private static MemorySegment text(Arena arena, String text) {
        MemorySegment own = arena.allocate(C.STR);
        put(arena, own, 0, text);
        return own;
    }

    private static void put(Arena arena, MemorySegment struct, long offset, String text) {
        if (text != null) put(arena, struct, offset, text.getBytes(StandardCharsets.UTF_8));
    }

    private static void put(Arena arena, MemorySegment struct, long offset, byte[] bytes) {
        MemorySegment own = arena.allocate(bytes.length + 1L); // an empty text needs an address too, since one without is absent
        MemorySegment.copy(bytes, 0, own, JAVA_BYTE, 0, bytes.length);
        struct.set(ADDRESS, offset, own);
        struct.set(JAVA_LONG, offset + 8, bytes.length);
    }

    /** A copy of a text, which in C lives only as long as its owner; null for an absent one. */
    private static String string(MemorySegment str) {
        byte[] bytes = bytes(str);
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    }

    private static byte[] bytes(MemorySegment str) {
        long data = str.get(ADDRESS, 0).address();
        if (data == 0) return null;
        byte[] bytes = new byte[Math.toIntExact(str.get(JAVA_LONG, 8))];
        MemorySegment.copy(C.MEMORY, JAVA_BYTE, data, bytes, 0, bytes.length);
        return bytes;
    }

    /** Reads the members of an event. */
    private static final class Reader {
        private final MemorySegment own;
        private final SegmentAllocator result;
        private final MemorySegment number;

        Reader(MemorySegment own, Arena arena) {
            this.own = own;
            result = SegmentAllocator.prefixAllocator(arena.allocate(C.STR)); // each call overwrites what the one before it returned
            number = arena.allocate(JAVA_LONG);
        }

        byte[] bytes(MethodHandle get) throws Throwable {
            return YunoWebhooks.bytes((MemorySegment) get.invokeExact(result, own));
        }

        String string(MethodHandle get) throws Throwable {
            return YunoWebhooks.string((MemorySegment) get.invokeExact(result, own));
        }

        Optional<String> text(MethodHandle get) throws Throwable {
            return Optional.ofNullable(string(get));
        }

        Optional<Instant> instant(MethodHandle get) throws Throwable {
            return (boolean) get.invokeExact(own, number) ? Optional.of(Instant.ofEpochSecond(0, number.get(JAVA_LONG, 0))) : Optional.empty();
        }

        OptionalLong number(MethodHandle get) throws Throwable {
            return (boolean) get.invokeExact(own, number) ? OptionalLong.of(Integer.toUnsignedLong(number.get(JAVA_INT, 0))) : OptionalLong.empty();
        }

        OptionalInt index(MethodHandle get) throws Throwable {
            return (boolean) get.invokeExact(own, number) ? OptionalInt.of(Math.toIntExact(number.get(JAVA_LONG, 0))) : OptionalInt.empty();
        }

        Optional<Amount> amount(MethodHandle value, MethodHandle currency, MethodHandle minorUnits) throws Throwable {
            String digits = string(value);
            return digits == null ? Optional.empty() : Optional.of(new Amount(digits, text(currency), text(minorUnits).map(BigInteger::new)));
        }
    }

    /** What the library made. It is freed when it is closed or forgotten, but never while a call uses it. */
    private static final class Handle {
        private static final Cleaner CLEANER = Cleaner.create();

        private final Owned owned;
        private final Cleaner.Cleanable cleanable;

        Handle(MethodHandle free, MakeIn make) {
            owned = new Owned(free, call(arena -> C.make(arena, (out, error) -> make.into(arena, out, error))));
            cleanable = CLEANER.register(this, owned);
        }

        <T> T use(UseIn<T> use) {
            owned.lock.readLock().lock();
            try {
                if (owned.own == null) throw new IllegalStateException("it is closed: make a new one, or close it after its last use");
                return call(arena -> use.of(arena, owned.own));
            } finally {
                owned.lock.readLock().unlock();
                Reference.reachabilityFence(this); // the last use may be the last that is known of it
            }
        }

        void close() {
            cleanable.clean();
        }
    }

    /** Apart from its handle, of which the cleaner must know nothing. */
    private static final class Owned implements Runnable {
        private final ReadWriteLock lock = new ReentrantReadWriteLock();
        private final MethodHandle free;
        private MemorySegment own;

        Owned(MethodHandle free, MemorySegment own) {
            this.free = free;
            this.own = own;
        }

        /** Once, by the cleaner. */
        @Override
        public void run() {
            lock.writeLock().lock();
            try {
                call(arena -> {
                    free.invokeExact(own);
                    return null;
                });
                own = null;
            } finally {
                lock.writeLock().unlock();
            }
        }
    }

    /** The library: its structs, as the header has them on 64-bit systems, and its functions. */
    @SuppressWarnings("restricted") // this is the one place that trusts the library
    private static final class C {
        /** The release that this file was written for. */
        static final String WRITTEN = "0.1";
        static final long SIGNATURE_LEN = 44;

        static final MemoryLayout STR = structLayout(ADDRESS, JAVA_LONG);
        static final MemoryLayout ERROR = structLayout(JAVA_INT, JAVA_BOOLEAN, paddingLayout(3), STR);
        static final MemoryLayout HEADER = structLayout(STR, STR);
        static final MemoryLayout REQUIRED_HEADER = structLayout(STR, ADDRESS, JAVA_LONG);
        static final MemoryLayout REPLY = structLayout(JAVA_SHORT, paddingLayout(6), STR);
        /** The size; four lists and their lengths; the limit; whether unsigned. */
        static final MemoryLayout VERIFIER_OPTIONS = structLayout(JAVA_LONG, MemoryLayout.sequenceLayout(4, structLayout(ADDRESS, JAVA_LONG)), ADDRESS,
                JAVA_BOOLEAN, paddingLayout(7));
        /** The size; 13 texts; the try; whether without it. */
        static final MemoryLayout SAMPLE_OPTIONS = structLayout(JAVA_LONG, MemoryLayout.sequenceLayout(13, STR), JAVA_INT, JAVA_BOOLEAN, paddingLayout(3));

        /** All memory, to copy the library's texts from. */
        static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

        private static final Linker LINKER = Linker.nativeLinker();
        private static final SymbolLookup LIBRARY = library();

        static final MethodHandle LIBRARY_VERSION = function("yuno_version", STR);

        static {
            String version = version();
            if (!version.startsWith(WRITTEN + ".")) {
                throw new UnsatisfiedLinkError("libyuno_webhooks is " + version + ", and YunoWebhooks.java is for " + WRITTEN
                        + ": install that release of the library, or take the file of yours");
            }
        }

        static final MethodHandle STATUS_COUNT = function("yuno_status_count", JAVA_LONG);
        static final MethodHandle STATUS_AT = function("yuno_status_at", JAVA_INT, JAVA_LONG);
        static final MethodHandle STATUS_NAME = function("yuno_status_name", STR, JAVA_INT);
        static final MethodHandle STATUS_STAGE = function("yuno_status_stage", STR, JAVA_INT);
        static final MethodHandle STATUS_HTTP_STATUS = function("yuno_status_http_status", JAVA_SHORT, JAVA_INT);
        static final MethodHandle STATUS_MESSAGE = function("yuno_status_message", STR, JAVA_INT);
        static final MethodHandle ERROR_TEXT = function("yuno_error_text", JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS);

        static final MethodHandle REPLY_RECEIVED = function("yuno_reply_received", REPLY);
        static final MethodHandle REPLY_TRY_AGAIN = function("yuno_reply_try_again", REPLY);
        static final MethodHandle REPLY_TO_ERROR = function("yuno_reply_to_error", REPLY, ADDRESS, JAVA_BOOLEAN);

        static final MethodHandle VERIFIER_NEW = function("yuno_verifier_new", JAVA_INT, ADDRESS, ADDRESS, ADDRESS);
        static final MethodHandle VERIFIER_FROM_ENV = function("yuno_verifier_from_env", JAVA_INT, ADDRESS, ADDRESS);
        static final MethodHandle VERIFIER_FREE = function("yuno_verifier_free", null, ADDRESS);
        static final MethodHandle MAX_BODY_BYTES = function("yuno_verifier_max_body_bytes", JAVA_LONG, ADDRESS);
        static final MethodHandle READS_HEADER = function("yuno_verifier_reads_header", JAVA_BOOLEAN, ADDRESS, STR);
        static final MethodHandle ADMIT = function("yuno_verifier_admit", JAVA_INT, ADDRESS, STR, STR, ADDRESS);
        static final MethodHandle VERIFY = function("yuno_verify", JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS);

        static final MethodHandle PARSE = function("yuno_event_parse_unverified", JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS);
        static final MethodHandle EVENT_FREE = function("yuno_event_free", null, ADDRESS);
        static final MethodHandle COMPARE_RECENCY = function("yuno_event_compare_recency", JAVA_INT, ADDRESS, ADDRESS);
        static final MethodHandle IS_NEWER_THAN = function("yuno_event_is_newer_than", JAVA_BOOLEAN, ADDRESS, ADDRESS, ADDRESS);
        static final MethodHandle SIGNED = function("yuno_event_signed", JAVA_BOOLEAN, ADDRESS);
        static final MethodHandle REPEATABLE = function("yuno_event_repeatable", JAVA_BOOLEAN, ADDRESS);
        static final MethodHandle TRANSACTION_PRESENT = function("yuno_event_transaction_present", JAVA_BOOLEAN, ADDRESS);
        static final MethodHandle RETRY = number("retry");
        static final MethodHandle VERSION = number("version");
        static final MethodHandle SECRET_INDEX = number("secret_index");
        static final MethodHandle CHANGED_AT = number("changed_at_ns");
        static final MethodHandle RESOURCE_CREATED_AT = number("resource_created_at_ns");
        static final MethodHandle RESOURCE_UPDATED_AT = number("resource_updated_at_ns");
        static final MethodHandle TRANSACTION_UPDATED_AT = number("transaction_updated_at_ns");
        static final MethodHandle KIND = text("kind");
        static final MethodHandle SENT_NAME = text("sent_name");
        static final MethodHandle SHAPE = text("shape");
        static final MethodHandle ACCOUNT_ID = text("account_id");
        static final MethodHandle FINALITY = text("finality");
        static final MethodHandle DEDUPE_KEY = text("dedupe_key");
        static final MethodHandle PUBLISHED_KEY = text("published_key");
        static final MethodHandle DATA = text("data");
        static final MethodHandle RAW = text("raw");
        static final MethodHandle RESOURCE_KIND = text("resource_kind");
        static final MethodHandle RESOURCE_ID = text("resource_id");
        static final MethodHandle RESOURCE_STATUS = text("resource_status");
        static final MethodHandle RESOURCE_SUB_STATUS = text("resource_sub_status");
        static final MethodHandle RESOURCE_MERCHANT_REFERENCE = text("resource_merchant_reference");
        static final MethodHandle RESOURCE_IDEMPOTENCY_KEY = text("resource_idempotency_key");
        static final MethodHandle AMOUNT_VALUE = text("amount_value");
        static final MethodHandle AMOUNT_CURRENCY = text("amount_currency");
        static final MethodHandle AMOUNT_MINOR_UNITS = text("amount_minor_units_text");
        static final MethodHandle TRANSACTION_ID = text("transaction_id");
        static final MethodHandle TRANSACTION_TYPE = text("transaction_type");
        static final MethodHandle TRANSACTION_STATUS = text("transaction_status");
        static final MethodHandle TRANSACTION_VALUE = text("transaction_amount_value");
        static final MethodHandle TRANSACTION_CURRENCY = text("transaction_amount_currency");
        static final MethodHandle TRANSACTION_MINOR_UNITS = text("transaction_amount_minor_units_text");

        static final MethodHandle SCHEDULE_NEW = function("yuno_schedule_new", JAVA_INT, JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS);
        static final MethodHandle SCHEDULE_FREE = function("yuno_schedule_free", null, ADDRESS);
        static final MethodHandle OFFSET_COUNT = function("yuno_schedule_offset_count", JAVA_LONG, ADDRESS);
        static final MethodHandle OFFSET = function("yuno_schedule_offset", JAVA_LONG, ADDRESS, JAVA_LONG);
        static final MethodHandle TOTAL = function("yuno_schedule_total", JAVA_LONG, ADDRESS);
        static final MethodHandle MINIMUM_RETENTION = function("yuno_schedule_minimum_retention", JAVA_LONG, ADDRESS);
        static final MethodHandle ACKNOWLEDGEMENT_WAIT = function("yuno_schedule_acknowledgement_wait", JAVA_LONG, ADDRESS, JAVA_INT);
        static final MethodHandle CHECK_RETENTION = function("yuno_schedule_check_retention", JAVA_INT, ADDRESS, JAVA_LONG);

        static final MethodHandle CATALOG_COUNT = function("yuno_catalog_count", JAVA_LONG);
        static final MethodHandle CATALOG_KIND = function("yuno_catalog_kind", STR, JAVA_LONG);
        static final MethodHandle CATALOG_FAMILY = function("yuno_catalog_family", STR, JAVA_LONG);
        static final MethodHandle CATALOG_SPELLING_COUNT = function("yuno_catalog_spelling_count", JAVA_LONG, JAVA_LONG);
        static final MethodHandle CATALOG_SPELLING = function("yuno_catalog_spelling", STR, JAVA_LONG, JAVA_LONG);
        static final MethodHandle CATALOG_TRIGGER_FIELD = function("yuno_catalog_trigger_field", STR, JAVA_LONG);
        static final MethodHandle CATALOG_TRIGGER_VALUE = function("yuno_catalog_trigger_value", STR, JAVA_LONG);
        static final MethodHandle CATALOG_FORM_COUNT = function("yuno_catalog_form_count", JAVA_LONG, JAVA_LONG);
        static final MethodHandle CATALOG_FORM = function("yuno_catalog_form", STR, JAVA_LONG, JAVA_LONG);
        static final MethodHandle FIXED_PATH_COUNT = function("yuno_fixed_path_count", JAVA_LONG);
        static final MethodHandle FIXED_PATH = function("yuno_fixed_path", STR, JAVA_LONG);
        static final MethodHandle FINALITY_OF = function("yuno_finality", STR, STR, STR, STR);

        static final MethodHandle SIGN = function("yuno_sign", JAVA_INT, ADDRESS, JAVA_LONG, STR, ADDRESS, JAVA_LONG, ADDRESS);
        static final MethodHandle SAMPLE_NEW = function("yuno_sample_new", JAVA_INT, ADDRESS, ADDRESS, ADDRESS);
        static final MethodHandle SAMPLE_FREE = function("yuno_sample_free", null, ADDRESS);
        static final MethodHandle SAMPLE_BODY = function("yuno_sample_body", STR, ADDRESS);

        private static SymbolLookup library() {
            String own = System.getProperty("os.name").startsWith("Mac") ? "libyuno_webhooks.0.dylib" : "libyuno_webhooks.so.0";
            String name = Objects.requireNonNullElse(System.getenv("YUNO_WEBHOOKS_LIBRARY"), own);
            try {
                return SymbolLookup.libraryLookup(name, Arena.global());
            } catch (IllegalArgumentException missing) {
                throw new UnsatisfiedLinkError(name + " cannot be loaded: install the library yuno-webhooks where the system looks for libraries, or set"
                        + " YUNO_WEBHOOKS_LIBRARY to the full path of " + own);
            }
        }

        /** One that returns a struct takes memory for it before its own arguments. */
        private static MethodHandle function(String name, MemoryLayout result, MemoryLayout... arguments) {
            MemorySegment own = LIBRARY.find(name)
                    .orElseThrow(() -> new UnsatisfiedLinkError("libyuno_webhooks has no " + name + ": install release " + WRITTEN));
            return LINKER.downcallHandle(own, result == null ? FunctionDescriptor.ofVoid(arguments) : FunctionDescriptor.of(result, arguments));
        }

        private static MethodHandle text(String member) {
            return function("yuno_event_" + member, STR, ADDRESS);
        }

        private static MethodHandle number(String member) {
            return function("yuno_event_" + member, JAVA_BOOLEAN, ADDRESS, ADDRESS);
        }

        /** The handle that a call makes. */
        static MemorySegment make(Arena arena, Make make) throws Throwable {
            MemorySegment out = arena.allocate(ADDRESS), error = arena.allocate(ERROR);
            check(make.into(out, error), error);
            return out.get(ADDRESS, 0);
        }

        /** What is read from the handle that a call makes. */
        static <T> T with(Arena arena, MethodHandle free, Make make, Use<T> use) throws Throwable {
            MemorySegment own = make(arena, make);
            try {
                return use.of(own);
            } finally {
                free.invokeExact(own);
            }
        }

        static List<String> column(Arena arena, MethodHandle count, MethodHandle get, long row) throws Throwable {
            List<String> texts = new ArrayList<>();
            for (long index = 0, end = (long) count.invokeExact(row); index < end; index++) {
                texts.add(string((MemorySegment) get.invokeExact((SegmentAllocator) arena, row, index)));
            }
            return texts;
        }
    }
}
