# frozen_string_literal: true

# Receive the webhooks of the payments provider Yuno from Ruby 3.1 or newer: the functions of yuno_webhooks.h as classes, through Ruby's own Fiddle.
#
#   verifier = YunoWebhooks::Verifier.from_env # once, at start
#   begin
#     event = verifier.verify(body, headers)   # the raw body, not what JSON.parse makes of it; each header as it came in
#     store_once(event.dedupe_key, event.raw)  # your database's transaction
#     YunoWebhooks::Reply.received
#   rescue YunoWebhooks::Error => error
#     YunoWebhooks::Reply.to_error(error)
#   end
#
# The library is libyuno_webhooks.so.0 (on macOS libyuno_webhooks.0.dylib) where the loader finds it, or the path in YUNO_WEBHOOKS_LIBRARY.
#
# Absent is nil. Failure is a YunoWebhooks::Error; an argument of a wrong type is a TypeError. Verifiers, events and schedules free what they hold when
# Ruby collects them, or at once by `close`; asked for anything after that, they raise a ClosedError. Any number of threads may use one object.

require "bigdecimal"
require "fiddle"

module YunoWebhooks
  # Why a call failed. `message` is a line for a log: the code, what is known of this case, and what to do. It holds constants only.
  class Error < StandardError
    # Such as "SIGNATURE_MISMATCH", the same in every language.
    attr_reader :code
    attr_reader :number
    # Who can mend it: :configuration, :authentication, :payload, :inbox, or :boundary, the call itself.
    attr_reader :stage
    # What a receiver answers; `Reply.to_error` also knows the body.
    attr_reader :http_status
    # What more is known than the code says; nil if nothing is.
    attr_reader :hint

    # The error of this code, as a call would raise it. Raises an ArgumentError if there is none.
    def self.named(code, empty_body: false, hint: nil)
      number = Native.lend { |memory| Native.number("status_from_name", "l", *memory.text(code)) }
      raise ArgumentError, "There is no error of this code. YunoWebhooks::Error.codes lists them." if number.nil?

      numbered(number, empty_body, hint)
    end

    # The codes of all errors, in the order of their numbers.
    def self.codes
      Native.list(Native.call("status_count")) { |place| Native.call("status_name", Native.call("status_at", place)) }
    end

    # Not for you.
    def self.numbered(number, empty_body = false, hint = nil)
      by_stage = { "configuration" => ConfigurationError, "authentication" => AuthenticationError, "payload" => PayloadError }
      by_stage.fetch(Native.call("status_stage", number), self).new(number, empty_body, hint)
    end

    # Not for you.
    def initialize(number, empty_body, hint)
      @number = number
      @empty_body = empty_body
      @hint = hint
      @code = Native.call("status_name", number)
      @stage = Native.call("status_stage", number).to_sym
      @http_status = Native.call("status_http_status", number)
      super(Native.lend { |memory| memory.written(4096) { |line, size| Native.call("error_text", lent(memory), line, size, 0) } })
    end

    # Whether the body was authentic and had no bytes at all.
    def empty_body? = @empty_body

    # Not for you: the address of a yuno_error.
    def lent(memory) = memory.bytes([@number, @empty_body ? 1 : 0, *memory.text(@hint)].pack(Native::ERROR))
  end

  # The verifier's options or variables cannot be right.
  class ConfigurationError < Error; end

  # The delivery is not proven authentic, or too large to look at.
  class AuthenticationError < Error; end

  # The delivery is authentic, but no event: keep its bytes for a person to look at, then answer `Reply.to_error(error, stored: true)`.
  class PayloadError < Error; end

  # Something was asked of an object after its `close`.
  class ClosedError < StandardError
    def initialize(message = "It is closed. Read what you need before you call close.") = super
  end

  # What a receiver answers. The body is of the type application/json; it may be empty.
  Reply = Struct.new(:status, :body) do
    # To a delivery that was accepted, is a duplicate, or is of an unknown kind.
    def self.received = new(*Native.call("reply_received")).freeze

    # To a delivery that could not be stored or handled now, so that the provider sends it again.
    def self.try_again = new(*Native.call("reply_try_again")).freeze

    # To a delivery that was refused. `stored` says that its raw bytes are kept: an authentic one is then acknowledged.
    def self.to_error(error, stored: false)
      raise TypeError, "#{error.class} is not a YunoWebhooks::Error. To a failure of your own, answer try_again." unless error.is_a?(Error)

      Native.lend { |memory| new(*Native.call("reply_to_error", error.lent(memory), stored ? 1 : 0)) }.freeze
    end
  end

  # A sum of money. The digits are those that were sent; the minor units are nil unless they are exact and the currency is known.
  Amount = Struct.new(:digits, :currency, :minor_units) do
    # Not for you.
    def self.of(event, prefix)
      digits = event.text("#{prefix}_value")
      new(digits, event.text("#{prefix}_currency"), event.text("#{prefix}_minor_units_text")&.to_i).freeze if digits
    end

    # In major units.
    def value = BigDecimal(digits)
  end

  # One attempt to move, reserve, return or verify money. A view of its event.
  class Transaction
    # Not for you.
    def initialize(event)
      @event = event
      freeze
    end

    def id = @event.text("event_transaction_id")
    # Such as "PURCHASE" or "THREE_D_SECURE".
    def type = @event.text("event_transaction_type")
    def status = @event.text("event_transaction_status")
    # What it moved, reserved or returned, of a partial refund the part.
    def amount = Amount.of(@event, "event_transaction_amount")
    def updated_at = @event.instant("event_transaction_updated_at_ns")
  end

  # What an event tells about. A view of its event.
  class Resource
    # Not for you.
    def initialize(event)
      @event = event
      freeze
    end

    # Such as "payment"; "unknown" for what this release does not know.
    def kind = @event.text("event_resource_kind")
    def id = @event.text("event_resource_id")
    # As it was sent; new ones may appear at any time.
    def status = @event.text("event_resource_status")
    # Of a payment it decides: the status "SUCCEEDED" alone does not say that money moved.
    def sub_status = @event.text("event_resource_sub_status")
    def created_at = @event.instant("event_resource_created_at_ns")
    def updated_at = @event.instant("event_resource_updated_at_ns")
    # The merchant's own reference, such as the order's number.
    def merchant_reference = @event.text("event_resource_merchant_reference")
    # The same in every event of a payment: never de-duplicate by it.
    def idempotency_key = @event.text("event_resource_idempotency_key")
    # Of a payment the whole payment's.
    def amount = Amount.of(@event, "event_amount")
    # The one that triggered the event.
    def transaction = @event.says?("event_transaction_present") ? Transaction.new(@event) : nil
  end

  # An authentic delivery that was read. An unknown kind, status or shape is a value; what the body lacks, or has of another type, is nil.
  class Event
    RECENCIES = %i[unordered same newer older unrelated].freeze
    private_constant :RECENCIES

    # Reads a body that was verified before it was stored. It checks no signature: whoever calls it vouches for the body.
    def self.parse_unverified(body)
      Native.lend { |memory| new(Native.make("event", "event_parse_unverified", *memory.body(body))) }
    end

    # Not for you.
    def initialize(handle)
      @handle = handle
      freeze
    end

    # What happened, such as "payment.purchase"; "unknown" for a kind that this release does not know.
    def kind = @handle.text("event_kind")
    # The name under which the kind was sent.
    def sent_name = @handle.text("event_sent_name")
    # "enveloped", "v1", "banking_incoming", "split_transfer", "domain" or "unknown".
    def shape = @handle.text("event_shape")
    # The merchant's account at the provider.
    def account_id = @handle.text("event_account_id")
    # How often this delivery was tried before; 0 is the first try.
    def retry = @handle.number("event_retry", "L")
    # The version of the envelope.
    def version = @handle.number("event_version", "L")
    # Whether a signature proved this event.
    def signed? = @handle.says?("event_signed")
    # Which of the verifier's secrets signed it, from 0: how to see that a rotation is over.
    def secret_index = @handle.number("event_secret_index", "J")
    # Whether news will follow: :pending, :settled, :final or :unknown. It never says that money moved.
    def finality = @handle.text("event_finality").to_sym
    # Whether the provider sends byte-identical bodies for different occurrences of this event.
    def repeatable? = @handle.says?("event_repeatable")
    # De-duplicate by it, and keep it for ever.
    def dedupe_key = @handle.text("event_dedupe_key")
    # For comparison and logs. It merges different events: never de-duplicate by it.
    def published_key = @handle.text("event_published_key")
    # When the resource, or the transaction that triggered the event, last changed.
    def changed_at = @handle.instant("event_changed_at_ns")
    # The JSON text of the `data` object where the body has one, else of the whole body.
    def data = @handle.text("event_data")
    # The bytes of the body as it came in.
    def raw = @handle.text("event_raw").b
    # What the event tells about.
    def resource = Resource.new(@handle)

    # How this event's news of its resource relates to the other's: :same, :newer, :older, :unrelated, or :unordered where it cannot be told.
    def compare_recency(other) = RECENCIES.fetch(Native.call("event_compare_recency", @handle, other.handle), :unordered)

    # Whether this event is newer news of its resource than the other; nil if that cannot be told.
    def newer_than?(other)
      newer = Native.number("event_is_newer_than", "C", @handle, other.handle)
      newer && newer == 1
    end

    def close = @handle.close

    protected

    attr_reader :handle
  end

  # Decides whether deliveries are authentic. Make one at start and share it.
  class Verifier
    # From the environment: YUNO_WEBHOOK_HMAC_SECRET and the other variables of `yuno_verifier_from_env`.
    def self.from_env
      allocate.tap { |verifier| verifier.send(:own, Native.make("verifier", "verifier_from_env")) }
    end

    # Each list, or single value, has one to eight values, all of which are accepted: several while you rotate.
    #
    # hmac_secret:: the webhook's client secrets
    # api_key:: what the header x-api-key must hold
    # x_secret:: what the header x-secret must hold
    # required_headers:: what other headers must hold, by name
    # max_body_bytes:: the largest body that is looked at; 2 MiB if nil
    # unsigned:: whether to receive deliveries without a signature: then there is no hmac_secret, and at least one of the others
    def initialize(hmac_secret: nil, api_key: nil, x_secret: nil, required_headers: {}, max_body_bytes: nil, unsigned: false)
      Native.lend do |memory|
        lists = [hmac_secret, api_key, x_secret].flat_map { |values| memory.texts(values) }
        required = required_headers.map { |name, values| [*memory.text(name), *memory.texts(values)].pack("J*") }
        limit = max_body_bytes ? memory.bytes([Native.natural(max_body_bytes, Native::WORD * 8)].pack("J")) : 0
        options = memory.options([*lists, memory.bytes(required.join), required.size, limit, unsigned ? 1 : 0].pack("J9C"))
        own Native.make("verifier", "verifier_new", options)
      end
    end

    # Verifies a delivery and then parses it. The body is a String of any bytes; the headers are a Hash or pairs of names and values, of which a value may
    # be an Array. Every occurrence of a header must be given.
    def verify(body, headers)
      Native.lend do |memory|
        all = headers.flat_map { |name, values| Array(values).map { |value| [*memory.text(name), *memory.text(value)].pack("J*") } }
        Event.new(Native.make("event", "verify", @handle, *memory.body(body), memory.bytes(all.join), all.size))
      end
    end

    # Looks at the values of content-length and content-encoding before the body is read; raises for what could never be accepted.
    def admit(content_length, content_encoding)
      Native.lend { |memory| Native.check("verifier_admit", @handle, *memory.text(content_length), *memory.text(content_encoding)) }
    end

    # A receiver may stop reading one byte further.
    def max_body_bytes = Native.call("verifier_max_body_bytes", @handle)

    # Whether the verifier looks at the header of this name, in any case. The others need not be given.
    def reads_header?(name) = Native.lend { |memory| Native.call("verifier_reads_header", @handle, *memory.text(name)) }

    def close = @handle.close

    private

    def own(handle)
      @handle = handle
      freeze
    end
  end

  # When the provider tries to deliver, and how long it waits for an acknowledgement. Times are whole seconds.
  class Schedule
    SINCE = { previous_try: 0, first_try: 1 }.freeze
    private_constant :SINCE

    # `since` is when the delays count from, :previous_try, the one to plan for, or :first_try. `delays` are one a try, the first of them 0; the last of
    # `waits` holds for all later tries. nil stands for what the provider documents.
    def initialize(since: :previous_try, delays: nil, waits: nil)
      Native.lend do |memory|
        @handle = Native.make("schedule", "schedule_new", SINCE.fetch(since), *memory.numbers(delays), *memory.numbers(waits))
      end
      freeze
    end

    # When each try comes, counted from the first.
    def offsets = Native.list(Native.call("schedule_offset_count", @handle)) { |place| Native.call("schedule_offset", @handle, place) }

    # From the first try to the last.
    def total = Native.call("schedule_total", @handle)

    # The shortest time for which bodies may be kept. Keys are kept for ever.
    def minimum_retention = Native.call("schedule_minimum_retention", @handle)

    # How long the provider waits for an acknowledgement of this try; 0 is the first.
    def acknowledgement_wait(place) = Native.call("schedule_acknowledgement_wait", @handle, Native.natural(place, 32))

    # Raises RETENTION_TOO_SHORT if a body could be removed while the provider may still deliver it again.
    def check_retention(seconds)
      number = Native.call("schedule_check_retention", @handle, Native.natural(seconds))
      raise Error.numbered(number) unless number.zero?
    end

    def close = @handle.close
  end

  # A kind of event that this release knows: its name, which resource it tells about, its spellings on the wire (the first is the kind's own name), the
  # field and its value that select it when a webhook is registered (or nil), and the forms of its samples (the first is the one that is sent today).
  CatalogRow = Struct.new(:kind, :family, :spellings, :trigger, :forms)

  # For tests of a receiver.
  module Testing
    TEXTS = %i[form status sub_status id account_id transaction_id transaction_status transaction_amount updated_at amount currency
               merchant_reference].freeze
    private_constant :TEXTS

    # The body of a sample delivery. `kind` is in any spelling of the catalogue. What is not given has a plausible value; equal options give equal bytes.
    #
    # form:: how it is written: one of the row's forms in the catalogue
    # status, sub_status, id, account_id, transaction_id, transaction_status, currency, merchant_reference:: as they stand in the body
    # amount, transaction_amount:: the digits that stand in the body ("24.90")
    # updated_at:: as the provider writes it ("2026-08-17T07:35:18.49869Z")
    # retry:: the counter of tries, 0 if it is not given; nil leaves it out
    def self.sample(kind, **options)
      unknown = options.keys - TEXTS - [:retry]
      raise ArgumentError, "unknown options: #{unknown.join(", ")}" unless unknown.empty?

      tries = options.fetch(:retry, 0)
      Native.lend do |memory|
        texts = [kind, *options.values_at(*TEXTS)].flat_map { |text| memory.text(text) }
        given = memory.options([*texts, Native.natural(tries || 0, 32), tries ? 0 : 1].pack("J26LC"))
        sample = Native.make("sample", "sample_new", given)
        sample.text("sample_body").b
      ensure
        sample&.close
      end
    end

    # Signs a body as the provider does: the value of the header x-hmac-signature.
    def self.sign(body, secret)
      Native.lend do |memory|
        memory.written(45) do |signature, size|
          number = Native.call("sign", *memory.body(body), *memory.text(secret), signature, size, 0)
          raise Error.numbered(number) unless number.zero?
        end
      end
    end
  end

  # Every kind of event that this release knows.
  def self.catalog
    Native.list(Native.call("catalog_count")) do |row|
      spellings = Native.list(Native.call("catalog_spelling_count", row)) { |place| Native.call("catalog_spelling", row, place) }
      forms = Native.list(Native.call("catalog_form_count", row)) { |place| Native.call("catalog_form", row, place) }
      field = Native.call("catalog_trigger_field", row)
      trigger = [field, Native.call("catalog_trigger_value", row)].freeze if field
      CatalogRow.new(Native.call("catalog_kind", row), Native.call("catalog_family", row), spellings, trigger, forms).freeze
    end
  end

  # Whether news will follow a status: :pending, :settled, :final or :unknown. `family` is a resource's kind, "transaction" or "payment_link".
  def self.finality(family, status, sub_status = nil)
    Native.lend { |memory| Native.call("finality", *memory.text(family), *memory.text(status), *memory.text(sub_status)) }.to_sym
  end

  # The paths that the provider adds to the merchant's base URL by itself, for bank transfers.
  def self.fixed_paths = Native.list(Native.call("fixed_path_count")) { |place| Native.call("fixed_path", place) }

  # The release of the library that is loaded.
  def self.version = Native.call("version")

  # Calls the library. Not for you.
  #
  # The header passes texts as structs by value. Fiddle cannot, but libffi, of which Fiddle is made, can: so Fiddle calls libffi.
  module Native
    # The release that this file is written for: the header's, without the patch.
    RELEASE = "0.1"

    WORD = Fiddle::SIZEOF_VOIDP
    # A yuno_error: the number, whether the body was empty, and the hint.
    ERROR = "lC@#{WORD}JJ"

    # That a handle is open and the call on it are one step, and each function has one place for its arguments. It costs nothing, since Ruby's own lock is
    # held during a call.
    LOCK = Mutex.new

    # What is never freed, or only with the process.
    def self.kept(bytes) = Fiddle::Pointer.malloc(bytes.bytesize).tap { |block| block[0, bytes.bytesize] = bytes }

    # Where functions write numbers and handles, and errors.
    OUT = kept("\0" * 8)
    FAILURE = kept("\0" * 4 * WORD)

    # A function of the library. Its signature is a letter for the result and one for each argument.
    class Function
      # In the process where Fiddle is a part of Ruby itself.
      LIBFFI = Fiddle.dlopen($LOADED_FEATURES.grep(%r{/fiddle\.(so|bundle)\z}).first)
      PREPARE = Fiddle::Function.new(
        LIBFFI["ffi_prep_cif"],
        [Fiddle::TYPE_VOIDP, Fiddle::TYPE_INT, -Fiddle::TYPE_INT, Fiddle::TYPE_VOIDP, Fiddle::TYPE_VOIDP],
        Fiddle::TYPE_INT
      )
      CALL = Fiddle::Function.new(LIBFFI["ffi_call"], [Fiddle::TYPE_VOIDP] * 4, Fiddle::TYPE_VOID, need_gvl: true)

      # An ffi_type of a struct (whose number is 13) with these members; libffi itself finds out how large it is.
      def self.struct(*members) = Native.kept([0, 0, 13, Native.kept([*members, 0].pack("J*"))].pack("JSS@#{2 * WORD}J"))

      # Pointer, size_t, int32_t, uint16_t, uint32_t, uint64_t, bool, yuno_str, yuno_reply, nothing: the type, and how an argument of it is packed.
      POINTER = LIBFFI["ffi_type_pointer"]
      TYPES = {
        "p" => [POINTER, "J"], "z" => [POINTER, "J"], "i" => [LIBFFI["ffi_type_sint32"], "l"], "h" => [LIBFFI["ffi_type_uint16"], "S"],
        "u" => [LIBFFI["ffi_type_uint32"], "L"], "q" => [LIBFFI["ffi_type_uint64"], "Q"], "b" => [LIBFFI["ffi_type_uint8"], "C"],
        "s" => [struct(POINTER, POINTER), "JJ"], "r" => [struct(LIBFFI["ffi_type_uint16"], POINTER, POINTER), nil], "v" => [LIBFFI["ffi_type_void"], nil]
      }.freeze
      # Of an argument, and of a result.
      ROOM = 4 * WORD

      def initialize(address, signature)
        @address = address
        @kind = signature[0]
        types = signature[1..].chars.map { |letter| TYPES.fetch(letter) }
        @cif = Native.kept("\0" * 128)
        @result = Native.kept("\0" * ROOM)
        @arguments = Native.kept("\0" * ROOM * (types.size + 1))
        @places = Native.kept(Array.new(types.size + 1) { |place| @arguments.to_i + place * ROOM }.pack("J*"))
        @format = types.each_with_index.map { |(_, format), place| "@#{place * ROOM}#{format}" }.join
        members = Native.kept([*types.map(&:first), 0].pack("J*"))
        prepared = PREPARE.call(@cif, Fiddle::Function::DEFAULT, types.size, TYPES.fetch(@kind).first, members)
        raise LoadError, "libffi does not take the function #{signature}." unless prepared.zero?

        freeze
      end

      # Under the lock.
      def call(arguments)
        packed = arguments.pack(@format)
        @arguments[0, packed.bytesize] = packed
        CALL.call(@cif, @address, @result, @places)
        # libffi widens an integer to a word, and to 64 bits at most.
        case @kind
        when "s" then text(*@result[0, 2 * WORD].unpack("JJ"))
        when "r" then @result[0, 3 * WORD].unpack("S@#{WORD}JJ").then { |status, data, size| [status, text(data, size)] }
        when "b" then @result[0, WORD].unpack1("J") != 0
        when "i" then @result[0, WORD].unpack1("j")
        when "q" then @result[0, 8].unpack1("Q")
        when "v" then nil
        else @result[0, WORD].unpack1("J")
        end
      end

      private

      # A copy.
      def text(data, size)
        Fiddle::Pointer.new(data)[0, size].force_encoding(Encoding::UTF_8).freeze unless data.zero?
      end
    end

    # What the library made. It is freed when Ruby has no more use for it, by Fiddle and without a line of Ruby, or by `close`.
    class Handle
      def initialize(address, free)
        @pointer = Fiddle::Pointer.new(address, 0, free)
      end

      # How it becomes an argument; under the lock.
      def to_int
        raise ClosedError if @pointer.freed?

        @pointer.to_i
      end

      def close
        LOCK.synchronize { @pointer.call_free }
        nil
      end

      def text(name) = Native.call(name, self)
      def says?(name) = Native.call(name, self)
      def number(name, format) = Native.number(name, format, self)

      def instant(name)
        nanoseconds = number(name, "q")
        Time.at(*nanoseconds.divmod(1_000_000_000), :nsec, in: "UTC") if nanoseconds
      end
    end

    # What a call reads, outside of what Ruby's collector moves and other threads change.
    class Memory
      def initialize
        @blocks = []
      end

      def free = @blocks.each(&:call_free)

      # The address of a copy; never NULL.
      def bytes(string) = block(string.bytesize).tap { |block| block[0, string.bytesize] = string }.to_i

      # A yuno_str.
      def text(string)
        return [0, 0] if string.nil?
        raise TypeError, "#{string.class} is not a String. Texts, and the names and values of headers, are Strings." unless string.is_a?(String)

        own = string.b
        [bytes(own), own.bytesize]
      end

      def body(string)
        raise TypeError, "The body is #{string.class}, not a String. Pass the raw body, not what was made of it." unless string.is_a?(String)

        text(string)
      end

      # A list of yuno_str.
      def texts(strings) = strings.nil? ? [0, 0] : [bytes(Array(strings).flat_map { |string| text(string) }.pack("J*")), Array(strings).size]

      # A list of uint64_t.
      def numbers(numbers) = numbers.nil? ? [0, 0] : [bytes(numbers.map { |number| Native.natural(number) }.pack("Q*")), numbers.size]

      # A struct of options, which begins with its size.
      def options(members)
        size = (WORD + members.bytesize + WORD - 1) / WORD * WORD
        bytes([size, members].pack("Ja#{size - WORD}"))
      end

      # The text, with a NUL at its end, that the block writes to a buffer of this size.
      def written(size)
        buffer = block(size)
        buffer[0, size] = "\0" * size
        yield buffer.to_i, size
        buffer.to_s.force_encoding(Encoding::UTF_8).freeze
      end

      private

      def block(size)
        Fiddle::Pointer.malloc([size, 1].max, Fiddle::RUBY_FREE).tap { |block| @blocks << block }
      end
    end

    # All that this file calls, without the prefix yuno_: the letters of the result and the arguments.
    SIGNATURES = {
      "version" => "s", "status_count" => "z", "status_at" => "iz", "status_from_name" => "bsp", "status_name" => "si", "status_stage" => "si",
      "status_http_status" => "hi", "error_text" => "ippzp",
      "verifier_new" => "ippp", "verifier_from_env" => "ipp", "verifier_max_body_bytes" => "zp", "verifier_reads_header" => "bps",
      "verifier_admit" => "ipssp", "verify" => "ippzpzpp", "event_parse_unverified" => "ipzpp",
      **%w[kind sent_name shape account_id finality dedupe_key published_key data raw resource_kind resource_id resource_status resource_sub_status
           resource_merchant_reference resource_idempotency_key amount_value amount_currency amount_minor_units_text transaction_id transaction_type
           transaction_status transaction_amount_value transaction_amount_currency transaction_amount_minor_units_text]
        .to_h { |member| ["event_#{member}", "sp"] },
      **%w[retry version secret_index changed_at_ns resource_created_at_ns resource_updated_at_ns transaction_updated_at_ns]
        .to_h { |member| ["event_#{member}", "bpp"] },
      **%w[signed repeatable transaction_present].to_h { |member| ["event_#{member}", "bp"] },
      "event_compare_recency" => "ipp", "event_is_newer_than" => "bppp",
      "reply_received" => "r", "reply_try_again" => "r", "reply_to_error" => "rpb", "fixed_path_count" => "z", "fixed_path" => "sz",
      "schedule_new" => "iipzpzpp", "schedule_offset_count" => "zp", "schedule_offset" => "qpz", "schedule_total" => "qp",
      "schedule_minimum_retention" => "qp", "schedule_acknowledgement_wait" => "qpu", "schedule_check_retention" => "ipq",
      "catalog_count" => "z", "catalog_kind" => "sz", "catalog_family" => "sz", "catalog_spelling_count" => "zz", "catalog_spelling" => "szz",
      "catalog_trigger_field" => "sz", "catalog_trigger_value" => "sz", "catalog_form_count" => "zz", "catalog_form" => "szz", "finality" => "ssss",
      "sign" => "ipzspzp", "sample_new" => "ippp", "sample_body" => "sp"
    }.freeze

    def self.library
      file = RUBY_PLATFORM.include?("darwin") ? "libyuno_webhooks.0.dylib" : "libyuno_webhooks.so.0"
      library = Fiddle.dlopen(ENV.fetch("YUNO_WEBHOOKS_LIBRARY", file))
      version = Function.new(library["yuno_version"], "s").call([])
      return library if version.start_with?("#{RELEASE}.")

      raise LoadError, "yuno_webhooks.rb is of the release #{RELEASE}, the library of #{version}: install both from one release."
    rescue Fiddle::DLError => error
      raise LoadError, "The library cannot be loaded. Install it, or set YUNO_WEBHOOKS_LIBRARY to its full path: #{error.message}"
    end
    private_class_method :library

    LIBRARY = library
    FUNCTIONS = SIGNATURES.to_h { |name, signature| [name, Function.new(LIBRARY["yuno_#{name}"], signature)] }.freeze

    # What the function returns: an Integer, true or false, a String that is a copy or nil where it is absent, or of a reply the status and the body.
    def self.call(name, *arguments) = LOCK.synchronize { FUNCTIONS.fetch(name).call(arguments) }

    # The number that the function writes; nil if it says that there is none.
    def self.number(name, format, *arguments)
      LOCK.synchronize { OUT[0, 8].unpack1(format) if FUNCTIONS.fetch(name).call([*arguments, OUT]) }
    end

    # Calls the function, whose last argument is the place of an error. Raises the error; otherwise returns the address in OUT.
    def self.check(name, *arguments)
      number, made, failure = LOCK.synchronize { [FUNCTIONS.fetch(name).call([*arguments, FAILURE]), OUT[0, WORD], FAILURE[0, 4 * WORD]] }
      return made.unpack1("J") if number.zero?

      _, empty_body, data, size = failure.unpack(ERROR)
      # A hint lives for ever.
      raise Error.numbered(number, empty_body != 0, data.zero? ? nil : Fiddle::Pointer.new(data)[0, size].force_encoding(Encoding::UTF_8).freeze)
    end

    # The handle that the function makes.
    def self.make(type, name, *arguments) = Handle.new(check(name, *arguments, OUT), LIBRARY["yuno_#{type}_free"])

    def self.lend
      memory = Memory.new
      yield memory
    ensure
      memory.free
    end

    def self.list(count) = Array.new(count) { |place| yield place }.freeze

    # A number that is unsigned in C, where a negative one would come in as a huge one.
    def self.natural(number, bits = 64)
      raise TypeError, "#{number.class} is not an Integer." unless number.is_a?(Integer)
      raise RangeError, "#{number} is below 0 or has more than #{bits} bits." if number.negative? || number.bit_length > bits

      number
    end
  end
  private_constant :Native
end
