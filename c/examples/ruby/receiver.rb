# frozen_string_literal: true

# A receiver of webhooks on WEBrick:  PORT=8080 YUNO_WEBHOOK_HMAC_SECRET=... ruby receiver.rb
#
# It takes POST /webhooks/yuno, one thread for each connection, and prints a line for each delivery.
#
# What WEBrick does to a delivery, and what is done about it:
# - It answers 200 unless it is told otherwise, also where a handler raises what is no StandardError or the process is ended meanwhile. The provider would
#   take that for received; so a response begins as 503.
# - Its error pages and its log quote what was sent, so both are off.
# - It takes "12x" for a length of 12 and "-1" for none, so lengths are looked at here.
# - It puts the fields after the last chunk (trailers) to the headers, which may not authenticate, so the headers are taken before the body is read.

require "webrick"
require_relative "yuno_webhooks"

# Verifies deliveries and calls the block with each event.
class Receiver < WEBrick::HTTPServer
  PATH = "/webhooks/yuno"

  class Response < WEBrick::HTTPResponse
    def initialize(config)
      super
      self.status = 503
    end

    def create_error_page
      header.delete("content-type")
    end
  end

  def initialize(port, verifier, &handler)
    @verifier = verifier
    @handler = handler
    super(BindAddress: "127.0.0.1", Port: port, AccessLog: [], Logger: WEBrick::Log.new($stderr, WEBrick::Log::FATAL), ServerSoftware: "")
  end

  def create_response(config) = Response.new(config)

  def service(request, response)
    # Until all of a body is read, its rest must not be taken for the next request.
    response.keep_alive = false
    if request.request_uri&.path != PATH
      response.status = 404
    elsif request.request_method != "POST"
      response.status = 405
      response["allow"] = "POST"
    else
      receive(request, response)
    end
  end

  private

  def receive(request, response)
    event = verify(request, response)
    return if event.nil?

    @handler.call(event)
    say("accepted", event.kind, event.resource.id, event.resource.status, event.dedupe_key)
    answer(response, YunoWebhooks::Reply.received)
  rescue StandardError, ScriptError => error
    # A YunoWebhooks::Error too: it tells of another body than this delivery's. The text is not written: it may hold a part of the delivery.
    warn "The delivery could not be handled: #{error.class} in #{error.backtrace&.first}"
    say("refused", nil)
    answer(response, YunoWebhooks::Reply.try_again)
  ensure
    event&.close
  end

  # The event; nil where the delivery is refused, and answered.
  def verify(request, response)
    headers = request.header.to_h.flat_map { |name, values| values.map { |value| [name, value] } }
    @verifier.admit(request["content-length"], request["content-encoding"])
    @verifier.verify(read(request, response), headers)
  rescue YunoWebhooks::Error => error
    say("refused", error.message)
    # Of a PayloadError keep the body for a person to look at, and answer to_error(error, stored: true).
    answer(response, YunoWebhooks::Reply.to_error(error))
    nil
  rescue WEBrick::HTTPStatus::Status => error # the body broke off, or is not of the form that it is said to be
    say("refused", nil)
    response.status = error.code
    nil
  end

  # The body, or if it is larger than the verifier looks at, a part that is too.
  def read(request, response)
    body = "".b
    length = request["content-length"]
    in_chunks = request["transfer-encoding"]
    return body unless length || in_chunks
    raise WEBrick::HTTPStatus::BadRequest unless length.nil? || length.match?(/\A[0-9]+\z/)

    request.continue
    request.body do |piece|
      body << piece
      return body if body.bytesize > @verifier.max_body_bytes
    end
    raise WEBrick::HTTPStatus::BadRequest unless in_chunks || body.bytesize == length.to_i

    response.keep_alive = request.keep_alive?
    body
  end

  def answer(response, reply)
    response.status = reply.status
    response.body = reply.body
    response["content-type"] = "application/json" unless reply.body.empty?
  end

  # A line on stdout; absent fields are "-", and control characters, which come from the delivery, "?".
  def say(*fields)
    $stdout.write(fields.map { |field| (field || "-").tr("\u0000-\u001f\u007f", "?") }.join("\t") << "\n")
  end
end

port = Integer(ENV.fetch("PORT", ""), 10, exception: false)
if port.nil?
  warn "PORT is not set: give the number of the port to listen on, as in PORT=8080."
  exit 2
end
begin
  verifier = YunoWebhooks::Verifier.from_env
rescue YunoWebhooks::ConfigurationError => error
  warn error.message
  exit 1
end

$stdout.sync = true
receiver = Receiver.new(port, verifier) do |event|
  # Your work. Here event.dedupe_key, as a unique key, and the event's effect are committed in one transaction of your database; a key that is there already
  # is a redelivery, of which nothing is to be done. As long as that is not so, answer Reply.try_again: what is answered with 200 never comes again.
  # What this block raises is answered with try_again.
end

signals = Thread::Queue.new
%w[TERM INT].each { |signal| trap(signal) { signals << signal } }
serving = Thread.new { receiver.start }
serving.abort_on_exception = true
signals.pop
receiver.shutdown
# Deliveries that are being handled may come to their end, but no slow sender is waited for: it is answered 503.
serving.join(1)
