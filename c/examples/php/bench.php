<?php
/*
 * PHP: the whole job of a delivery, of each size. One line of JSON for each.
 *
 *   php -d ffi.enable=1 bench.php FOLDER_OF_THE_BODIES
 */

declare(strict_types=1);

use YunoWebhooks\{Testing, Verifier};

require __DIR__ . '/YunoWebhooks.php';

const SECRET = 'a-bench-secret';
const ROUNDS = 31;

/** @return list<int|string|null> what is read, so that the reading is part of the job */
function job(Verifier $verifier, string $body, array $headers): array
{
    $event = $verifier->verify($body, $headers);
    $resource = $event->resource;
    return [
        $event->kind, $resource->id, $resource->status, $resource->subStatus, $resource->amount->value, $resource->transaction->type,
        $resource->updatedAtNs, $event->dedupeKey,
    ];
}

/** CPU time of this process in microseconds. */
function cpu(): float
{
    $usage = getrusage();
    return ($usage['ru_utime.tv_sec'] + $usage['ru_stime.tv_sec']) * 1e6 + $usage['ru_utime.tv_usec'] + $usage['ru_stime.tv_usec'];
}

$folder = $argv[1] ?? null;
if ($folder === null) {
    fwrite(STDERR, "bench: give the folder of the bodies\n");
    exit(1);
}
$verifier = new Verifier(hmacSecret: SECRET);
foreach (['1KiB', '6KiB', '64KiB'] as $size) {
    $body = file_get_contents("{$folder}/{$size}.json");
    $headers = ['host' => 'shop.example', 'content-type' => 'application/json', 'x-hmac-signature' => Testing::sign($body, SECRET)];
    $count = intdiv(4_000_000, strlen($body) + 1500);
    $rounds = [];
    for ($round = -1; $round < ROUNDS; $round++) { // the first warms up
        $start = cpu();
        for ($done = 0; $done < $count; $done++) {
            job($verifier, $body, $headers);
        }
        $rounds[$round] = (cpu() - $start) / $count;
    }
    unset($rounds[-1]);
    sort($rounds);
    printf("{\"surface\":\"PHP\",\"size\":\"%s\",\"task\":\"view and key\",\"ours_us\":%f}\n", $size, $rounds[intdiv(ROUNDS, 2)]);
}
