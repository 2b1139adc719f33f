<?php
/*
 * A receiver of webhooks: the router of PHP's built-in server, which also shows what a script under FPM has to look at.
 *
 *   export YUNO_WEBHOOK_HMAC_SECRET=...
 *   php -d ffi.enable=1 receiver.php &&
 *   php -d ffi.enable=1 -d display_errors=0 -d enable_post_data_reading=0 -S 127.0.0.1:$PORT receiver.php
 *
 * The first command only looks at the variables: if they are wrong it writes why to stderr and ends with 1. The second takes POST /webhooks/yuno and prints
 * a line for each delivery. It cannot end by itself, so while the variables are wrong it answers 500 and writes why. PHP_CLI_SERVER_WORKERS=4 makes it take
 * four deliveries at a time.
 *
 * What PHP does to a delivery before any script, and what to do about it:
 * - Without a php.ini it shows its warnings to the client. One about the body (over post_max_size, or a form without a boundary) comes with a status of 200,
 *   by which the provider takes for received what nobody has read. So display_errors=0, everywhere.
 * - It reads the body, keeps that of a form (multipart/form-data) to itself, and leaves an empty one where it is over post_max_size. So
 *   enable_post_data_reading=0, under FPM php_admin_flag[enable_post_data_reading] = off; and `is_whole` below looks at the length.
 * - It joins the values of a repeated header with ", ". A repeated signature is then none (SIGNATURE_MALFORMED).
 * - The built-in server asks the router when it has the whole body, of any size, and dies of an announced length that it has no memory for: put a proxy with
 *   a limit before it. About a body that breaks off it never asks.
 * - PHP forgets everything after a request, so each makes its own verifier, which takes microseconds; YunoWebhooks.php tells how FPM loads the library once.
 *   Where a process lives on (RoadRunner, FrankenPHP's workers), make the verifier once.
 */

declare(strict_types=1);

use YunoWebhooks\{ConfigurationException, Event, Reply, Verifier, WebhookException};

use function YunoWebhooks\request_headers;

// Whatever breaks from here on, the provider is not told 200, and sends again.
http_response_code(503);
ini_set('display_errors', '0');
ini_set('default_mimetype', '');
header_remove('X-Powered-By');

require __DIR__ . '/YunoWebhooks.php';

if (PHP_SAPI === 'cli') {
    check();
} elseif (strtok($_SERVER['REQUEST_URI'], '?') !== '/webhooks/yuno') {
    http_response_code(404);
} elseif ($_SERVER['REQUEST_METHOD'] !== 'POST') {
    http_response_code(405);
    header('Allow: POST');
} else {
    answer(receive());
}

function receive(): Reply
{
    if (headers_sent()) {
        error_log('PHP has shown a warning and answered 200 before this script ran: start it with -d display_errors=0, or deliveries are lost.');
    }
    try {
        $event = verify();
    } catch (WebhookException $exception) {
        if ($exception instanceof ConfigurationException) {
            error_log($exception->getMessage());
        }
        say('refused', $exception->getMessage());
        // Of a PayloadException keep the body for a person to look at, and answer toError($exception, stored: true).
        return Reply::toError($exception);
    } catch (Throwable $exception) {
        return fail($exception);
    }
    try {
        handle($event);
    } catch (Throwable $exception) { // a WebhookException too: it tells of another body than this delivery's
        return fail($exception);
    }
    say('accepted', $event->kind, $event->resource->id, $event->resource->status, $event->dedupeKey);
    return Reply::received();
}

function verify(): Event
{
    $verifier = Verifier::fromEnv();
    $verifier->admit($_SERVER['CONTENT_LENGTH'] ?? null, $_SERVER['HTTP_CONTENT_ENCODING'] ?? null);
    $body = file_get_contents('php://input', length: $verifier->maxBodyBytes() + 1);
    if (!is_whole($body)) {
        error_log('PHP has not given the whole body. Set enable_post_data_reading=0, and a post_max_size above 2M.');
        throw new RuntimeException('a part of the body');
    }
    return $verifier->verify($body, request_headers());
}

function fail(Throwable $exception): Reply
{
    // Its text is not written: it may hold a part of the delivery.
    error_log('The delivery could not be handled: ' . $exception::class . " in {$exception->getFile()}:{$exception->getLine()}");
    say('refused', null);
    return Reply::tryAgain();
}

/** Your work. Throw, and the provider sends again. */
function handle(Event $event): void
{
    // Here $event->dedupeKey, as a unique key, and the event's effect are committed in one transaction of your database; a key that is there already is
    // a redelivery, of which nothing is to be done. As long as that is not so, answer Reply::tryAgain(): what is answered with 200 never comes again.
}

/** Whether this is all of the body: by its length, or in chunks, which the server puts together, by there being one. */
function is_whole(string $body): bool
{
    $length = $_SERVER['CONTENT_LENGTH'] ?? '';
    if ($length === '') {
        return ($body !== '') === isset($_SERVER['HTTP_TRANSFER_ENCODING']);
    }
    return $length === (string) strlen($body);
}

function answer(Reply $reply): void
{
    http_response_code($reply->status);
    if ($reply->body !== '') {
        header('Content-Type: application/json');
        echo $reply->body;
    }
}

/** Whether the variables are right, as an exit code. */
function check(): never
{
    try {
        Verifier::fromEnv();
    } catch (Throwable $exception) { // also where there is no library
        fwrite(STDERR, $exception->getMessage() . "\n");
        exit(1);
    }
    exit(0);
}

/** A line on stdout; absent fields are "-", and control characters, which come from the delivery, "?". */
function say(?string ...$fields): void
{
    $fields = array_map(static fn (?string $field) => preg_replace('/[\x00-\x1f\x7f]/', '?', $field ?? '-'), $fields);
    file_put_contents('php://stdout', implode("\t", $fields) . "\n");
}
