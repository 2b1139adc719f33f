-- What wrk sends: deliveries that are signed and all different. Its arguments are the file of the body, in which ID stands for the payment's id, the
-- secret, the path, and the number of the first delivery. Its last line is JSON.

local ffi = require("ffi")

-- Of the libcrypto that wrk is linked with.
ffi.cdef [[
const void *EVP_sha256(void);
unsigned char *HMAC(const void *kind, const void *key, int key_length, const char *data, size_t length, unsigned char *digest, unsigned int *digest_length);
int EVP_EncodeBlock(unsigned char *text, const unsigned char *data, int length);
]]

local SHA256 = ffi.C.EVP_sha256()
local digest = ffi.new("unsigned char[32]")
local text = ffi.new("unsigned char[45]")
local secret, before, after, head, number

local function sign(body)
  ffi.C.HMAC(SHA256, secret, #secret, body, #body, digest, nil)
  ffi.C.EVP_EncodeBlock(text, digest, 32)
  return ffi.string(text, 44)
end

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  local body = file:read("*a")
  file:close()
  secret, number = arguments[2], tonumber(arguments[4])
  before, after = body:match("^(.-)ID(.*)$")
  -- Each id has 12 digits.
  local length = #before + 12 + #after
  head = "POST " .. arguments[3] .. " HTTP/1.1\r\nhost: shop.example\r\ncontent-type: application/json\r\ncontent-length: " .. length .. "\r\nx-hmac-signature: "
end

function request()
  number = number + 1
  local body = before .. string.format("%012d", number) .. after
  return head .. sign(body) .. "\r\n\r\n" .. body
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.status + errors.connect + errors.read + errors.write + errors.timeout
  print(string.format('{"answers": %d, "failed": %d, "us": %d, "p99_us": %d}', summary.requests, failed, summary.duration, latency:percentile(99)))
end
