import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;

/**
 * Takes the provider's deliveries with the server of the JDK: POST /webhooks/yuno on the port PORT of this machine. The variables YUNO_WEBHOOK_HMAC_SECRET
 * and the like say what it accepts. It prints a line for each delivery.
 */
final class Receiver {
    private static final String PATH = "/webhooks/yuno";
    private static final PrintStream OUT = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);

    private final YunoWebhooks.Verifier verifier;

    private Receiver(YunoWebhooks.Verifier verifier) {
        this.verifier = verifier;
    }

    /**
     * Where your work goes: commit the event's dedupeKey and its effect in one transaction of your database, unless the key is there already. Until that is
     * done, throw: the answer is then tryAgain (503), and the provider sends again.
     */
    private static void handle(YunoWebhooks.Event event) {}

    public static void main(String[] arguments) {
        int port = port();
        if (port < 0) exit(2, "set PORT to the port to listen on, such as PORT=8080");
        System.setProperty("sun.net.httpserver.maxReqTime", "10"); // seconds; otherwise a slow client holds a connection for ever
        System.setProperty("sun.net.httpserver.drainAmount", "0"); // otherwise the rest of a body that was refused is waited for
        System.setProperty("sun.net.httpserver.nodelay", "true"); // otherwise an answer may wait for the client's acknowledgement
        try {
            Receiver receiver = new Receiver(YunoWebhooks.Verifier.fromEnv());
            HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
            server.createContext("/", receiver::answer);
            server.setExecutor(Executors.newCachedThreadPool()); // before Java 24, a slow client would hold up virtual threads
            server.start();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                server.stop(1);
                Runtime.getRuntime().halt(0); // a signal would end Java with another code
            }));
        } catch (YunoWebhooks.WebhookException | UnsatisfiedLinkError | IOException failure) {
            exit(1, failure.getMessage());
        }
    }

    /** Below 0 if there is none. */
    private static int port() {
        try {
            int port = Integer.parseInt(System.getenv("PORT"));
            return port > 0xffff ? -1 : port;
        } catch (NumberFormatException none) {
            return -1;
        }
    }

    private static void exit(int code, String why) {
        System.err.println("receiver: " + why);
        System.exit(code);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (!PATH.equals(exchange.getRequestURI().getPath())) {
                exchange.sendResponseHeaders(404, -1);
            } else if (!exchange.getRequestMethod().equals("POST")) {
                exchange.getResponseHeaders().set("Allow", "POST");
                exchange.sendResponseHeaders(405, -1);
            } else {
                Outcome outcome = receive(exchange);
                OUT.println(outcome.line);
                if (!outcome.whole) exchange.getResponseHeaders().set("Connection", "close");
                send(exchange, outcome.reply);
            }
        }
    }

    private static void send(HttpExchange exchange, YunoWebhooks.Reply reply) throws IOException {
        byte[] body = reply.body().getBytes(StandardCharsets.UTF_8);
        if (body.length == 0) {
            exchange.sendResponseHeaders(reply.status(), -1);
        } else {
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(reply.status(), body.length);
            exchange.getResponseBody().write(body);
        }
    }

    /** What becomes of a delivery: the line to print, the reply, and whether the body was read to its end. */
    private record Outcome(String line, YunoWebhooks.Reply reply, boolean whole) {}

    private Outcome receive(HttpExchange exchange) {
        boolean whole = false;
        try {
            var headers = exchange.getRequestHeaders();
            verifier.admit(headers.getFirst("Content-Length"), String.join(", ", headers.getOrDefault("Content-Encoding", List.of())));
            // One byte more than the limit is enough for verify to see that the body is too large.
            int limit = (int) Math.min(verifier.maxBodyBytes(), Integer.MAX_VALUE - 1);
            byte[] body = exchange.getRequestBody().readNBytes(limit + 1);
            whole = body.length <= limit;
            YunoWebhooks.Event event = verifier.verify(body, headers);
            handle(event);
            String id = field(event.resource().id()), status = field(event.resource().status());
            return new Outcome(String.join("\t", "accepted", event.kind(), id, status, event.dedupeKey()), YunoWebhooks.Reply.received(), whole);
        } catch (YunoWebhooks.WebhookException refused) {
            // Where the stage is "payload", the delivery is authentic but no event: keep its bytes for a person to look at, and say true if you have.
            return new Outcome("refused\t" + refused.getMessage(), YunoWebhooks.Reply.toError(refused, false), whole);
        } catch (IOException brokenOff) { // a part of a body is never verified
            return new Outcome("refused\t-", new YunoWebhooks.Reply(400, ""), false);
        } catch (RuntimeException | Error failure) { // whose message may quote what the delivery brought
            System.err.println("receiver: " + failure.getClass().getName() + " " + Arrays.toString(failure.getStackTrace()));
            return new Outcome("refused\t-", YunoWebhooks.Reply.tryAgain(), whole);
        }
    }

    /** A text of the delivery on one line; "-" for one that is absent. */
    private static String field(Optional<String> text) {
        return text.map(own -> own.replaceAll("[\\x00-\\x1f\\x7f]", "?")).orElse("-");
    }
}
