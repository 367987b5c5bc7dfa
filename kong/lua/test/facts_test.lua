local cjson = require "cjson.safe"
local harness = require "test.harness"
local stub = require "test.stub"

local test, equal = harness.test, harness.equal
local null = cjson.null

-- Places in the line, as plugins/src/server/lane-facts.ts reads them.
local PLACE = {
  system = 1, route = 2, service = 3, scheme = 4, host = 5, length = 6, has_body = 7, body_here = 8, body_length = 9, header_size = 10,
  captures = 11, certificate = 12, method = 13, path = 14, traceparent = 15, ip = 16, url = 17, headers = 18,
}

local function gather(given, needs)
  stub.begin(given)
  local all = { headers = {}, headerSize = false, body = 0, bodySize = false, captures = false, clientCertificate = false }
  for name, value in pairs(needs or {}) do
    all[name] = value
  end
  -- An empty list has to be one: cjson would make a table of it.
  local text = cjson.encode(all):gsub('"headers":{}', '"headers":[]')
  local line, body, stamp = require("gatehouse.facts").gather(text)
  local facts = cjson.decode(line)
  return function(name) return facts[PLACE[name]] end, body, stamp, line
end

local function with_body(body, more)
  local given = { vars = { content_length = tostring(#body) }, body = body }
  for name, value in pairs(more or {}) do
    given[name] = value
  end
  return given
end

local function file_of(body)
  local name = os.tmpname()
  local file = assert(io.open(name, "wb"))
  file:write(body)
  file:close()
  return name
end

local BYTES = {}
for i = 0, 255 do
  BYTES[i + 1] = string.char(i)
end
local BINARY = table.concat(BYTES)

test("facts: what every request has", function()
  local route = { name = "r", tags = { "x", "system-gongbu" } }
  local facts, body, stamp = gather({ ctx = { route = route, service = { name = "s" } } })
  equal({ facts("system"), facts("route"), facts("service"), facts("scheme"), facts("host") }, { "gongbu", "r", "s", "http", "h" })
  equal({ facts("method"), facts("ip"), facts("url") }, { "GET", "10.0.0.1", "/a?b=1" })
  equal({ facts("has_body"), facts("length"), facts("headers") }, { false, null, nil })
  equal({ body, stamp }, { "", "1800000000500" .. ("-"):rep(55) .. ("f"):rep(32) })
end)

test("facts: a traceparent stands beside the line, unless it has another length than usual; two are none", function()
  local usual = "00-" .. ("a"):rep(32) .. "-" .. ("b"):rep(16) .. "-01"
  local facts, _, stamp, line = gather({ headers = { { "traceparent", usual } } })
  equal({ facts("traceparent"), stamp }, { null, "1800000000500" .. usual .. ("f"):rep(32) })
  equal(line:find("aaaa", 1, true), nil)
  facts, _, stamp = gather({ headers = { { "traceparent", usual .. "-x" } } })
  equal({ facts("traceparent"), #stamp, stamp:sub(14, 14) }, { usual .. "-x", 100, "-" })
  facts, _, stamp = gather({ headers = { { "traceparent", usual }, { "traceparent", usual } } })
  equal({ facts("traceparent"), #stamp }, { null, 100 })
end)

test("facts: the system by the service's tags, and none without a route", function()
  local facts = gather({ ctx = { route = { tags = {} }, service = { tags = { "system-learning" } } } })
  equal(facts("system"), "learning")
  equal(gather({})("system"), "")
end)

test("facts: headers by name alone, several lines as a list, what was not sent as null", function()
  local headers = { { "X-A", "1" }, { "x-b", "2" }, { "X-B", "3" }, { "Secret", "no" } }
  local facts, _, _, line = gather({ headers = headers }, { headers = { "x-a", "x-b", "x-c" } })
  equal(facts("headers"), { "1", { "2", "3" }, null })
  equal(line:find("no", 1, true), nil)
end)

test("facts: bytes of a header come through", function()
  local facts = gather({ headers = { { "X-A", BINARY:sub(129) } } }, { headers = { "x-a" } })
  equal(facts("headers"), { BINARY:sub(129) })
end)

test("facts: the size of all headers, and of the longest", function()
  local facts = gather({ headers = { { "A", "12" }, { "BC", "3" }, { "bc", "45" } } }, { headerSize = true })
  equal(facts("header_size"), { 3, 10, 4 })
end)

test("facts: a normalised path only beside one that is not", function()
  equal(gather({ vars = { request_uri = "/a/b" }, path = "/a/b" })("path"), null)
  equal(gather({ vars = { request_uri = "/a/../b" }, path = "/b" })("path"), "/b")
end)

test("facts: captures, when asked for", function()
  equal(gather({ captures = { id = "7" } }, { captures = true })("captures"), { id = "7" })
  equal(gather({ captures = { id = "7" } })("captures"), null)
end)

test("facts: the client's certificate, when it was checked", function()
  local vars = {
    ssl_client_verify = "SUCCESS", ssl_client_s_dn = "CN=a", ssl_client_i_dn = "CN=b", ssl_client_serial = "1", ssl_client_raw_cert = "pem",
  }
  equal(gather({ vars = vars }, { clientCertificate = true })("certificate"), { "CN=a", "CN=b", "1", "pem" })
  vars.ssl_client_verify = "FAILED:expired"
  equal(gather({ vars = vars }, { clientCertificate = true })("certificate"), null)
end)

test("facts: a body is read only when a policy needs it", function()
  local facts, body = gather(with_body("hello"))
  equal({ facts("has_body"), facts("body_here"), facts("body_length"), body }, { true, false, 5, "" })
end)

test("facts: a body of any bytes, up to the limit", function()
  local facts, body = gather(with_body(BINARY), { body = 256 })
  equal({ facts("body_here"), facts("body_length"), body == BINARY }, { true, 256, true })
end)

test("facts: a body over the limit is not read at all when its length is said", function()
  local given = with_body(BINARY)
  local facts, body = gather(given, { body = 255 })
  equal({ facts("body_here"), facts("body_length"), body, given.read }, { false, 256, "", nil })
end)

test("facts: a body without a length is measured", function()
  local given = { headers = { { "Transfer-Encoding", "chunked" } }, body = BINARY }
  local facts, body = gather(given, { body = 255 })
  equal({ facts("body_here"), facts("body_length"), body }, { false, 256, "" })
  facts, body = gather(given, { body = 256 })
  equal({ facts("body_here"), facts("body_length"), body == BINARY }, { true, 256, true })
  facts, body = gather(given, { bodySize = true })
  equal({ facts("body_here"), facts("body_length"), body }, { false, 256, "" })
end)

test("facts: a body that Kong put into a file, byte for byte", function()
  local name = file_of(BINARY:rep(100))
  local given = { vars = { content_length = tostring(25600) }, body_file = name }
  local facts, body = gather(given, { body = 25600 })
  equal({ facts("body_here"), facts("body_length"), body == BINARY:rep(100) }, { true, 25600, true })
  local chunked = { headers = { { "Transfer-Encoding", "chunked" } }, body_file = name }
  facts, body = gather(chunked, { body = 100 })
  equal({ facts("body_here"), facts("body_length"), body }, { false, 25600, "" })
  os.remove(name)
end)

test("facts: a file that is gone is no empty body", function()
  local facts = gather({ vars = { content_length = "5" }, body_file = "/nowhere/at/all" }, { body = 100 })
  equal({ facts("has_body"), facts("body_here"), facts("body_length") }, { true, false, -1 })
end)
