<?php
/*
 * Receive the webhooks of the payments provider Yuno from PHP 8.2 or newer: the functions of yuno_webhooks.h as classes, through PHP's own FFI.
 *
 *   $verifier = Verifier::fromEnv();
 *   try {
 *       $event = $verifier->verify(file_get_contents('php://input'), request_headers()); // the raw body, not what json_decode makes of it
 *       store_once($event->dedupeKey, $event->raw());                                    // your database's transaction
 *       $reply = Reply::received();
 *   } catch (WebhookException $error) {
 *       $reply = Reply::toError($error);
 *   }
 *
 * The library is libyuno_webhooks.so.0 (on macOS libyuno_webhooks.0.dylib) where the loader finds it, or the path in YUNO_WEBHOOKS_LIBRARY.
 *
 * Under FPM do not switch FFI on for every script. Let the library be loaded once, at start, and only for this file:
 *
 *   php -r 'require "YunoWebhooks.php"; echo YunoWebhooks\Library::header();' > /etc/php/yuno_webhooks.h
 *
 *   ffi.enable = preload                       ; in php.ini
 *   ffi.preload = /etc/php/yuno_webhooks.h
 *   opcache.preload = /srv/app/YunoWebhooks.php
 *   opcache.preload_user = www-data
 *
 * Then nothing is parsed or loaded per request. Make the header again with each release of the library. (FFI::load in a preload script does the same, but
 * not beside opcache.preload_user, which FPM needs when it starts as root.)
 *
 * Absent is null. Failure is a WebhookException; an argument of a wrong type is a TypeError. Objects free what they hold when the last variable lets go.
 */

declare(strict_types=1);

namespace YunoWebhooks;

use FFI;
use FFI\CData;
use SensitiveParameter;
use TypeError;
use ValueError;

/** Why a call failed. `getMessage()` is a line for a log: the name, what is known of this case, and what to do. It holds constants only. */
class WebhookException extends \RuntimeException
{
    /** Such as "SIGNATURE_MISMATCH", the same in every language; `getCode()` is its number. */
    public readonly string $name;
    public readonly Stage $stage;
    /** What a receiver answers; `Reply::toError` also knows the body. */
    public readonly int $httpStatus;
    /** What more is known than the name says; null if nothing is. */
    public readonly ?string $hint;
    /** Whether the body was authentic and had no bytes at all. */
    public readonly bool $emptyBody;

    private function __construct(CData $error)
    {
        $ffi = Library::ffi();
        $this->name = Library::text($ffi->yuno_status_name($error->code));
        $this->stage = self::stage($error->code);
        $this->httpStatus = $ffi->yuno_status_http_status($error->code);
        $this->hint = Library::text($error->hint);
        $this->emptyBody = $error->empty_body;
        $size = $ffi->new('size_t');
        $ffi->yuno_error_text(FFI::addr($error), null, 0, FFI::addr($size));
        $line = $ffi->new("char[{$size->cdata}]");
        $ffi->yuno_error_text(FFI::addr($error), $line, $size->cdata, null);
        parent::__construct(FFI::string($line), $error->code);
    }

    /** The error of this name, as a call would throw it. Throws a ValueError if there is none. */
    public static function of(string $name, bool $emptyBody = false, ?string $hint = null): self
    {
        $memory = new Memory();
        $error = Library::ffi()->new('yuno_error');
        $code = Library::ffi()->new('yuno_status');
        if (!Library::ffi()->yuno_status_from_name($memory->text($name), FFI::addr($code))) {
            throw new ValueError('There is no error of this name. WebhookException::names() lists them.');
        }
        $error->code = $code->cdata;
        $error->empty_body = $emptyBody;
        $memory->write($error->hint, $hint);
        return self::from($error);
    }

    /** @return list<string> the names of all errors, in the order of their numbers */
    public static function names(): array
    {
        $ffi = Library::ffi();
        return Library::list($ffi->yuno_status_count(), static fn (int $place) => $ffi->yuno_status_name($ffi->yuno_status_at($place)));
    }

    /** @internal */
    public static function from(CData $error): self
    {
        return match (self::stage($error->code)) {
            Stage::Configuration => new ConfigurationException($error),
            Stage::Authentication => new AuthenticationException($error),
            Stage::Payload => new PayloadException($error),
            default => new self($error),
        };
    }

    private static function stage(int $code): Stage
    {
        return Stage::from(Library::text(Library::ffi()->yuno_status_stage($code)));
    }
}

/** The verifier's options or variables cannot be right. */
final class ConfigurationException extends WebhookException
{
}

/** The delivery is not proven authentic, or too large to look at. */
final class AuthenticationException extends WebhookException
{
}

/** The delivery is authentic, but no event: keep its bytes for a person to look at, then answer `Reply::toError($error, stored: true)`. */
final class PayloadException extends WebhookException
{
}

/** Who can mend an error. */
enum Stage: string
{
    case Configuration = 'configuration';
    case Authentication = 'authentication';
    case Payload = 'payload';
    case Inbox = 'inbox';
    /** The call itself. */
    case Boundary = 'boundary';
}

/** How one event's news of a resource relates to another's. */
enum Recency: int
{
    /** The order cannot be told: never drop one. */
    case Unordered = 0;
    /** The same delivery. */
    case Same = 1;
    case Newer = 2;
    case Older = 3;
    case Unrelated = 4;
}

/** Whether news of a resource will follow. It never says that money moved. */
enum Finality: string
{
    case Pending = 'pending';
    case Settled = 'settled';
    case Final = 'final';
    case Unknown = 'unknown';
}

/** From when a schedule's delays count. */
enum Since: int
{
    /** The one to plan for. */
    case PreviousTry = 0;
    case FirstTry = 1;
}

/** What a receiver answers. */
final readonly class Reply
{
    private function __construct(
        public int $status,
        /** Of the type application/json; may be empty. */
        public string $body,
    ) {
    }

    /** To a delivery that was accepted, is a duplicate, or is of an unknown kind. */
    public static function received(): self
    {
        return self::from(Library::ffi()->yuno_reply_received());
    }

    /** To a delivery that could not be stored or handled now, so that the provider sends it again. */
    public static function tryAgain(): self
    {
        return self::from(Library::ffi()->yuno_reply_try_again());
    }

    /** To a delivery that was refused. `$stored` says that its raw bytes are kept: an authentic one is then acknowledged. */
    public static function toError(WebhookException $exception, bool $stored = false): self
    {
        $memory = new Memory();
        $error = Library::ffi()->new('yuno_error');
        $error->code = $exception->getCode();
        $error->empty_body = $exception->emptyBody;
        $memory->write($error->hint, $exception->hint);
        return self::from(Library::ffi()->yuno_reply_to_error(FFI::addr($error), $stored));
    }

    private static function from(CData $reply): self
    {
        return new self($reply->status, Library::text($reply->body));
    }
}

/** A sum of money. Compute with its texts (bcmath, or a class for decimals) or with its minor units, never with a float. */
final readonly class Amount
{
    private function __construct(
        /** @var numeric-string in major units, the digits that were sent */
        public string $value,
        /** By the provider's documents a code of ISO 4217. */
        public ?string $currency,
        /** In the currency's smallest unit, if that is exact, the currency is known, and the number fits. */
        public ?int $minorUnits,
        /** @var numeric-string|null the same, up to 128 bits of number */
        public ?string $minorUnitsText,
    ) {
    }

    /** @internal */
    public static function of(Handle $event, string $prefix): ?self
    {
        $value = $event->text("{$prefix}_value");
        return $value === null ? null : new self(
            $value,
            $event->text("{$prefix}_currency"),
            $event->number("{$prefix}_minor_units", 'int64_t'),
            $event->text("{$prefix}_minor_units_text"),
        );
    }
}

/** One attempt to move, reserve, return or verify money. */
final readonly class Transaction
{
    public ?string $id;
    /** Such as "PURCHASE" or "THREE_D_SECURE". */
    public ?string $type;
    public ?string $status;
    /** What it moved, reserved or returned, of a partial refund the part. */
    public ?Amount $amount;
    /** Nanoseconds since 1970 in UTC. */
    public ?int $updatedAtNs;

    /** @internal */
    public function __construct(Handle $event)
    {
        $this->id = $event->text('transaction_id');
        $this->type = $event->text('transaction_type');
        $this->status = $event->text('transaction_status');
        $this->amount = Amount::of($event, 'transaction_amount');
        $this->updatedAtNs = $event->number('transaction_updated_at_ns', 'int64_t');
    }
}

/** What an event tells about. */
final readonly class Resource
{
    /** Such as "payment"; "unknown" for what this release does not know. */
    public string $kind;
    public ?string $id;
    /** As it was sent; new ones may appear at any time. */
    public ?string $status;
    /** Of a payment it decides: the status "SUCCEEDED" alone does not say that money moved. */
    public ?string $subStatus;
    /** Nanoseconds since 1970 in UTC. */
    public ?int $createdAtNs;
    /** Nanoseconds since 1970 in UTC. */
    public ?int $updatedAtNs;
    /** The merchant's own reference, such as the order's number. */
    public ?string $merchantReference;
    /** The same in every event of a payment: never de-duplicate by it. */
    public ?string $idempotencyKey;
    /** Of a payment the whole payment's. */
    public ?Amount $amount;
    /** The one that triggered the event. */
    public ?Transaction $transaction;

    /** @internal */
    public function __construct(Handle $event)
    {
        $this->kind = $event->text('resource_kind');
        $this->id = $event->text('resource_id');
        $this->status = $event->text('resource_status');
        $this->subStatus = $event->text('resource_sub_status');
        $this->createdAtNs = $event->number('resource_created_at_ns', 'int64_t');
        $this->updatedAtNs = $event->number('resource_updated_at_ns', 'int64_t');
        $this->merchantReference = $event->text('resource_merchant_reference');
        $this->idempotencyKey = $event->text('resource_idempotency_key');
        $this->amount = Amount::of($event, 'amount');
        $this->transaction = $event->says('transaction_present') ? new Transaction($event) : null;
    }
}

/** An authentic delivery that was read. An unknown kind, status or shape is a value; what the body lacks, or has of another type, is null. */
final readonly class Event
{
    /** What happened, such as "payment.purchase"; "unknown" for a kind that this release does not know. */
    public string $kind;
    /** The name under which the kind was sent. */
    public ?string $sentName;
    /** "enveloped", "v1", "banking_incoming", "split_transfer", "domain" or "unknown". */
    public string $shape;
    /** The merchant's account at the provider. */
    public ?string $accountId;
    /** How often this delivery was tried before; 0 is the first try. */
    public ?int $retry;
    /** The version of the envelope. */
    public ?int $version;
    /** Whether a signature proved this event. */
    public bool $signed;
    /** Which of the verifier's secrets signed it, from 0: how to see that a rotation is over. */
    public ?int $secretIndex;
    public Finality $finality;
    /** Whether the provider sends byte-identical bodies for different occurrences of this event. */
    public bool $repeatable;
    /** De-duplicate by it, and keep it for ever. */
    public string $dedupeKey;
    /** For comparison and logs. It merges different events: never de-duplicate by it. */
    public ?string $publishedKey;
    /** When the resource, or the transaction that triggered the event, last changed: nanoseconds since 1970 in UTC. */
    public ?int $changedAtNs;
    public Resource $resource;

    /** @internal */
    public function __construct(private Handle $handle)
    {
        $this->kind = $handle->text('kind');
        $this->sentName = $handle->text('sent_name');
        $this->shape = $handle->text('shape');
        $this->accountId = $handle->text('account_id');
        $this->retry = $handle->number('retry', 'uint32_t');
        $this->version = $handle->number('version', 'uint32_t');
        $this->signed = $handle->says('signed');
        $this->secretIndex = $handle->number('secret_index', 'size_t');
        $this->finality = Finality::from($handle->text('finality'));
        $this->repeatable = $handle->says('repeatable');
        $this->dedupeKey = $handle->text('dedupe_key');
        $this->publishedKey = $handle->text('published_key');
        $this->changedAtNs = $handle->number('changed_at_ns', 'int64_t');
        $this->resource = new Resource($handle);
    }

    /** Reads a body that was verified before it was stored. It checks no signature: whoever calls it vouches for the body. */
    public static function parseUnverified(#[SensitiveParameter] mixed $body): self
    {
        $body = raw_body($body);
        return new self(Handle::make('event', static fn (FFI $ffi, CData $event, CData $error) =>
            $ffi->yuno_event_parse_unverified($body, \strlen($body), $event, $error)));
    }

    /** The JSON text of the `data` object where the body has one, else of the whole body; a new string with each call. */
    public function data(): string
    {
        return $this->handle->text('data');
    }

    /** The body as it came in; a new string with each call. */
    public function raw(): string
    {
        return $this->handle->text('raw');
    }

    public function compareRecency(self $other): Recency
    {
        return Recency::tryFrom(Library::ffi()->yuno_event_compare_recency($this->handle->pointer, $other->handle->pointer)) ?? Recency::Unordered;
    }

    /** Whether this event is newer news of its resource than the other; null if that cannot be told. */
    public function isNewerThan(self $other): ?bool
    {
        $newer = Library::ffi()->new('bool');
        $told = Library::ffi()->yuno_event_is_newer_than($this->handle->pointer, $other->handle->pointer, FFI::addr($newer));
        return $told ? $newer->cdata : null;
    }
}

/** Decides whether deliveries are authentic. It never changes: where a process serves many requests, make one at start. */
final readonly class Verifier
{
    private Handle $handle;

    /**
     * Each list has one to eight values, all of which are accepted: several while you rotate.
     *
     * @param string|list<string> $hmacSecret the webhook's client secrets
     * @param string|list<string>|null $apiKey what the header x-api-key must hold
     * @param string|list<string>|null $xSecret what the header x-secret must hold
     * @param array<string, string|list<string>> $requiredHeaders what other headers must hold, by name
     * @param ?int $maxBodyBytes the largest body that is looked at; 2 MiB if null
     * @param bool $unsigned whether to receive deliveries without a signature: then there is no `$hmacSecret`, and at least one of the others
     */
    public function __construct(
        #[SensitiveParameter] string|array $hmacSecret = [],
        #[SensitiveParameter] string|array|null $apiKey = null,
        #[SensitiveParameter] string|array|null $xSecret = null,
        #[SensitiveParameter] array $requiredHeaders = [],
        ?int $maxBodyBytes = null,
        bool $unsigned = false,
    ) {
        $memory = new Memory();
        $options = Library::ffi()->new('yuno_verifier_options');
        $options->size = FFI::sizeof($options);
        foreach (['hmac_secrets' => $hmacSecret, 'api_keys' => $apiKey, 'x_secrets' => $xSecret] as $list => $values) {
            if ($values !== null) {
                [$options->$list, $options->{"{$list}_len"}] = $memory->texts((array) $values);
            }
        }
        $required = $memory->array('yuno_required_header', \count($requiredHeaders));
        $options->required_headers = FFI::addr($required[0]);
        foreach ($requiredHeaders as $name => $values) {
            $header = $required[$options->required_headers_len++];
            $memory->write($header->name, (string) $name);
            [$header->values, $header->values_len] = $memory->texts((array) $values);
        }
        if ($maxBodyBytes !== null) {
            $limit = $memory->array('size_t', 1);
            $limit[0] = natural($maxBodyBytes);
            $options->max_body_bytes = FFI::addr($limit[0]);
        }
        $options->is_unsigned = $unsigned;
        $this->handle = Handle::make('verifier', static fn (FFI $ffi, CData $verifier, CData $error) =>
            $ffi->yuno_verifier_new(FFI::addr($options), $verifier, $error));
    }

    /** From the environment: YUNO_WEBHOOK_HMAC_SECRET and the other variables of `yuno_verifier_from_env`. */
    public static function fromEnv(): self
    {
        $verifier = (new \ReflectionClass(self::class))->newInstanceWithoutConstructor();
        $verifier->handle = Handle::make('verifier', static fn (FFI $ffi, CData $made, CData $error) => $ffi->yuno_verifier_from_env($made, $error));
        return $verifier;
    }

    /**
     * Verifies a delivery and then parses it.
     *
     * @param string $body the raw body as it came in
     * @param iterable<string, string|list<string>> $headers values by name, as request_headers() and the getHeaders() of PSR-7 give them
     */
    public function verify(#[SensitiveParameter] mixed $body, #[SensitiveParameter] iterable $headers): Event
    {
        $body = raw_body($body);
        $given = [];
        foreach ($headers as $name => $values) {
            foreach ((array) $values as $value) {
                $given[] = [(string) $name, $value];
            }
        }
        $memory = new Memory();
        $all = $memory->array('yuno_header', \count($given));
        foreach ($given as $place => [$name, $value]) {
            $memory->write($all[$place]->name, $name);
            $memory->write($all[$place]->value, \is_string($value) ? $value : throw new TypeError(
                'The value of a header is ' . get_debug_type($value) . ', not a string. Pass request_headers(), not $_SERVER.',
            ));
        }
        return new Event(Handle::make('event', fn (FFI $ffi, CData $event, CData $error) =>
            $ffi->yuno_verify($this->handle->pointer, $body, \strlen($body), $all, \count($given), $event, $error)));
    }

    /** Looks at the values of content-length and content-encoding before the body is read; throws for what could never be accepted. */
    public function admit(?string $contentLength, ?string $contentEncoding): void
    {
        $memory = new Memory();
        $error = Library::ffi()->new('yuno_error');
        $length = $memory->text($contentLength);
        $encoding = $memory->text($contentEncoding);
        if (Library::ffi()->yuno_verifier_admit($this->handle->pointer, $length, $encoding, FFI::addr($error)) !== 0) {
            throw WebhookException::from($error);
        }
    }

    /** A receiver may stop reading one byte further. */
    public function maxBodyBytes(): int
    {
        return Library::ffi()->yuno_verifier_max_body_bytes($this->handle->pointer);
    }

    /** Whether the verifier looks at the header of this name, in any case. The others need not be given. */
    public function readsHeader(string $name): bool
    {
        $memory = new Memory();
        return Library::ffi()->yuno_verifier_reads_header($this->handle->pointer, $memory->text($name));
    }
}

/** When the provider tries to deliver, and how long it waits for an acknowledgement. Times are whole seconds; PHP_INT_MAX where they are longer. */
final readonly class Schedule
{
    private Handle $handle;

    /**
     * @param list<int>|null $delays one a try, the first of them 0; null for what the provider documents
     * @param list<int>|null $waits for an acknowledgement, of which the last holds for all later tries; null for what the provider documents
     */
    public function __construct(Since $since = Since::PreviousTry, ?array $delays = null, ?array $waits = null)
    {
        $memory = new Memory();
        $delays_given = $memory->numbers($delays);
        $waits_given = $memory->numbers($waits);
        $this->handle = Handle::make('schedule', static fn (FFI $ffi, CData $schedule, CData $error) => $ffi->yuno_schedule_new(
            $since->value, $delays_given, \count($delays ?? []), $waits_given, \count($waits ?? []), $schedule, $error,
        ));
    }

    /** @return list<int> when each try comes, counted from the first */
    public function offsets(): array
    {
        $offsets = [];
        for ($retry = 0, $count = $this->ask('offset_count'); $retry < $count; $retry++) {
            $offsets[] = $this->ask('offset', $retry);
        }
        return $offsets;
    }

    /** From the first try to the last. */
    public function total(): int
    {
        return $this->ask('total');
    }

    /** The shortest time for which bodies may be kept. Keys are kept for ever. */
    public function minimumRetention(): int
    {
        return $this->ask('minimum_retention');
    }

    /** How long the provider waits for an acknowledgement of this try; 0 is the first. */
    public function acknowledgementWait(int $retry): int
    {
        return $this->ask('acknowledgement_wait', min(natural($retry), 0xFFFF_FFFF));
    }

    /** Throws RETENTION_TOO_SHORT if a body could be removed while the provider may still deliver it again. */
    public function checkRetention(int $seconds): void
    {
        $error = Library::ffi()->new('yuno_error');
        $error->code = Library::ffi()->yuno_schedule_check_retention($this->handle->pointer, natural($seconds));
        if ($error->code !== 0) {
            throw WebhookException::from($error);
        }
    }

    private function ask(string $what, int ...$of): int
    {
        $number = Library::ffi()->{"yuno_schedule_{$what}"}($this->handle->pointer, ...$of);
        // An unsigned number that PHP has no integer for comes out negative.
        return $number < 0 ? PHP_INT_MAX : $number;
    }
}

/** A kind of event that this release knows. */
final readonly class CatalogRow
{
    private function __construct(
        public string $kind,
        /** Which resource it tells about. */
        public string $family,
        /** @var list<string> on the wire; the first is the kind's own name */
        public array $spellings,
        /** @var array{string, string}|null the field, and its value, that selects the kind when a webhook is registered */
        public ?array $trigger,
        /** @var list<string> of samples; the first is the one that the provider sends today */
        public array $forms,
    ) {
    }

    /** @return list<self> every kind of event that this release knows */
    public static function all(): array
    {
        $ffi = Library::ffi();
        $rows = [];
        for ($row = 0, $count = $ffi->yuno_catalog_count(); $row < $count; $row++) {
            $field = Library::text($ffi->yuno_catalog_trigger_field($row));
            $rows[] = new self(
                Library::text($ffi->yuno_catalog_kind($row)),
                Library::text($ffi->yuno_catalog_family($row)),
                Library::list($ffi->yuno_catalog_spelling_count($row), static fn (int $place) => $ffi->yuno_catalog_spelling($row, $place)),
                $field === null ? null : [$field, Library::text($ffi->yuno_catalog_trigger_value($row))],
                Library::list($ffi->yuno_catalog_form_count($row), static fn (int $place) => $ffi->yuno_catalog_form($row, $place)),
            );
        }
        return $rows;
    }
}

/** For tests of a receiver. */
final class Testing
{
    /**
     * The body of a sample delivery. What is null has a plausible value; equal arguments give equal bytes.
     *
     * @param string $kind what happened, in any spelling of the catalogue
     * @param ?string $form how it is written: one of `CatalogRow::$forms`
     * @param ?string $transactionAmount what the transaction moved; otherwise the whole amount
     * @param ?string $updatedAt as the provider writes it ("2026-08-17T07:35:18.49869Z")
     * @param ?string $amount the digits that stand in the body ("24.90")
     * @param ?int $retry the counter of tries; null leaves it out
     */
    public static function sample(
        string $kind,
        ?string $form = null,
        ?string $status = null,
        ?string $subStatus = null,
        ?string $id = null,
        ?string $accountId = null,
        ?string $transactionId = null,
        ?string $transactionStatus = null,
        ?string $transactionAmount = null,
        ?string $updatedAt = null,
        ?string $amount = null,
        ?string $currency = null,
        ?string $merchantReference = null,
        ?int $retry = 0,
    ): string {
        $memory = new Memory();
        $options = Library::ffi()->new('yuno_sample_options');
        $options->size = FFI::sizeof($options);
        $memory->write($options->kind, $kind);
        $memory->write($options->form, $form);
        $memory->write($options->status, $status);
        $memory->write($options->sub_status, $subStatus);
        $memory->write($options->id, $id);
        $memory->write($options->account_id, $accountId);
        $memory->write($options->transaction_id, $transactionId);
        $memory->write($options->transaction_status, $transactionStatus);
        $memory->write($options->transaction_amount, $transactionAmount);
        $memory->write($options->updated_at, $updatedAt);
        $memory->write($options->amount, $amount);
        $memory->write($options->currency, $currency);
        $memory->write($options->merchant_reference, $merchantReference);
        $options->retry = natural($retry ?? 0, 0xFFFF_FFFF);
        $options->without_retry = $retry === null;
        $sample = Handle::make('sample', static fn (FFI $ffi, CData $made, CData $error) =>
            $ffi->yuno_sample_new(FFI::addr($options), $made, $error));
        return Library::text(Library::ffi()->yuno_sample_body($sample->pointer));
    }

    /** Signs a body as the provider does: the value of the header x-hmac-signature. */
    public static function sign(#[SensitiveParameter] mixed $body, #[SensitiveParameter] string $secret): string
    {
        $body = raw_body($body);
        $memory = new Memory();
        $length = Library::ffi()->new('size_t');
        $signature = $memory->array('char', 44);
        $error = Library::ffi()->new('yuno_error');
        $error->code = Library::ffi()->yuno_sign($body, \strlen($body), $memory->text($secret), $signature, 44, FFI::addr($length));
        if ($error->code !== 0) {
            throw WebhookException::from($error);
        }
        return FFI::string($signature, $length->cdata);
    }
}

/** Whether news will follow a status. `$family` is a `Resource::$kind`, "transaction" or "payment_link". */
function finality(string $family, string $status, ?string $subStatus = null): Finality
{
    $memory = new Memory();
    return Finality::from(Library::text(
        Library::ffi()->yuno_finality($memory->text($family), $memory->text($status), $memory->text($subStatus)),
    ));
}

/** @return list<string> the paths that the provider adds to the merchant's base URL by itself, for bank transfers */
function fixed_paths(): array
{
    $ffi = Library::ffi();
    return Library::list($ffi->yuno_fixed_path_count(), static fn (int $place) => $ffi->yuno_fixed_path($place));
}

/** The release of the library that is loaded. */
function version(): string
{
    return Library::text(Library::ffi()->yuno_version());
}

/**
 * The headers of the request that PHP serves, for `Verifier::verify`. Not getallheaders(): under the built-in server (8.2) that reads freed memory where a
 * header comes twice in different cases. As everywhere in $_SERVER, X_Api_Key is X-Api-Key here: nginx and Apache let no such name pass.
 *
 * @return array<string, string>
 */
function request_headers(): array
{
    $headers = [];
    foreach ($_SERVER as $variable => $value) {
        if (preg_match('/^(?:HTTP_|(?=CONTENT_))(.+)/', (string) $variable, $name)) {
            $headers[strtr($name[1], '_', '-')] = $value;
        }
    }
    return $headers;
}

/** An instant for people. It has microseconds, so compare the nanoseconds themselves. */
function to_date_time(int $nanoseconds): \DateTimeImmutable
{
    $second = 1_000_000_000;
    $rest = ($nanoseconds % $second + $second) % $second;
    $seconds = intdiv($nanoseconds, $second) - ($nanoseconds % $second < 0 ? 1 : 0);
    return (new \DateTimeImmutable("@{$seconds}"))->modify('+' . intdiv($rest, 1000) . ' microseconds');
}

/** @internal */
function raw_body(#[SensitiveParameter] mixed $body): string
{
    return \is_string($body) ? $body : throw new TypeError(
        'The body is ' . get_debug_type($body) . ", not a string. Pass the raw body, file_get_contents('php://input'), not what was made of it.",
    );
}

/** @internal A number that is unsigned in C, where a negative one would come in as a huge one. */
function natural(int $number, int $most = PHP_INT_MAX): int
{
    return $number >= 0 && $number <= $most ? $number : throw new ValueError("{$number} is not between 0 and {$most}.");
}

/** @internal What the library made, freed with the last object that holds it. */
final class Handle
{
    private function __construct(public readonly CData $pointer, private readonly string $free)
    {
    }

    private function __clone()
    {
    }

    public function __destruct()
    {
        Library::ffi()->{$this->free}($this->pointer);
    }

    /** @param \Closure(FFI, CData, CData): int $call writes the handle and the error, and returns the status */
    public static function make(string $type, \Closure $call): self
    {
        $ffi = Library::ffi();
        $made = $ffi->new("yuno_{$type} *");
        $error = $ffi->new('yuno_error');
        if ($call($ffi, FFI::addr($made), FFI::addr($error)) !== 0) {
            throw WebhookException::from($error);
        }
        return new self($made, "yuno_{$type}_free");
    }

    public function text(string $member): ?string
    {
        return Library::text(Library::ffi()->{"yuno_event_{$member}"}($this->pointer));
    }

    public function number(string $member, string $type): ?int
    {
        $number = Library::ffi()->new($type);
        return Library::ffi()->{"yuno_event_{$member}"}($this->pointer, FFI::addr($number)) ? $number->cdata : null;
    }

    public function says(string $member): bool
    {
        return Library::ffi()->{"yuno_event_{$member}"}($this->pointer);
    }
}

/** @internal What a call reads, alive as long as this object: a struct of C points to bytes and keeps none, so hold it until the call is over. */
final class Memory
{
    /** @var list<CData> */
    private array $kept = [];

    public function array(string $type, int $count): CData
    {
        return $this->kept[] = Library::ffi()->new("{$type}[" . max(1, $count) . ']');
    }

    /** Writes a text to a yuno_str; null leaves it absent. */
    public function write(CData $text, #[SensitiveParameter] ?string $value): void
    {
        if ($value !== null) {
            $bytes = $this->array('char', \strlen($value));
            FFI::memcpy($bytes, $value, \strlen($value));
            $text->data = FFI::addr($bytes[0]);
            $text->len = \strlen($value);
        }
    }

    public function text(#[SensitiveParameter] ?string $value): CData
    {
        $text = Library::ffi()->new('yuno_str');
        $this->write($text, $value);
        return $text;
    }

    /** @return array{CData, int} */
    public function texts(#[SensitiveParameter] array $values): array
    {
        $texts = $this->array('yuno_str', \count($values));
        foreach (array_values($values) as $place => $value) {
            $this->write($texts[$place], \is_string($value) ? $value : throw new TypeError(
                'A secret or credential is ' . get_debug_type($value) . ', not a string.',
            ));
        }
        return [FFI::addr($texts[0]), \count($values)];
    }

    public function numbers(?array $values): ?CData
    {
        $numbers = $values === null ? null : $this->array('uint64_t', \count($values));
        foreach (array_values($values ?? []) as $place => $value) {
            $numbers[$place] = natural($value);
        }
        return $numbers;
    }
}

/** @internal The library itself. */
final class Library
{
    /** The release that this file is written for: the header's, without the patch. */
    private const RELEASE = '0.1';

    /** The name under which ffi.preload keeps it. */
    private const SCOPE = 'YUNO_WEBHOOKS';

    /** As in yuno_webhooks.h. A text is not a `const char *` here: FFI would read it up to a NUL, which it does not have. */
    private const DECLARATIONS = <<<'C'
        typedef int32_t yuno_status;
        typedef int32_t yuno_recency;
        typedef int32_t yuno_since;
        typedef struct yuno_event yuno_event;
        typedef struct yuno_sample yuno_sample;
        typedef struct yuno_schedule yuno_schedule;
        typedef struct yuno_verifier yuno_verifier;
        typedef struct { const void *data; size_t len; } yuno_str;
        typedef struct { yuno_status code; bool empty_body; yuno_str hint; } yuno_error;
        typedef struct { yuno_str name; const yuno_str *values; size_t values_len; } yuno_required_header;
        typedef struct {
            size_t size;
            const yuno_str *hmac_secrets; size_t hmac_secrets_len;
            const yuno_str *api_keys; size_t api_keys_len;
            const yuno_str *x_secrets; size_t x_secrets_len;
            const yuno_required_header *required_headers; size_t required_headers_len;
            const size_t *max_body_bytes;
            bool is_unsigned;
        } yuno_verifier_options;
        typedef struct { yuno_str name; yuno_str value; } yuno_header;
        typedef struct { uint16_t status; yuno_str body; } yuno_reply;
        typedef struct {
            size_t size;
            yuno_str kind, form, status, sub_status, id, account_id, transaction_id, transaction_status, transaction_amount, updated_at;
            yuno_str amount, currency, merchant_reference;
            uint32_t retry;
            bool without_retry;
        } yuno_sample_options;

        yuno_str yuno_version(void);
        size_t yuno_status_count(void);
        yuno_status yuno_status_at(size_t index);
        bool yuno_status_from_name(yuno_str name, yuno_status *out);
        yuno_str yuno_status_name(yuno_status status);
        yuno_str yuno_status_stage(yuno_status status);
        uint16_t yuno_status_http_status(yuno_status status);
        yuno_status yuno_error_text(const yuno_error *error, char *text, size_t text_size, size_t *needed);

        yuno_status yuno_verifier_new(const yuno_verifier_options *options, yuno_verifier **verifier, yuno_error *error);
        yuno_status yuno_verifier_from_env(yuno_verifier **verifier, yuno_error *error);
        void yuno_verifier_free(yuno_verifier *verifier);
        size_t yuno_verifier_max_body_bytes(const yuno_verifier *verifier);
        bool yuno_verifier_reads_header(const yuno_verifier *verifier, yuno_str name);
        yuno_status yuno_verifier_admit(const yuno_verifier *verifier, yuno_str content_length, yuno_str content_encoding, yuno_error *error);
        yuno_status yuno_verify(const yuno_verifier *verifier, const char *body, size_t body_len, const yuno_header *headers, size_t headers_len,
                                yuno_event **event, yuno_error *error);
        yuno_status yuno_event_parse_unverified(const char *body, size_t body_len, yuno_event **event, yuno_error *error);
        void yuno_event_free(yuno_event *event);

        yuno_str yuno_event_kind(const yuno_event *event);
        yuno_str yuno_event_sent_name(const yuno_event *event);
        yuno_str yuno_event_shape(const yuno_event *event);
        yuno_str yuno_event_account_id(const yuno_event *event);
        bool yuno_event_retry(const yuno_event *event, uint32_t *out);
        bool yuno_event_version(const yuno_event *event, uint32_t *out);
        bool yuno_event_signed(const yuno_event *event);
        bool yuno_event_secret_index(const yuno_event *event, size_t *out);
        yuno_str yuno_event_finality(const yuno_event *event);
        bool yuno_event_repeatable(const yuno_event *event);
        yuno_str yuno_event_dedupe_key(const yuno_event *event);
        yuno_str yuno_event_published_key(const yuno_event *event);
        bool yuno_event_changed_at_ns(const yuno_event *event, int64_t *out);
        yuno_str yuno_event_data(const yuno_event *event);
        yuno_str yuno_event_raw(const yuno_event *event);
        yuno_recency yuno_event_compare_recency(const yuno_event *event, const yuno_event *other);
        bool yuno_event_is_newer_than(const yuno_event *event, const yuno_event *other, bool *newer);
        yuno_str yuno_event_resource_kind(const yuno_event *event);
        yuno_str yuno_event_resource_id(const yuno_event *event);
        yuno_str yuno_event_resource_status(const yuno_event *event);
        yuno_str yuno_event_resource_sub_status(const yuno_event *event);
        bool yuno_event_resource_created_at_ns(const yuno_event *event, int64_t *out);
        bool yuno_event_resource_updated_at_ns(const yuno_event *event, int64_t *out);
        yuno_str yuno_event_resource_merchant_reference(const yuno_event *event);
        yuno_str yuno_event_resource_idempotency_key(const yuno_event *event);
        yuno_str yuno_event_amount_value(const yuno_event *event);
        yuno_str yuno_event_amount_currency(const yuno_event *event);
        bool yuno_event_amount_minor_units(const yuno_event *event, int64_t *out);
        yuno_str yuno_event_amount_minor_units_text(const yuno_event *event);
        bool yuno_event_transaction_present(const yuno_event *event);
        yuno_str yuno_event_transaction_id(const yuno_event *event);
        yuno_str yuno_event_transaction_type(const yuno_event *event);
        yuno_str yuno_event_transaction_status(const yuno_event *event);
        yuno_str yuno_event_transaction_amount_value(const yuno_event *event);
        yuno_str yuno_event_transaction_amount_currency(const yuno_event *event);
        bool yuno_event_transaction_amount_minor_units(const yuno_event *event, int64_t *out);
        yuno_str yuno_event_transaction_amount_minor_units_text(const yuno_event *event);
        bool yuno_event_transaction_updated_at_ns(const yuno_event *event, int64_t *out);

        yuno_reply yuno_reply_received(void);
        yuno_reply yuno_reply_try_again(void);
        yuno_reply yuno_reply_to_error(const yuno_error *error, bool stored);
        size_t yuno_fixed_path_count(void);
        yuno_str yuno_fixed_path(size_t index);

        yuno_status yuno_schedule_new(yuno_since since, const uint64_t *delays, size_t delays_len, const uint64_t *waits, size_t waits_len,
                                      yuno_schedule **schedule, yuno_error *error);
        void yuno_schedule_free(yuno_schedule *schedule);
        size_t yuno_schedule_offset_count(const yuno_schedule *schedule);
        uint64_t yuno_schedule_offset(const yuno_schedule *schedule, size_t retry);
        uint64_t yuno_schedule_total(const yuno_schedule *schedule);
        uint64_t yuno_schedule_minimum_retention(const yuno_schedule *schedule);
        uint64_t yuno_schedule_acknowledgement_wait(const yuno_schedule *schedule, uint32_t retry);
        yuno_status yuno_schedule_check_retention(const yuno_schedule *schedule, uint64_t seconds);

        size_t yuno_catalog_count(void);
        yuno_str yuno_catalog_kind(size_t row);
        yuno_str yuno_catalog_family(size_t row);
        size_t yuno_catalog_spelling_count(size_t row);
        yuno_str yuno_catalog_spelling(size_t row, size_t index);
        yuno_str yuno_catalog_trigger_field(size_t row);
        yuno_str yuno_catalog_trigger_value(size_t row);
        size_t yuno_catalog_form_count(size_t row);
        yuno_str yuno_catalog_form(size_t row, size_t index);
        yuno_str yuno_finality(yuno_str family, yuno_str status, yuno_str sub_status);

        yuno_status yuno_sign(const char *body, size_t body_len, yuno_str secret, char *signature, size_t signature_size, size_t *signature_len);
        yuno_status yuno_sample_new(const yuno_sample_options *options, yuno_sample **sample, yuno_error *error);
        void yuno_sample_free(yuno_sample *sample);
        yuno_str yuno_sample_body(const yuno_sample *sample);
        C;

    private static ?FFI $ffi = null;

    public static function ffi(): FFI
    {
        return self::$ffi ??= self::load();
    }

    /** What ffi.preload reads. */
    public static function header(): string
    {
        return '#define FFI_SCOPE "' . self::SCOPE . "\"\n#define FFI_LIB \"" . self::path() . "\"\n" . self::DECLARATIONS . "\n";
    }

    /** A copy of a text of the library, whose own lives no longer than its handle. */
    public static function text(CData $text): ?string
    {
        return $text->data === null ? null : FFI::string($text->data, $text->len);
    }

    /**
     * @param callable(int): CData $text
     * @return list<string>
     */
    public static function list(int $count, callable $text): array
    {
        return array_map(static fn (int $place) => self::text($text($place)), $count > 0 ? range(0, $count - 1) : []);
    }

    private static function path(): string
    {
        return getenv('YUNO_WEBHOOKS_LIBRARY') ?: (PHP_OS_FAMILY === 'Darwin' ? 'libyuno_webhooks.0.dylib' : 'libyuno_webhooks.so.0');
    }

    private static function load(): FFI
    {
        if (PHP_INT_SIZE < 8) {
            throw new \LogicException('YunoWebhooks.php needs a PHP of 64 bits: its integers hold minor units and nanoseconds.');
        }
        try {
            $ffi = FFI::scope(self::SCOPE);
        } catch (FFI\Exception) {
            try {
                $ffi = FFI::cdef(self::DECLARATIONS, self::path());
            } catch (FFI\Exception $exception) {
                throw new \RuntimeException(
                    'The library cannot be loaded. Install it, or set YUNO_WEBHOOKS_LIBRARY to its full path, and switch FFI on (ffi.enable): '
                    . $exception->getMessage(),
                    previous: $exception,
                );
            }
        }
        $version = self::text($ffi->yuno_version());
        if (!str_starts_with($version, self::RELEASE . '.')) {
            throw new \RuntimeException("YunoWebhooks.php is of the release " . self::RELEASE . ", the library of {$version}: install both from one release.");
        }
        return $ffi;
    }
}
