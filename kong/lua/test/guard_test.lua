local harness = require "test.harness"
local stub = require "test.stub"

local test, equal, contains = harness.test, harness.equal, harness.contains

local CONF = {
  systems = {
    { name = "gongbu", hosts = { "gongbu.localhost", "*.gongbu.example" } },
    { name = "learning", hosts = {}, errors = "plain" },
  },
  request_id_header = "X-Request-Id", security_headers = true, content_security_policy = "none", hsts_max_age = 9,
}
local ID = ("f"):rep(32)

local function begin(given)
  local request = stub.begin(given)
  local guard = require "kong.plugins.guard.handler"
  guard:configure({ CONF })
  return request, guard
end

local function header(request, name)
  for _, line in ipairs(request.headers) do
    if line[1]:lower() == name then
      return line[2]
    end
  end
end

local function after_rewrite(headers)
  local request, guard = begin({ headers = headers })
  guard:rewrite(CONF)
  return request
end

test("guard: identity that a client claims is dropped, however it is spelled", function()
  local claimed = { { "X-User-Id", "1" }, { "x_user-roles", "admin" }, { "X-USER-PLAN", "pro" } }
  local request = after_rewrite({ claimed[1], claimed[2], claimed[3], { "X-User-Agent", "stays" } })
  for _, name in ipairs({ "x-user-id", "x_user-roles", "x-user-plan" }) do
    equal(header(request, name), nil)
  end
  equal(header(request, "x-user-agent"), "stays")
end)

test("guard: Connection can't name who is asking", function()
  local request = after_rewrite({ { "Connection", "close, X-User-Id , x_user_roles, TE" } })
  equal(header(request, "connection"), "close, TE")
  equal(header(after_rewrite({ { "Connection", "keep-alive" } }), "connection"), "keep-alive")
end)

test("guard: a request id is kept when it can't forge a log line", function()
  equal(header(after_rewrite({ { "X-Request-Id", "a-1:2.3_4" } }), "x-request-id"), "a-1:2.3_4")
  for _, bad in ipairs({ "", "a b", "a/b", "a\nb", ("x"):rep(129) }) do
    equal(header(after_rewrite({ { "X-Request-Id", bad } }), "x-request-id"), ID)
  end
end)

test("guard: a trace goes on when it is one, else it begins", function()
  local good = "00-" .. ("a"):rep(32) .. "-" .. ("b"):rep(16) .. "-01"
  equal(header(after_rewrite({ { "traceparent", good }, { "tracestate", "x=1" } }), "tracestate"), "x=1")
  for _, bad in ipairs({ "x", "00-" .. ("0"):rep(32) .. "-" .. ("b"):rep(16) .. "-01", good:upper(), "ff" .. good:sub(3), good .. "x" }) do
    local request = after_rewrite({ { "traceparent", bad }, { "tracestate", "x=1" } })
    equal({ header(request, "traceparent"), header(request, "tracestate") }, { "00-" .. ID .. "-" .. ID:sub(1, 16) .. "-00", nil })
  end
end)

local FUSED = { name = "gatehouse", server = "gatehouse", conf = { __plugin_id = "a", __seq__ = 1 } }
local GUARD = { name = "guard" }

local function access(list, state)
  local request, guard = begin({ ctx = { plugins = { ws = stub.workspace(list) }, gatehouse = state, route = { id = "r", name = "r" } } })
  return request, stub.ends(guard.access, guard)
end

test("guard: what the route's policies have not decided is 503", function()
  local request, ended = access({ FUSED, GUARD })
  equal({ ended, request.exit.status }, { true, 503 })
  contains(request.log[1], "no policy decided")
end)

test("guard: the same when a Lua plugin of ours should have decided", function()
  local _, ended = access({ { name = "gatehouse-direct", decides = true }, GUARD })
  equal(ended, true)
end)

test("guard: what they decided passes, and so does a route without any", function()
  local _, ended = access({ FUSED, GUARD }, { decided = true })
  equal(ended, false)
  _, ended = access({ { name = "cors" }, GUARD })
  equal(ended, false)
  -- A plugin server of somebody else decides nothing of ours.
  _, ended = access({ { name = "other", server = "others" }, GUARD })
  equal(ended, false)
end)

test("guard: policies that all stand below it are asked now", function()
  local asked
  local below = { name = "telemetry", server = "gatehouse_telemetry", conf = { __plugin_id = "t" } }
  below.access = function(_, conf)
    asked = { conf.__plugin_id, ngx.ctx.plugin_id }
    require("gatehouse.decision").state().decided = true
  end
  local _, ended = access({ GUARD, below })
  equal({ ended, asked }, { false, { "t", "t" } })
  below.access = function() end
  _, ended = access({ GUARD, below })
  equal(ended, true)
end)

local function head(given)
  local request, guard = begin(given)
  guard:header_filter(CONF)
  return request, guard
end

test("guard: security headers on every answer, a service's own content policy stays", function()
  local request = head({ response = { ["content-security-policy"] = "own" } })
  equal({ request.response["x-frame-options"], request.response["content-security-policy"] }, { "DENY", "own" })
  equal(request.response["strict-transport-security"], nil)
  equal(head({ vars = { scheme = "https" } }).response["strict-transport-security"], "max-age=9; includeSubDomains")
  equal(head({}).response["content-security-policy"], "none")
end)

test("guard: the answer carries the request's id", function()
  equal(head({ headers = { { "X-Request-Id", "mine" } } }).response["x-request-id"], "mine")
  equal(head({}).response["x-request-id"], ID)
end)

test("guard: what the policies put on the answer", function()
  local state = { replace = { { "X-A", "new" } }, append = { { "Vary", "Origin" } } }
  local request = head({ ctx = { gatehouse = state }, response = { ["x-a"] = "old", vary = "Accept" } })
  equal({ request.response["x-a"], request.response.vary }, { "new", { "Accept", "Origin" } })
end)

local function error_of(given)
  local request, guard = head(given)
  request.arg = { "Kong's own", false }
  guard:body_filter(CONF)
  local first = request.arg[1]
  request.arg = { "", true }
  guard:body_filter(CONF)
  return request, request.arg[1], first
end

test("guard: Kong's own errors have the form of the system that was asked", function()
  local request, body, first, _
  request, body, first = error_of({ status = 404, source = "error", vars = { host = "gongbu.localhost", request_uri = "/x?y" } })
  contains(body, '"statusCode":404,"message":"Not found"')
  contains(body, '"path":"\\/x"')
  equal({ first, request.response["content-length"] }, { nil, #body })
  _, body = error_of({ status = 502, source = "error", vars = { host = "a.gongbu.example" } })
  contains(body, '"statusCode":502')
  _, body = error_of({ status = 503, source = "exit", ctx = { route = { tags = { "system-learning" } } } })
  equal(body, '{"error":"Service unavailable"}')
  request, body = error_of({ status = 401, source = "error", vars = { host = "elsewhere" } })
  contains(body, '"type":"about:blank"')
  equal(request.response["www-authenticate"], 'Bearer realm="gateway"')
end)

test("guard: a service's errors, and those that policies made, stay as they are", function()
  local ours = { status = 403, source = "exit", ctx = { gatehouse = { answered = true } } }
  for _, given in ipairs({ { status = 500 }, ours, { status = 200, source = "exit" } }) do
    local _, body, first = error_of(given)
    equal({ first, body }, { "Kong's own", "" })
  end
end)
