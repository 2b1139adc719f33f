<?php
/*
 * Runs the cases that it reads from its input through YunoWebhooks.php and writes what it saw, as c/tests/conformance.c does: a generic runner that knows
 * no expectation.
 *
 * Input: records "<name> <length>\n<bytes>\n"; a case ends with the record "end". Output: "<name> <type><length>\n<bytes>\n" with the types s (text),
 * n (number), b (bool) and 0 (absent); a name that ends with [] is an element of a list.
 */

declare(strict_types=1);

use YunoWebhooks\{Amount, CatalogRow, Event, Reply, Schedule, Since, Testing, Verifier, WebhookException};

use function YunoWebhooks\finality;

require __DIR__ . '/YunoWebhooks.php';

/** The records of a case. */
final class Records
{
    /** @param list<array{string, string}> $all */
    public function __construct(public readonly array $all)
    {
    }

    public function get(string $name): ?string
    {
        return $this->values($name)[0] ?? null;
    }

    public function is(string $name): bool
    {
        return $this->get($name) === 'true';
    }

    public function number(string $name): ?int
    {
        $digits = $this->get($name);
        return $digits === null ? null : (int) $digits;
    }

    /** @return list<string> */
    public function values(string $name): array
    {
        return array_column(array_filter($this->all, static fn (array $record) => $record[0] === $name), 1);
    }

    /** @return list<int> */
    public function numbers(string $name): array
    {
        return array_map(intval(...), $this->values($name));
    }
}

/** @return Generator<Records> */
function cases(string $input): Generator
{
    $records = [];
    for ($at = 0, $end = strlen($input); $at < $end;) {
        $line = strpos($input, "\n", $at) ?: fail('a short record');
        [$name, $length] = explode(' ', substr($input, $at, $line - $at));
        $value = substr($input, $line + 1, (int) $length);
        $at = $line + 1 + (int) $length + 1;
        if ($name === 'end') {
            yield new Records($records);
            $records = [];
        } else {
            $records[] = [$name, $value];
        }
    }
    $records === [] || fail('a case without an end');
}

function fail(string $why): never
{
    fwrite(STDERR, "vectors: {$why}\n");
    exit(1);
}

function write(string $name, string $type, string $value): void
{
    echo $name, ' ', $type, strlen($value), "\n", $value, "\n";
}

function say(string $name, ?string $text): void
{
    write($name, $text === null ? '0' : 's', $text ?? '');
}

function say_number(string $name, ?int $number): void
{
    write($name, $number === null ? '0' : 'n', (string) $number);
}

function say_bool(string $name, bool $value): void
{
    write($name, 'b', $value ? 'true' : 'false');
}

function say_nanos(string $name, ?int $nanos): void
{
    say($name, $nanos === null ? null : (string) $nanos);
}

function say_amount(string $name, ?Amount $amount): void
{
    say("{$name}.value", $amount?->value);
    say("{$name}.currency", $amount?->currency);
    say("{$name}.minor_units", $amount?->minorUnitsText);
    $fits = $amount?->minorUnitsText !== null && (string) (int) $amount->minorUnitsText === $amount->minorUnitsText;
    ($fits ? (int) $amount->minorUnitsText : null) === $amount?->minorUnits || fail('two minor units');
}

function say_event(Event $event): void
{
    $resource = $event->resource;
    $transaction = $resource->transaction;
    say('event/kind', $event->kind);
    say('event/sent_name', $event->sentName);
    say('event/shape', $event->shape);
    say('event/account_id', $event->accountId);
    say('event/finality', $event->finality->value);
    say('event/dedupe_key', $event->dedupeKey);
    say('event/published_key', $event->publishedKey);
    say('event/resource.kind', $resource->kind);
    say('event/resource.id', $resource->id);
    say('event/resource.status', $resource->status);
    say('event/resource.sub_status', $resource->subStatus);
    say('event/resource.merchant_reference', $resource->merchantReference);
    say('event/resource.idempotency_key', $resource->idempotencyKey);
    say_amount('event/resource.amount', $resource->amount);
    say('event/resource.transaction.id', $transaction?->id);
    say('event/resource.transaction.type', $transaction?->type);
    say('event/resource.transaction.status', $transaction?->status);
    say_amount('event/resource.transaction.amount', $transaction?->amount);
    say('event/data', $event->data());
    say_nanos('event/resource.created_at_ns', $resource->createdAtNs);
    say_nanos('event/resource.updated_at_ns', $resource->updatedAtNs);
    say_nanos('event/resource.transaction.updated_at_ns', $transaction?->updatedAtNs);
    $changes = array_filter([$resource->updatedAtNs, $transaction?->updatedAtNs], is_int(...));
    $event->changedAtNs === ($changes === [] ? null : max($changes)) || fail('another change');
    say_number('event/retry', $event->retry);
    say_number('event/version', $event->version);
    say_number('event/secret_index', $event->secretIndex);
    say_bool('event/signed', $event->signed);
    say_bool('event/repeatable', $event->repeatable);
}

function verifier(Records $case): Verifier
{
    if ($case->is('environment')) {
        foreach (['YUNO_WEBHOOK_HMAC_SECRET', 'YUNO_WEBHOOK_API_KEY', 'YUNO_WEBHOOK_X_SECRET', 'YUNO_WEBHOOK_UNSIGNED'] as $name) {
            $value = $case->get($name);
            putenv($value === null ? $name : "{$name}={$value}");
        }
        return Verifier::fromEnv();
    }
    $required = [];
    foreach ($case->all as [$name, $value]) {
        if ($name === 'required_header') {
            $required[$value] = [];
        } elseif ($name === 'required_value') {
            $required[array_key_last($required)][] = $value;
        }
    }
    return new Verifier(
        hmacSecret: $case->values('hmac_secret'),
        apiKey: $case->is('has_api_key') ? $case->values('api_key') : null,
        xSecret: $case->is('has_x_secret') ? $case->values('x_secret') : null,
        requiredHeaders: $required,
        maxBodyBytes: $case->number('max_body_bytes'),
        unsigned: $case->is('unsigned'),
    );
}

/** @return Generator<string, string> a header that is there twice is given twice */
function headers(Records $case): Generator
{
    foreach (array_map(null, $case->values('header_name'), $case->values('header_value')) as [$name, $value]) {
        yield $name => $value;
    }
}

function run_pair(Records $case): void
{
    $first = Event::parseUnverified($case->get('first'));
    $second = Event::parseUnverified($case->get('second'));
    say('first', $first->dedupeKey);
    say('second', $second->dedupeKey);
    say('first_published', $first->publishedKey);
    say('second_published', $second->publishedKey);
    say_bool('same', $first->dedupeKey === $second->dedupeKey);
    $recency = strtolower($first->compareRecency($second)->name);
    say('first_to_second', $recency);
    say('second_to_first', strtolower($second->compareRecency($first)->name));
    $isTold = $recency !== 'unordered' && $recency !== 'unrelated';
    $first->isNewerThan($second) === ($isTold ? $recency === 'newer' : null) || fail('another order');
}

function run_reply(Records $case): void
{
    $name = $case->get('error');
    $reply = $name === null ? Reply::received() : Reply::toError(WebhookException::of($name, $case->is('empty_body')), $case->is('stored'));
    say_number('status', $reply->status);
    say('body', $reply->body);
}

function run_schedule(Records $case): void
{
    $since = $case->get('since') === 'first_try' ? Since::FirstTry : Since::PreviousTry;
    $schedule = new Schedule($since, $case->numbers('delay'), $case->numbers('wait'));
    try {
        $schedule->checkRetention($case->number('retention') ?? PHP_INT_MAX);
    } catch (WebhookException $exception) {
        say('error', $exception->name);
    }
    foreach ($schedule->offsets() as $retry => $offset) {
        say_number('offsets_seconds[]', $offset);
        say_number('waits_seconds[]', $schedule->acknowledgementWait($retry));
    }
    say_number('total_seconds', $schedule->total());
    say_number('minimum_retention_seconds', $schedule->minimumRetention());
}

function run_error(Records $case): void
{
    $exception = WebhookException::of($case->get('code'));
    in_array($exception->name, WebhookException::names(), true) || fail('an error that is not in the table');
    str_starts_with($exception->getMessage(), "{$exception->name}: ") || fail('another line');
    say_number('number', $exception->getCode());
    say('stage', $exception->stage->value);
    say_number('http_status', $exception->httpStatus);
}

function run_catalog(Records $case): void
{
    foreach (CatalogRow::all() as $row) {
        if (in_array($case->get('spelling'), $row->spellings, true)) {
            say('kind', $row->kind);
            say('family', $row->family);
            $row->trigger === null ? say('trigger', null) : array_map(static fn (string $text) => say('trigger[]', $text), $row->trigger);
            return;
        }
    }
    say('kind', 'unknown');
    say('family', null);
    say('trigger', null);
}

foreach (cases(stream_get_contents(STDIN)) as $case) {
    try {
        match ($case->get('operation')) {
            'sign' => say('signature', Testing::sign($case->get('body'), $case->get('secret') ?? '')),
            'verify' => say_event(verifier($case)->verify($case->get('body'), headers($case))),
            'admit' => [
                (new Verifier(hmacSecret: 'whsec-one', maxBodyBytes: $case->number('max_body_bytes')))
                    ->admit($case->get('content_length'), $case->get('content_encoding')),
                say_bool('admitted', true),
            ],
            'parse' => say_event(Event::parseUnverified($case->get('body'))),
            'keys', 'recency' => run_pair($case),
            'finality' => say('finality', finality($case->get('family'), $case->get('status') ?? '', $case->get('sub_status'))->value),
            'reply' => run_reply($case),
            'schedule' => run_schedule($case),
            'error' => run_error($case),
            'catalog' => run_catalog($case),
            default => fail('no such operation'),
        };
    } catch (WebhookException $exception) {
        say('error', $exception->name);
    }
    say('end', '');
}
