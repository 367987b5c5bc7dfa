local harness = require "test.harness"
local stub = require "test.stub"

local test, equal = harness.test, harness.equal

local function apply(given, head, body)
  local request = stub.begin(given)
  local decision = require "gatehouse.decision"
  local result
  local ended = stub.ends(function() result = decision.apply(head, body) end)
  return request, decision.state(), result, ended
end

test("decision: a pass that changes nothing", function()
  local request, state, result = apply({ headers = { { "A", "1" } } }, "p")
  equal({ result, state.decided, request.headers }, { true, true, { { "A", "1" } } })
end)

test("decision: what a pass changes", function()
  local head = 'p{"remove":["a"],"set":[["X-User-Id","7"]],"query":"c=2",'
    .. '"response":[["X","1"]],"append":[["V","2"]],"track":{"end":true}}'
  local request, state, result = apply({ headers = { { "A", "1" }, { "x-user-id", "evil" } } }, head)
  equal({ result, state.decided, request.query }, { true, true, "c=2" })
  equal(request.headers, { { "X-User-Id", "7" } })
  equal({ state.replace, state.append, state.track }, { { { "X", "1" } }, { { "V", "2" } }, { ["end"] = true } })
end)

test("decision: a refusal ends the request with its own body", function()
  local head = '{"status":403,"headers":{"Content-Type":"application/json","Set-Cookie":["a","b"]}}'
  local request, state, _, ended = apply({}, head, "no\0body")
  equal({ ended, state.decided, state.answered }, { true, true, true })
  local headers = { ["Content-Type"] = "application/json", ["Set-Cookie"] = { "a", "b" } }
  equal(request.exit, { status = 403, body = "no\0body", headers = headers })
end)

local NOTHINGS = {
  "", "{}", "[]", "[1]", "null", "true", "1", '"p"', "P", "pass", "p{", "x", '{"status":"403"}', '{"set":[["A","1"]]}',
}
for _, head in ipairs(NOTHINGS) do
  test("decision: " .. head .. " decides nothing", function()
    local request, state, result, ended = apply({}, head)
    equal({ result, state.decided, ended, request.exit }, { false, nil, false, nil })
  end)
end

test("decision: a pass has no body", function()
  local _, state, result = apply({}, "p", "body")
  equal({ result, state.decided }, { false, nil })
end)
