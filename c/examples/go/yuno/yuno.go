// Package yuno receives the webhooks of the payments provider Yuno: it verifies, parses and de-duplicates each delivery, in this order.
// It is a binding of the C library yuno-webhooks, which pkg-config must find, and decides nothing itself.
//
// Absent is a [sql.Null] that is not Valid, which a database takes as NULL, or a nil pointer. Every failure is an [*Error].
package yuno

/*
#cgo pkg-config: yuno-webhooks
#cgo noescape yuno_verify
#cgo nocallback yuno_verify
#cgo noescape read_members
#cgo nocallback read_members
#include <yuno_webhooks.h>

// A call from Go to C costs more than most of these functions, so one call reads all that an Event holds.
typedef struct {
	yuno_str kind, sent_name, shape, account_id, finality, dedupe_key, published_key, raw;
	yuno_str resource_kind, resource_id, status, sub_status, merchant_reference, idempotency_key;
	yuno_str value, currency, minor_units;
	yuno_str transaction_id, transaction_type, transaction_status, transaction_value, transaction_currency, transaction_minor_units;
	int64_t changed_at, created_at, updated_at, transaction_updated_at;
	uint32_t retry, version;
	size_t secret_index;
	bool has_changed_at, has_created_at, has_updated_at, has_transaction, has_transaction_updated_at, has_retry, has_version, has_secret_index;
	bool is_signed, repeatable;
} members;

static void read_members(const yuno_event *event, members *own) {
	own->kind = yuno_event_kind(event);
	own->sent_name = yuno_event_sent_name(event);
	own->shape = yuno_event_shape(event);
	own->account_id = yuno_event_account_id(event);
	own->finality = yuno_event_finality(event);
	own->dedupe_key = yuno_event_dedupe_key(event);
	own->published_key = yuno_event_published_key(event);
	own->raw = yuno_event_raw(event);
	own->resource_kind = yuno_event_resource_kind(event);
	own->resource_id = yuno_event_resource_id(event);
	own->status = yuno_event_resource_status(event);
	own->sub_status = yuno_event_resource_sub_status(event);
	own->merchant_reference = yuno_event_resource_merchant_reference(event);
	own->idempotency_key = yuno_event_resource_idempotency_key(event);
	own->value = yuno_event_amount_value(event);
	own->currency = yuno_event_amount_currency(event);
	own->minor_units = yuno_event_amount_minor_units_text(event);
	own->transaction_id = yuno_event_transaction_id(event);
	own->transaction_type = yuno_event_transaction_type(event);
	own->transaction_status = yuno_event_transaction_status(event);
	own->transaction_value = yuno_event_transaction_amount_value(event);
	own->transaction_currency = yuno_event_transaction_amount_currency(event);
	own->transaction_minor_units = yuno_event_transaction_amount_minor_units_text(event);
	own->has_changed_at = yuno_event_changed_at_ns(event, &own->changed_at);
	own->has_created_at = yuno_event_resource_created_at_ns(event, &own->created_at);
	own->has_updated_at = yuno_event_resource_updated_at_ns(event, &own->updated_at);
	own->has_transaction = yuno_event_transaction_present(event);
	own->has_transaction_updated_at = yuno_event_transaction_updated_at_ns(event, &own->transaction_updated_at);
	own->has_retry = yuno_event_retry(event, &own->retry);
	own->has_version = yuno_event_version(event, &own->version);
	own->has_secret_index = yuno_event_secret_index(event, &own->secret_index);
	own->is_signed = yuno_event_signed(event);
	own->repeatable = yuno_event_repeatable(event);
}

// Go cannot take a macro's value that is no constant.
static yuno_verifier_options verifier_options(void) {
	yuno_verifier_options options = YUNO_VERIFIER_OPTIONS_INIT;
	return options;
}

static yuno_sample_options sample_options(void) {
	yuno_sample_options options = YUNO_SAMPLE_OPTIONS_INIT;
	return options;
}
*/
import "C"

import (
	"database/sql"
	"errors"
	"fmt"
	"math"
	"math/big"
	"runtime"
	"strings"
	"sync"
	"time"
	"unsafe"
)

// The release of the library that this file was written for.
const written = "0.1"

func init() {
	if version := Version(); !strings.HasPrefix(version, written+".") {
		panic("yuno: libyuno_webhooks is " + version + ", and this package is for " + written + ": install that release, or take the package of yours")
	}
}

// Version is the release of the library, such as "0.1.0".
func Version() string { return text(C.yuno_version()) }

// --- errors ---

// Code is why a call failed. It is an error, to be compared with: errors.Is(err, yuno.SignatureMismatch). Later releases may add numbers.
type Code int32

const (
	NullPointer        Code = C.YUNO_NULL_POINTER
	BufferTooSmall     Code = C.YUNO_BUFFER_TOO_SMALL
	Panic              Code = C.YUNO_PANIC
	InvalidArgument    Code = C.YUNO_INVALID_ARGUMENT
	InvalidSecret      Code = C.YUNO_INVALID_SECRET
	NoCredentials      Code = C.YUNO_NO_CREDENTIALS
	InvalidHeaderName  Code = C.YUNO_INVALID_HEADER_NAME
	NoSignatureSecret  Code = C.YUNO_NO_SIGNATURE_SECRET
	InvalidLimit       Code = C.YUNO_INVALID_LIMIT
	SignatureMissing   Code = C.YUNO_SIGNATURE_MISSING
	SignatureMalformed Code = C.YUNO_SIGNATURE_MALFORMED
	SignatureMismatch  Code = C.YUNO_SIGNATURE_MISMATCH
	CredentialMissing  Code = C.YUNO_CREDENTIAL_MISSING
	CredentialMismatch Code = C.YUNO_CREDENTIAL_MISMATCH
	HeaderRepeated     Code = C.YUNO_HEADER_REPEATED
	BodyTooLarge       Code = C.YUNO_BODY_TOO_LARGE
	BodyEncoded        Code = C.YUNO_BODY_ENCODED
	BodyNotJSON        Code = C.YUNO_BODY_NOT_JSON
	BodyNotObject      Code = C.YUNO_BODY_NOT_OBJECT
	BodyAmbiguous      Code = C.YUNO_BODY_AMBIGUOUS
	DataUnreadable     Code = C.YUNO_DATA_UNREADABLE
	StoreUnavailable   Code = C.YUNO_STORE_UNAVAILABLE
	StaleFence         Code = C.YUNO_STALE_FENCE
	RetentionTooShort  Code = C.YUNO_RETENTION_TOO_SHORT
	SchemaMismatch     Code = C.YUNO_SCHEMA_MISMATCH
	NotFound           Code = C.YUNO_NOT_FOUND
	StoreUnsafe        Code = C.YUNO_STORE_UNSAFE
)

// Codes are all codes, in the order of their numbers.
func Codes() []Code {
	codes := make([]Code, C.yuno_status_count())
	for place := range codes {
		codes[place] = Code(C.yuno_status_at(C.size_t(place)))
	}
	return codes
}

// CodeNamed is the code of a name such as "SIGNATURE_MISMATCH", and whether there is one.
func CodeNamed(name string) (Code, bool) {
	var pins runtime.Pinner
	defer pins.Unpin()
	var code C.yuno_status
	known := C.yuno_status_from_name(give(&pins, name), &code)
	return Code(code), bool(known)
}

// Name is such as "SIGNATURE_MISMATCH", the same in every language.
func (c Code) Name() string { return text(C.yuno_status_name(C.yuno_status(c))) }

// Stage says who can mend it: "configuration", "authentication", "payload" (the delivery is authentic: keep its bytes), "inbox" or "boundary".
func (c Code) Stage() string { return text(C.yuno_status_stage(C.yuno_status(c))) }

// HTTPStatus is what a receiver answers; [ReplyToError] also knows the body.
func (c Code) HTTPStatus() int { return int(C.yuno_status_http_status(C.yuno_status(c))) }

// Message says what happened and what to do next.
func (c Code) Message() string { return text(C.yuno_status_message(C.yuno_status(c))) }

// Error is a line for a log.
func (c Code) Error() string { return (&Error{Code: c}).Error() }

// Error is why a call failed. It holds constants only, never a part of a body or a secret, and may be logged.
type Error struct {
	Code Code
	// What more is known than the code says; empty if nothing is.
	Hint string
	// Whether the body was authentic and had no bytes at all: [ReplyToError] acknowledges it.
	EmptyBody bool
}

// Error is a line for a log: the name, what is known of this case, and what to do.
func (e *Error) Error() string {
	var pins runtime.Pinner
	defer pins.Unpin()
	own := e.give(&pins)
	var size C.size_t
	C.yuno_error_text(&own, nil, 0, &size)
	if size == 0 {
		return fmt.Sprintf("error %d of libyuno_webhooks", e.Code)
	}
	line := make([]byte, size)
	C.yuno_error_text(&own, (*C.char)(unsafe.Pointer(&line[0])), size, nil)
	return string(line[:size-1])
}

// Is tells whether the target is this error's code.
func (e *Error) Is(target error) bool {
	code, ok := target.(Code)
	return ok && code == e.Code
}

func (e *Error) give(pins *runtime.Pinner) C.yuno_error {
	return C.yuno_error{code: C.yuno_status(e.Code), empty_body: C.bool(e.EmptyBody), hint: giveOptional(pins, e.Hint)}
}

// What a call returned, as Go has it.
func check(status C.yuno_status, own *C.yuno_error) error {
	if status == C.YUNO_OK {
		return nil
	}
	return &Error{Code: Code(status), Hint: text(own.hint), EmptyBody: bool(own.empty_body)}
}

// --- replies ---

// Reply is what a receiver answers.
type Reply struct {
	Status int
	// Of the type application/json; may be empty.
	Body string
}

// Received is the reply to a delivery that was accepted, is a duplicate, or is of an unknown kind.
func Received() Reply { return reply(C.yuno_reply_received()) }

// TryAgain is the reply to a delivery that could not be stored or handled now, so that the provider sends it again.
func TryAgain() Reply { return reply(C.yuno_reply_try_again()) }

// ReplyToError is the reply to a delivery that was refused. stored says that its raw bytes are kept: an authentic one is then acknowledged.
func ReplyToError(err error, stored bool) Reply {
	var own *Error
	if !errors.As(err, &own) {
		return reply(C.yuno_reply_to_error(nil, C.bool(stored)))
	}
	var pins runtime.Pinner
	defer pins.Unpin()
	given := own.give(&pins)
	return reply(C.yuno_reply_to_error(&given, C.bool(stored)))
}

func reply(own C.yuno_reply) Reply { return Reply{Status: int(own.status), Body: text(own.body)} }

// --- verifier ---

// RequiredHeader is what another header must hold.
type RequiredHeader struct {
	Name string
	// Each of them whole, such as "Bearer abc".
	Values []string
}

// VerifierOptions say what a verifier accepts. A list has one to eight values, all of which are accepted: several while you rotate. A list that is nil
// is not set; one that is set and empty is refused, except for HMACSecrets.
type VerifierOptions struct {
	// The webhook's client secrets.
	HMACSecrets []string
	// What the header x-api-key must hold.
	APIKeys []string
	// What the header x-secret must hold.
	XSecrets        []string
	RequiredHeaders []RequiredHeader
	// The largest body that is looked at, in bytes; 2 MiB if nil.
	MaxBodyBytes *uint
	// Whether to receive deliveries without a signature. Then there are no HMACSecrets, and at least one of the other lists is set.
	Unsigned bool
}

// Format keeps the secrets out of logs.
func (VerifierOptions) Format(state fmt.State, _ rune) { fmt.Fprint(state, "yuno.VerifierOptions") }

// ErrClosed is what a closed [Verifier] fails with.
var ErrClosed = errors.New("yuno: the verifier is closed: make a new one, or close it later")

// Verifier decides whether deliveries are authentic. Make one at start and share it: any number of goroutines may use it at once.
type Verifier struct {
	mutex   sync.RWMutex // held for reading while C uses the memory; that it is given back afterwards keeps the garbage collector away too
	own     *C.yuno_verifier
	cleanup runtime.Cleanup
}

// NewVerifier makes a verifier from options.
func NewVerifier(options VerifierOptions) (*Verifier, error) {
	var pins runtime.Pinner
	defer pins.Unpin()
	given := C.verifier_options()
	given.hmac_secrets, given.hmac_secrets_len = giveTexts(&pins, options.HMACSecrets)
	given.api_keys, given.api_keys_len = giveTexts(&pins, options.APIKeys)
	given.x_secrets, given.x_secrets_len = giveTexts(&pins, options.XSecrets)
	required := make([]C.yuno_required_header, len(options.RequiredHeaders))
	for place, header := range options.RequiredHeaders {
		required[place].name = give(&pins, header.Name)
		required[place].values, required[place].values_len = giveTexts(&pins, header.Values)
	}
	given.required_headers, given.required_headers_len = giveList(&pins, required)
	if options.MaxBodyBytes != nil {
		limit := C.size_t(*options.MaxBodyBytes)
		pins.Pin(&limit)
		given.max_body_bytes = &limit
	}
	given.is_unsigned = C.bool(options.Unsigned)
	var own *C.yuno_verifier
	var failure C.yuno_error
	return newVerifier(C.yuno_verifier_new(&given, &own, &failure), own, &failure)
}

// VerifierFromEnv makes a verifier from YUNO_WEBHOOK_HMAC_SECRET, YUNO_WEBHOOK_API_KEY and YUNO_WEBHOOK_X_SECRET, each with one value a line, and
// YUNO_WEBHOOK_UNSIGNED, which is "1" to receive without a signature. No other goroutine may change the environment meanwhile.
func VerifierFromEnv() (*Verifier, error) {
	var own *C.yuno_verifier
	var failure C.yuno_error
	status := C.yuno_verifier_from_env(&own, &failure)
	return newVerifier(status, own, &failure)
}

func newVerifier(status C.yuno_status, own *C.yuno_verifier, failure *C.yuno_error) (*Verifier, error) {
	if err := check(status, failure); err != nil {
		return nil, err
	}
	verifier := &Verifier{own: own}
	verifier.cleanup = runtime.AddCleanup(verifier, freeVerifier, own)
	return verifier, nil
}

func freeVerifier(own *C.yuno_verifier) { C.yuno_verifier_free(own) }

// Close wipes the secrets from memory now, instead of some time after the last use. It waits for the calls that use the verifier; later ones fail
// with [ErrClosed], or panic with it where they return no error.
func (v *Verifier) Close() error {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if v.own != nil {
		v.cleanup.Stop()
		freeVerifier(v.own)
		v.own = nil
	}
	return nil
}

// MaxBodyBytes is the largest body that is looked at. A receiver may stop reading one byte further.
func (v *Verifier) MaxBodyBytes() uint {
	v.mutex.RLock()
	defer v.mutex.RUnlock()
	if v.own == nil {
		panic(ErrClosed)
	}
	return uint(C.yuno_verifier_max_body_bytes(v.own))
}

// ReadsHeader tells whether the verifier looks at the header of this name, in any case. The others need not be given to Verify.
func (v *Verifier) ReadsHeader(name string) bool {
	v.mutex.RLock()
	defer v.mutex.RUnlock()
	if v.own == nil {
		panic(ErrClosed)
	}
	var pins runtime.Pinner
	defer pins.Unpin()
	return bool(C.yuno_verifier_reads_header(v.own, give(&pins, name)))
}

// Admit looks at the values of content-length and content-encoding, empty where there is none, before the body is read, so that what could never be
// accepted need not be. Count what you read all the same, since either may be absent or false.
func (v *Verifier) Admit(contentLength, contentEncoding string) error {
	v.mutex.RLock()
	defer v.mutex.RUnlock()
	if v.own == nil {
		return ErrClosed
	}
	var pins runtime.Pinner
	defer pins.Unpin()
	var failure C.yuno_error
	return check(C.yuno_verifier_admit(v.own, giveOptional(&pins, contentLength), giveOptional(&pins, contentEncoding), &failure), &failure)
}

// Verify verifies a delivery and then parses it. body is the raw body as it came in, never one that was parsed and written again; headers are the
// request's, with every value of each, such as an [net/http.Header].
func (v *Verifier) Verify(body []byte, headers map[string][]string) (*Event, error) {
	v.mutex.RLock()
	defer v.mutex.RUnlock()
	if v.own == nil {
		return nil, ErrClosed
	}
	var pins runtime.Pinner
	defer pins.Unpin()
	given := make([]C.yuno_header, 0, len(headers))
	for name, values := range headers {
		for _, value := range values {
			given = append(given, C.yuno_header{name: give(&pins, name), value: give(&pins, value)})
		}
	}
	var own *C.yuno_event
	var failure C.yuno_error
	status := C.yuno_verify(v.own, giveBytes(body), C.size_t(len(body)), unsafe.SliceData(given), C.size_t(len(given)), &own, &failure)
	return newEvent(status, own, &failure)
}

// --- event ---

// Event is an authentic delivery that was read. An unknown kind, status or shape is a value, never an error; what the body lacks, or has of another
// type, is absent.
type Event struct {
	// What happened, such as "payment.purchase"; "unknown" for a kind that this release does not know.
	Kind string
	// The name under which the kind was sent.
	SentName sql.Null[string]
	// The wire shape: "enveloped", "v1", "banking_incoming", "split_transfer", "domain" or "unknown".
	Shape string
	// The merchant's account at the provider.
	AccountID sql.Null[string]
	// How often this delivery was tried before; 0 is the first try.
	Retry sql.Null[uint32]
	// The version of the envelope.
	Version sql.Null[uint32]
	// Whether a signature proved this event: not for unsigned deliveries, nor after ParseUnverified.
	Signed bool
	// Which of the verifier's secrets signed it, from 0: how to see that a rotation is over.
	SecretIndex sql.Null[uint]
	// Whether news of the resource will follow: "pending", "settled", "final" or "unknown". It never says that money moved.
	Finality string
	// Whether the provider sends byte-identical bodies for different occurrences of this event.
	Repeatable bool
	// The key under which a redelivery of this delivery comes again, and no other: de-duplicate by it, and keep it for ever.
	DedupeKey string
	// For comparison and logs. It merges different events: never de-duplicate by it.
	PublishedKey sql.Null[string]
	// When the resource, or the transaction that triggered the event, last changed.
	ChangedAt sql.Null[time.Time]
	// What the event tells about.
	Resource Resource

	raw string
}

// Resource is what an event tells about.
type Resource struct {
	// Such as "payment"; "unknown" for what this release does not know.
	Kind string
	ID   sql.Null[string]
	// As it was sent; new ones may appear at any time.
	Status sql.Null[string]
	// Of a payment it decides: the status "SUCCEEDED" alone does not say that money moved.
	SubStatus sql.Null[string]
	CreatedAt sql.Null[time.Time]
	UpdatedAt sql.Null[time.Time]
	// The merchant's own reference, such as the order's number.
	MerchantReference sql.Null[string]
	// The same in every event of a payment: never de-duplicate by it.
	IdempotencyKey sql.Null[string]
	// The sum of money, of a payment the whole payment's; may be nil.
	Amount *Amount
	// The transaction that triggered the event; may be nil.
	Transaction *Transaction
}

// Transaction is one attempt to move, reserve, return or verify money.
type Transaction struct {
	ID sql.Null[string]
	// Such as "PURCHASE" or "THREE_D_SECURE".
	Type   sql.Null[string]
	Status sql.Null[string]
	// What it moved, reserved or returned, of a partial refund the part; may be nil.
	Amount    *Amount
	UpdatedAt sql.Null[time.Time]
}

// Amount is a sum of money.
type Amount struct {
	// In major units: the digits that were sent, a JSON number such as "2000.0", to be read as an exact decimal and not as a float.
	Value string
	// By the provider's documents a code of ISO 4217.
	Currency sql.Null[string]
	// In the currency's smallest unit, up to 128 bits; nil if that is not exact or the currency is not known.
	MinorUnits *big.Int
}

// ParseUnverified reads a body that was verified before it was stored. It checks no signature and no limit: whoever calls it vouches for the body.
func ParseUnverified(body []byte) (*Event, error) {
	var own *C.yuno_event
	var failure C.yuno_error
	status := C.yuno_event_parse_unverified(giveBytes(body), C.size_t(len(body)), &own, &failure)
	return newEvent(status, own, &failure)
}

// All is read at once, so that an Event is a value of Go, which nobody needs to close.
func newEvent(status C.yuno_status, own *C.yuno_event, failure *C.yuno_error) (*Event, error) {
	if err := check(status, failure); err != nil {
		return nil, err
	}
	defer C.yuno_event_free(own)
	var read C.members
	C.read_members(own, &read)
	event := &Event{
		Kind:         text(read.kind),
		SentName:     optionalText(read.sent_name),
		Shape:        text(read.shape),
		AccountID:    optionalText(read.account_id),
		Retry:        optional(read.has_retry, uint32(read.retry)),
		Version:      optional(read.has_version, uint32(read.version)),
		Signed:       bool(read.is_signed),
		SecretIndex:  optional(read.has_secret_index, uint(read.secret_index)),
		Finality:     text(read.finality),
		Repeatable:   bool(read.repeatable),
		DedupeKey:    text(read.dedupe_key),
		PublishedKey: optionalText(read.published_key),
		ChangedAt:    instant(read.has_changed_at, read.changed_at),
		Resource: Resource{
			Kind:              text(read.resource_kind),
			ID:                optionalText(read.resource_id),
			Status:            optionalText(read.status),
			SubStatus:         optionalText(read.sub_status),
			CreatedAt:         instant(read.has_created_at, read.created_at),
			UpdatedAt:         instant(read.has_updated_at, read.updated_at),
			MerchantReference: optionalText(read.merchant_reference),
			IdempotencyKey:    optionalText(read.idempotency_key),
			Amount:            amount(read.value, read.currency, read.minor_units),
		},
		raw: text(read.raw),
	}
	if read.has_transaction {
		event.Resource.Transaction = &Transaction{
			ID:        optionalText(read.transaction_id),
			Type:      optionalText(read.transaction_type),
			Status:    optionalText(read.transaction_status),
			Amount:    amount(read.transaction_value, read.transaction_currency, read.transaction_minor_units),
			UpdatedAt: instant(read.has_transaction_updated_at, read.transaction_updated_at),
		}
	}
	return event, nil
}

// Data is the JSON text of the data object where the body has one, else of the whole body. It parses the body again.
func (e *Event) Data() []byte {
	own := e.parse()
	defer C.yuno_event_free(own)
	return []byte(text(C.yuno_event_data(own)))
}

// Raw is the body as it came in.
func (e *Event) Raw() []byte { return []byte(e.raw) }

// Format keeps the body out of logs.
func (e Event) Format(state fmt.State, _ rune) {
	fmt.Fprintf(state, "yuno.Event(%s %s)", e.Kind, e.DedupeKey)
}

// Recency is how one event's news of a resource relates to another's, by the instants at which the resource changed. Later releases may add numbers.
type Recency int32

const (
	// Unordered: it cannot be told; the instants are equal or missing.
	Unordered Recency = C.YUNO_RECENCY_UNORDERED
	// Same delivery: equal keys.
	Same Recency = C.YUNO_RECENCY_SAME
	// Newer news.
	Newer Recency = C.YUNO_RECENCY_NEWER
	// Older news, which the other has overtaken.
	Older Recency = C.YUNO_RECENCY_OLDER
	// Unrelated: not the same resource, or one that does not say which it is.
	Unrelated Recency = C.YUNO_RECENCY_UNRELATED
)

// CompareRecency tells how this event's news relates to the other's. It parses both bodies again.
func (e *Event) CompareRecency(other *Event) Recency {
	first, second := e.parse(), other.parse()
	defer C.yuno_event_free(first)
	defer C.yuno_event_free(second)
	return Recency(C.yuno_event_compare_recency(first, second))
}

// IsNewerThan tells whether this event is newer news of its resource than the other, and whether that can be told.
func (e *Event) IsNewerThan(other *Event) (newer, told bool) {
	first, second := e.parse(), other.parse()
	defer C.yuno_event_free(first)
	defer C.yuno_event_free(second)
	var own C.bool
	told = bool(C.yuno_event_is_newer_than(first, second, &own))
	return bool(own), told
}

// The library's own form of the event; nil, with which nothing can be compared, for an event that it did not make.
func (e *Event) parse() *C.yuno_event {
	var own *C.yuno_event
	C.yuno_event_parse_unverified((*C.uint8_t)(unsafe.StringData(e.raw)), C.size_t(len(e.raw)), &own, nil)
	return own
}

// --- schedule ---

// Since says from when a schedule's delays count. The provider's pages can be read either way.
type Since int32

const (
	// SincePreviousTry is the one to plan for.
	SincePreviousTry Since = C.YUNO_SINCE_PREVIOUS_TRY
	SinceFirstTry    Since = C.YUNO_SINCE_FIRST_TRY
)

// Schedule is when the provider tries to deliver, and how long it waits for an acknowledgement. Times are whole seconds.
type Schedule struct{ own *C.yuno_schedule }

// NewSchedule makes a schedule. delays are one a try, the first of them 0; the last of waits holds for all later tries. Nil stands for what the provider
// documents.
func NewSchedule(since Since, delays, waits []time.Duration) (*Schedule, error) {
	ownDelays, err := giveTimes(delays)
	if err != nil {
		return nil, err
	}
	ownWaits, err := giveTimes(waits)
	if err != nil {
		return nil, err
	}
	var own *C.yuno_schedule
	var failure C.yuno_error
	status := C.yuno_schedule_new(C.yuno_since(since), unsafe.SliceData(ownDelays), C.size_t(len(ownDelays)), unsafe.SliceData(ownWaits),
		C.size_t(len(ownWaits)), &own, &failure)
	if err := check(status, &failure); err != nil {
		return nil, err
	}
	schedule := &Schedule{own}
	runtime.AddCleanup(schedule, func(own *C.yuno_schedule) { C.yuno_schedule_free(own) }, own)
	return schedule, nil
}

// Offsets are when each try comes, counted from the first.
func (s *Schedule) Offsets() []time.Duration {
	defer runtime.KeepAlive(s)
	offsets := make([]time.Duration, C.yuno_schedule_offset_count(s.own))
	for retry := range offsets {
		offsets[retry] = duration(C.yuno_schedule_offset(s.own, C.size_t(retry)))
	}
	return offsets
}

// Total is from the first try to the last.
func (s *Schedule) Total() time.Duration {
	defer runtime.KeepAlive(s)
	return duration(C.yuno_schedule_total(s.own))
}

// MinimumRetention is the shortest time for which bodies may be kept. Keys are kept for ever.
func (s *Schedule) MinimumRetention() time.Duration {
	defer runtime.KeepAlive(s)
	return duration(C.yuno_schedule_minimum_retention(s.own))
}

// AcknowledgementWait is how long the provider waits for an acknowledgement of this try; 0 is the first.
func (s *Schedule) AcknowledgementWait(retry uint32) time.Duration {
	defer runtime.KeepAlive(s)
	return duration(C.yuno_schedule_acknowledgement_wait(s.own, C.uint32_t(retry)))
}

// CheckRetention fails with [RetentionTooShort] if a body that is kept for so long could be removed while the provider may still deliver it again.
func (s *Schedule) CheckRetention(retention time.Duration) error {
	defer runtime.KeepAlive(s)
	own, err := giveTimes([]time.Duration{retention})
	if err != nil {
		return err
	}
	return check(C.yuno_schedule_check_retention(s.own, own[0]), &C.yuno_error{})
}

// --- tables ---

// CatalogRow is a kind of event that this release knows.
type CatalogRow struct {
	Kind string
	// Which resource it tells about.
	Family string
	// On the wire; the first is the kind's own name.
	Spellings []string
	// What selects the kind when a webhook is registered; may be nil.
	Trigger *Trigger
	// Of samples; the first is the one that the provider sends today.
	Forms []string
}

// Trigger is a field of a webhook's registration and its value.
type Trigger struct{ Field, Value string }

// Catalog is every kind of event that this release knows.
func Catalog() []CatalogRow {
	rows := make([]CatalogRow, C.yuno_catalog_count())
	for place := range rows {
		row := C.size_t(place)
		rows[place] = CatalogRow{
			Kind:      text(C.yuno_catalog_kind(row)),
			Family:    text(C.yuno_catalog_family(row)),
			Spellings: texts(C.yuno_catalog_spelling_count(row), func(index C.size_t) C.yuno_str { return C.yuno_catalog_spelling(row, index) }),
			Forms:     texts(C.yuno_catalog_form_count(row), func(index C.size_t) C.yuno_str { return C.yuno_catalog_form(row, index) }),
		}
		if field := C.yuno_catalog_trigger_field(row); field.data != nil {
			rows[place].Trigger = &Trigger{text(field), text(C.yuno_catalog_trigger_value(row))}
		}
	}
	return rows
}

// FixedPaths are the paths that the provider adds to the merchant's base URL by itself, for bank transfers.
func FixedPaths() []string {
	return texts(C.yuno_fixed_path_count(), func(index C.size_t) C.yuno_str { return C.yuno_fixed_path(index) })
}

// Finality tells whether news will follow a status: "pending", "settled", "final" or "unknown". family is a [Resource]'s Kind, "transaction" or
// "payment_link"; subStatus may be empty. It never says that money moved.
func Finality(family, status, subStatus string) string {
	var pins runtime.Pinner
	defer pins.Unpin()
	return text(C.yuno_finality(give(&pins, family), give(&pins, status), giveOptional(&pins, subStatus)))
}

// --- for tests of your receiver ---

// Sign is the value of the header x-hmac-signature: it signs a body as the provider does. secret may be any bytes.
func Sign(body []byte, secret string) string {
	var pins runtime.Pinner
	defer pins.Unpin()
	var signature [C.YUNO_SIGNATURE_LEN]byte
	status := C.yuno_sign(giveBytes(body), C.size_t(len(body)), give(&pins, secret), (*C.char)(unsafe.Pointer(&signature)), C.YUNO_SIGNATURE_LEN, nil)
	if err := check(status, &C.yuno_error{}); err != nil {
		panic(err)
	}
	return string(signature[:])
}

// SampleOptions say what a sample holds. A text that is empty has a plausible value; equal options give equal bytes.
type SampleOptions struct {
	// What happened, in any spelling of the catalogue.
	Kind string
	// How it is written: one of [CatalogRow]'s Forms.
	Form              string
	Status            string
	SubStatus         string
	ID                string
	AccountID         string
	TransactionID     string
	TransactionStatus string
	// What the transaction moved, of a partial refund the part ("5.00"); otherwise the whole amount.
	TransactionAmount string
	// As the provider writes it ("2026-08-17T07:35:18.49869Z").
	UpdatedAt string
	// The digits that stand in the body ("24.90").
	Amount            string
	Currency          string
	MerchantReference string
	// The try; 0 is the first.
	Retry uint32
	// Whether to leave the counter of tries out.
	WithoutRetry bool
}

// Sample is the body of a sample delivery; [Sign] signs it.
func Sample(options SampleOptions) ([]byte, error) {
	var pins runtime.Pinner
	defer pins.Unpin()
	given := C.sample_options()
	given.kind = give(&pins, options.Kind)
	given.form = giveOptional(&pins, options.Form)
	given.status = giveOptional(&pins, options.Status)
	given.sub_status = giveOptional(&pins, options.SubStatus)
	given.id = giveOptional(&pins, options.ID)
	given.account_id = giveOptional(&pins, options.AccountID)
	given.transaction_id = giveOptional(&pins, options.TransactionID)
	given.transaction_status = giveOptional(&pins, options.TransactionStatus)
	given.transaction_amount = giveOptional(&pins, options.TransactionAmount)
	given.updated_at = giveOptional(&pins, options.UpdatedAt)
	given.amount = giveOptional(&pins, options.Amount)
	given.currency = giveOptional(&pins, options.Currency)
	given.merchant_reference = giveOptional(&pins, options.MerchantReference)
	given.retry = C.uint32_t(options.Retry)
	given.without_retry = C.bool(options.WithoutRetry)
	var own *C.yuno_sample
	var failure C.yuno_error
	if err := check(C.yuno_sample_new(&given, &own, &failure), &failure); err != nil {
		return nil, err
	}
	defer C.yuno_sample_free(own)
	return []byte(text(C.yuno_sample_body(own))), nil
}

// --- between Go and C ---

// An empty text needs an address, since one without is absent.
var empty C.char

// A text for the time until it is unpinned. What C gets may point to memory of Go only if that is pinned.
func give(pins *runtime.Pinner, text string) C.yuno_str {
	if text == "" {
		return C.yuno_str{data: &empty}
	}
	data := unsafe.StringData(text)
	pins.Pin(data)
	return C.yuno_str{data: (*C.char)(unsafe.Pointer(data)), len: C.size_t(len(text))}
}

// A text that is absent if it is empty.
func giveOptional(pins *runtime.Pinner, text string) C.yuno_str {
	if text == "" {
		return C.yuno_str{}
	}
	return give(pins, text)
}

// A list of texts, which is not set if it is nil.
func giveTexts(pins *runtime.Pinner, texts []string) (*C.yuno_str, C.size_t) {
	if texts == nil {
		return nil, 0
	}
	given := make([]C.yuno_str, len(texts))
	for place, text := range texts {
		given[place] = give(pins, text)
	}
	return giveList(pins, given)
}

func giveList[T any](pins *runtime.Pinner, list []T) (*T, C.size_t) {
	data := unsafe.SliceData(list)
	pins.Pin(data)
	return data, C.size_t(len(list))
}

// Times in seconds; nil for nil.
func giveTimes(times []time.Duration) ([]C.uint64_t, error) {
	if times == nil {
		return nil, nil
	}
	given := make([]C.uint64_t, len(times))
	for place, own := range times {
		if own < 0 || own%time.Second != 0 {
			return nil, &Error{Code: InvalidArgument, Hint: "A time is not whole seconds, from 0 on."}
		}
		given[place] = C.uint64_t(own / time.Second)
	}
	return given, nil
}

func giveBytes(bytes []byte) *C.uint8_t { return (*C.uint8_t)(unsafe.SliceData(bytes)) }

// A copy of a text, which in C lives only as long as its owner.
func text(own C.yuno_str) string {
	return string(unsafe.Slice((*byte)(unsafe.Pointer(own.data)), own.len))
}

func texts(count C.size_t, at func(C.size_t) C.yuno_str) []string {
	all := make([]string, count)
	for index := range all {
		all[index] = text(at(C.size_t(index)))
	}
	return all
}

// A time; the longest that Go has for one that is longer.
func duration(seconds C.uint64_t) time.Duration {
	return time.Duration(min(uint64(seconds), math.MaxInt64/uint64(time.Second))) * time.Second
}

func optional[T any](present C.bool, value T) sql.Null[T] {
	return sql.Null[T]{V: value, Valid: bool(present)}
}

func optionalText(own C.yuno_str) sql.Null[string] { return optional(own.data != nil, text(own)) }

func instant(present C.bool, nanoseconds C.int64_t) sql.Null[time.Time] {
	if !present {
		return sql.Null[time.Time]{}
	}
	return sql.Null[time.Time]{V: time.Unix(0, int64(nanoseconds)).UTC(), Valid: true}
}

func amount(value, currency, minorUnits C.yuno_str) *Amount {
	if value.data == nil {
		return nil
	}
	own := &Amount{Value: text(value), Currency: optionalText(currency)}
	if minorUnits.data != nil {
		own.MinorUnits, _ = new(big.Int).SetString(text(minorUnits), 10)
	}
	return own
}
