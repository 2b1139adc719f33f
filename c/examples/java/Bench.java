import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Measures the whole job on the bodies of a folder, as tests/bench/bench.c does: one line of JSON for each size. */
final class Bench {
    private static final String SECRET = "a-bench-secret";
    private static final int ROUNDS = 31;
    private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();

    /** What is read goes here, so that no compiler leaves it out. */
    private static volatile long seen;

    private Bench() {}

    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 1) {
            System.err.println("bench: give the folder of the bodies");
            System.exit(1);
        }
        try (YunoWebhooks.Verifier verifier = new YunoWebhooks.Verifier(new YunoWebhooks.Options().hmacSecrets(SECRET))) {
            for (String size : List.of("1KiB", "6KiB", "64KiB")) {
                byte[] body = Files.readAllBytes(Path.of(arguments[0], size + ".json"));
                Map<String, List<String>> headers = Map.of("Host", List.of("shop.example"), "Content-Type", List.of("application/json"),
                        "X-Hmac-Signature", List.of(YunoWebhooks.sign(body, SECRET.getBytes(StandardCharsets.UTF_8))));
                int count = 20_000_000 / (body.length + 1500);
                for (int round = 0; round < 10; round++) measure(verifier, body, headers, count); // until it is compiled
                double[] ours = new double[ROUNDS];
                for (int round = 0; round < ROUNDS; round++) ours[round] = measure(verifier, body, headers, count);
                Arrays.sort(ours);
                System.out.printf(Locale.ROOT, "{\"surface\":\"Java\",\"size\":\"%s\",\"task\":\"view and key\",\"ours_us\":%f}%n", size, ours[ROUNDS / 2]);
            }
        }
    }

    /** CPU time of one job on this thread, in microseconds. */
    private static double measure(YunoWebhooks.Verifier verifier, byte[] body, Map<String, List<String>> headers, int count) {
        long start = CLOCK.getCurrentThreadCpuTime();
        for (int done = 0; done < count; done++) {
            YunoWebhooks.Event event = verifier.verify(body, headers);
            YunoWebhooks.Resource resource = event.resource();
            seen = event.kind().length() + resource.id().orElseThrow().length() + resource.status().orElseThrow().length()
                    + resource.subStatus().orElseThrow().length() + resource.amount().orElseThrow().text().length()
                    + resource.transaction().flatMap(YunoWebhooks.Transaction::type).orElseThrow().length() + event.dedupeKey().length()
                    + resource.updatedAt().orElseThrow().getNano();
        }
        return (CLOCK.getCurrentThreadCpuTime() - start) / 1e3 / count;
    }
}
