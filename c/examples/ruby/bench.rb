# frozen_string_literal: true

# Ruby: the whole job of a delivery, of each size. One line of JSON for each.
#
#   ruby bench.rb FOLDER_OF_THE_BODIES

require_relative "yuno_webhooks"

SECRET = "a-bench-secret"
ROUNDS = 31

# What is read, so that the reading is part of the job.
def job(verifier, body, headers)
  event = verifier.verify(body, headers)
  resource = event.resource
  [event.kind, resource.id, resource.status, resource.sub_status, resource.amount.value, resource.transaction.type, resource.updated_at, event.dedupe_key]
ensure
  event&.close
end

# CPU time in microseconds.
def cpu = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID, :float_microsecond)

folder = ARGV.fetch(0) { abort "bench: give the folder of the bodies" }
verifier = YunoWebhooks::Verifier.new(hmac_secret: SECRET)
%w[1KiB 6KiB 64KiB].each do |size|
  body = File.binread("#{folder}/#{size}.json")
  headers = {
    "host" => "shop.example", "content-type" => "application/json", "x-hmac-signature" => YunoWebhooks::Testing.sign(body, SECRET)
  }
  count = 4_000_000 / (body.bytesize + 1500)
  measure = lambda do
    start = cpu
    count.times { job(verifier, body, headers) }
    (cpu - start) / count
  end
  measure.call # warms up
  ours = Array.new(ROUNDS) { measure.call }.sort[ROUNDS / 2]
  puts format('{"surface":"Ruby","size":"%s","task":"view and key","ours_us":%f}', size, ours)
end
