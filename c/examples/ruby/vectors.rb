# frozen_string_literal: true

# Runs the cases that it reads from its input through yuno_webhooks.rb and writes what it saw, as c/tests/conformance.c does: a generic runner that knows
# no expectation.
#
# Input: records "<name> <length>\n<bytes>\n"; a case ends with the record "end". Output: "<name> <type><length>\n<bytes>\n" with the types s (text),
# n (number), b (bool) and 0 (absent); a name that ends with [] is an element of a list.

require_relative "yuno_webhooks"

# The records of a case.
Records = Struct.new(:all) do
  def [](name) = all.assoc(name)&.last
  def true?(name) = self[name] == "true"
  def values(name) = all.filter_map { |own, value| value if own == name }
  def number(name) = self[name]&.to_i
  def numbers(name) = values(name).map(&:to_i)
end

def each_case
  records = []
  while (line = $stdin.gets)
    name, length = line.split
    value = $stdin.read(length.to_i)
    abort "vectors: a short record" if value.bytesize != length.to_i || $stdin.getc != "\n"
    if name == "end"
      yield Records.new(records)
      records = []
    else
      records << [name, value]
    end
  end
  abort "vectors: a case without an end" unless records.empty?
end

def write(name, type, value)
  $stdout.write(name, " ", type, value.bytesize, "\n", value, "\n")
end

def say(name, text)
  write(name, text.nil? ? "0" : "s", text.to_s)
end

def say_number(name, number)
  write(name, number.nil? ? "0" : "n", number.to_s)
end

def say_bool(name, value)
  write(name, "b", value.to_s)
end

def say_instant(name, instant)
  say(name, instant && ((instant.to_i * 1_000_000_000) + instant.nsec))
end

def say_amount(name, amount)
  say("#{name}.value", amount&.digits)
  say("#{name}.currency", amount&.currency)
  say("#{name}.minor_units", amount&.minor_units)
  abort "vectors: another value" if amount && amount.value != amount.digits.to_r
end

def say_event(event)
  resource = event.resource
  transaction = resource.transaction
  say("event/kind", event.kind)
  say("event/sent_name", event.sent_name)
  say("event/shape", event.shape)
  say("event/account_id", event.account_id)
  say("event/finality", event.finality)
  say("event/dedupe_key", event.dedupe_key)
  say("event/published_key", event.published_key)
  say("event/resource.kind", resource.kind)
  say("event/resource.id", resource.id)
  say("event/resource.status", resource.status)
  say("event/resource.sub_status", resource.sub_status)
  say("event/resource.merchant_reference", resource.merchant_reference)
  say("event/resource.idempotency_key", resource.idempotency_key)
  say_amount("event/resource.amount", resource.amount)
  say("event/resource.transaction.id", transaction&.id)
  say("event/resource.transaction.type", transaction&.type)
  say("event/resource.transaction.status", transaction&.status)
  say_amount("event/resource.transaction.amount", transaction&.amount)
  say("event/data", event.data)
  say_instant("event/resource.created_at_ns", resource.created_at)
  say_instant("event/resource.updated_at_ns", resource.updated_at)
  say_instant("event/resource.transaction.updated_at_ns", transaction&.updated_at)
  abort "vectors: another change" if event.changed_at != [resource.updated_at, transaction&.updated_at].compact.max
  say_number("event/retry", event.retry)
  say_number("event/version", event.version)
  say_number("event/secret_index", event.secret_index)
  say_bool("event/signed", event.signed?)
  say_bool("event/repeatable", event.repeatable?)
end

def verifier(records)
  if records.true?("environment")
    %w[HMAC_SECRET API_KEY X_SECRET UNSIGNED].each { |name| ENV["YUNO_WEBHOOK_#{name}"] = records["YUNO_WEBHOOK_#{name}"] }
    return YunoWebhooks::Verifier.from_env
  end
  required = {}
  records.all.each do |name, value|
    required[value] = [] if name == "required_header"
    required.values.last << value if name == "required_value"
  end
  YunoWebhooks::Verifier.new(
    hmac_secret: records.values("hmac_secret"),
    api_key: (records.values("api_key") if records["has_api_key"]),
    x_secret: (records.values("x_secret") if records["has_x_secret"]),
    required_headers: required,
    max_body_bytes: records.number("max_body_bytes"),
    unsigned: records.true?("unsigned")
  )
end

def run_verify(records)
  headers = records.values("header_name").zip(records.values("header_value"))
  say_event(verifier(records).verify(records["body"], headers))
end

def run_admit(records)
  verifier = YunoWebhooks::Verifier.new(hmac_secret: "whsec-one", max_body_bytes: records.number("max_body_bytes"))
  verifier.admit(records["content_length"], records["content_encoding"])
  say_bool("admitted", true)
end

def run_pair(records)
  first = YunoWebhooks::Event.parse_unverified(records["first"])
  second = YunoWebhooks::Event.parse_unverified(records["second"])
  say("first", first.dedupe_key)
  say("second", second.dedupe_key)
  say("first_published", first.published_key)
  say("second_published", second.published_key)
  say_bool("same", first.dedupe_key == second.dedupe_key)
  recency = first.compare_recency(second)
  say("first_to_second", recency)
  say("second_to_first", second.compare_recency(first))
  told = recency == :newer unless %i[unordered unrelated].include?(recency)
  abort "vectors: another order" if first.newer_than?(second) != told
end

def run_reply(records)
  reply = YunoWebhooks::Reply.received
  if records["error"]
    error = YunoWebhooks::Error.named(records["error"], empty_body: records.true?("empty_body"))
    reply = YunoWebhooks::Reply.to_error(error, stored: records.true?("stored"))
  end
  say_number("status", reply.status)
  say("body", reply.body)
end

def run_schedule(records)
  since = records["since"] == "first_try" ? :first_try : :previous_try
  schedule = YunoWebhooks::Schedule.new(since: since, delays: records.numbers("delay"), waits: records.numbers("wait"))
  begin
    schedule.check_retention(records.number("retention")) if records["retention"]
  rescue YunoWebhooks::Error => error
    say("error", error.code)
  end
  schedule.offsets.each_with_index do |offset, place|
    say_number("offsets_seconds[]", offset)
    say_number("waits_seconds[]", schedule.acknowledgement_wait(place))
  end
  say_number("total_seconds", schedule.total)
  say_number("minimum_retention_seconds", schedule.minimum_retention)
end

def run_error(records)
  error = YunoWebhooks::Error.named(records["code"])
  abort "vectors: an error that is not in the table" unless YunoWebhooks::Error.codes.include?(error.code)
  abort "vectors: another line" unless error.message.start_with?("#{error.code}: ")
  say_number("number", error.number)
  say("stage", error.stage)
  say_number("http_status", error.http_status)
end

def run_catalog(records)
  spelling = records["spelling"].force_encoding(Encoding::UTF_8)
  row = YunoWebhooks.catalog.find { |own| own.spellings.include?(spelling) }
  say("kind", row ? row.kind : "unknown")
  say("family", row&.family)
  row&.trigger ? row.trigger.each { |text| say("trigger[]", text) } : say("trigger", nil)
end

def run(records)
  case records["operation"]
  when "sign" then say("signature", YunoWebhooks::Testing.sign(records["body"], records["secret"] || ""))
  when "verify" then run_verify(records)
  when "admit" then run_admit(records)
  when "parse" then say_event(YunoWebhooks::Event.parse_unverified(records["body"]))
  when "keys", "recency" then run_pair(records)
  when "finality" then say("finality", YunoWebhooks.finality(records["family"], records["status"] || "", records["sub_status"]))
  when "reply" then run_reply(records)
  when "schedule" then run_schedule(records)
  when "error" then run_error(records)
  when "catalog" then run_catalog(records)
  else abort "vectors: no such operation"
  end
end

$stdin.binmode
$stdout.binmode
each_case do |records|
  begin
    run(records)
  rescue YunoWebhooks::Error => error
    say("error", error.code)
  end
  say("end", "")
end
