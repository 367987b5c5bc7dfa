local cjson = require "cjson.safe"
local harness = require "test.harness"
local stub = require "test.stub"

local test, equal, contains = harness.test, harness.equal, harness.contains

local ONE, TWO = "/p/gatehouse-1.sock", "/p/gatehouse-2.sock"
local taken = function() return "0 !\n" end

local function begin(given)
  given.servers = given.servers or { [ONE] = taken, [TWO] = taken }
  return stub.begin(given), require "gatehouse.outcome"
end

local function lines(text)
  local list = {}
  for line in text:gmatch("[^\n]+") do
    list[#list + 1] = line
  end
  return list
end

test("outcome: nothing is told unless a policy wants it", function()
  local request, outcome = begin({})
  outcome.head(nil)
  outcome.head({})
  outcome.over({ track = {} })
  equal({ #request.timers, #request.sent }, { 0, 0 })
end)

test("outcome: the head of an answer, and its end, in one batch", function()
  local vars = { request_length = "10", bytes_sent = "20" }
  local request, outcome = begin({ ctx = { KONG_WAITING_TIME = 7, KONG_PROXIED = true }, vars = vars })
  local state = { track = { ["end"] = true } }
  outcome.head(state)
  outcome.over(state)
  equal({ #request.timers, request.timers[1].delay }, { 1, 0.05 })
  stub.run_timers()
  equal(#request.sent, 1)
  local head, over, stop = unpack(lines(request.sent[1]))
  local id = ("f"):rep(32)
  equal(cjson.decode(head:sub(2)), { 200, "service", cjson.null, 7, id })
  equal(cjson.decode(over:sub(2)), { 200, "service", cjson.null, 7, 500, 493, 10, 20, false, cjson.null, id })
  equal({ head:sub(1, 1), over:sub(1, 1), stop }, { "h", "o", "!" })
end)

test("outcome: it goes to the server that decided", function()
  local request, outcome = begin({})
  outcome.over({ track = { ["end"] = true }, server = TWO })
  stub.run_timers()
  equal(request.connects, { TWO })
end)

test("outcome: requests that write, and failures, do not wait for company", function()
  local _, outcome = begin({ vars = { request_method = "POST" } })
  outcome.over({ track = { ["end"] = true } })
  equal(stub.another({}).timers[1].delay, 0)
  local request
  request, outcome = begin({ status = 502, source = "error", ctx = { KONG_PROXIED = true } })
  outcome.over({ track = { ["end"] = true } })
  equal(request.timers[1].delay, 0)
  stub.run_timers()
  contains(request.sent[1], '502,"gateway","refused"')
end)

test("outcome: no target to be found is the gateway's failure, though Kong answers as a plugin", function()
  local ctx = { KONG_UPSTREAM_DNS_START = 1, balancer_data = { upstream = {} } }
  local request, outcome = begin({ status = 503, source = "exit", ctx = ctx })
  outcome.over({ track = { ["end"] = true } })
  stub.run_timers()
  contains(request.sent[1], '503,"gateway","no-target"')
end)

test("outcome: the answer is kept up to the limit", function()
  for _, case in ipairs({ { 5, "base64(hello)" }, { 4, cjson.null } }) do
    local request, outcome = begin({ response = { ["x-a"] = "1" } })
    local state = { track = { ["end"] = true, answer = case[1] } }
    outcome.head(state)
    for _, chunk in ipairs({ "hel", "", "lo" }) do
      if state.kept then
        outcome.keep(state, chunk)
      end
    end
    outcome.over(state)
    stub.run_timers()
    local over = lines(request.sent[1])[2]
    equal(cjson.decode(over:sub(2))[10], { { { "x-a", "1" } }, case[2] })
  end
end)

test("outcome: an answer that broke off is not kept", function()
  local request, outcome = begin({ vars = { request_completion = "" } })
  local state = { track = { ["end"] = true, answer = 5 } }
  outcome.head(state)
  outcome.keep(state, "hel")
  outcome.over(state)
  stub.run_timers()
  local told = cjson.decode(lines(request.sent[1])[2]:sub(2))
  equal({ told[9], told[10][2] }, { true, cjson.null })
end)

test("outcome: a batch that is lost is told again once, then given up with a warning", function()
  local request, outcome = begin({ servers = {} })
  outcome.over({ track = { ["end"] = true } })
  stub.run_timers()
  equal({ #request.connects, #request.log }, { 2, 1 })
  contains(request.log[1], "outcomes of 1 requests were lost")
end)

test("outcome: what waits is bounded: the oldest are given up", function()
  local request, outcome = begin({})
  local state = { track = { ["end"] = true } }
  for _ = 1, 10050 do
    outcome.over(state)
  end
  equal(#request.timers, 1)
  stub.run_timers()
  equal(#lines(request.sent[1]), 10001)
end)

test("outcome: so are its bytes", function()
  local request, outcome = begin({ response = {} })
  local state = { track = { ["end"] = true, answer = 1048576 } }
  for _ = 1, 40 do
    outcome.head(state)
    outcome.keep(state, ("x"):rep(1048576))
    outcome.over(state)
  end
  stub.run_timers()
  local count, size = #lines(request.sent[1]), #request.sent[1]
  equal({ count > 10, size > 15 * 1048576, size <= 16 * 1048576 + 2 }, { true, true, true })
end)
