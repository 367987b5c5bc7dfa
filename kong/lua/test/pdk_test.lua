local cjson = require "cjson.safe"
local harness = require "test.harness"
local stub = require "test.stub"

local test, equal, contains = harness.test, harness.equal, harness.contains

local function one(name, id, scope)
  return { name = name, server = "gatehouse_" .. name, conf = { __plugin_id = id, __seq__ = 4, key = name }, scope = scope }
end

local function begin(list, more)
  local given = more or {}
  local route = { id = "r", name = "r", tags = { "system-gongbu" } }
  given.ctx = { plugins = { ws = stub.workspace(list) }, route = route, service = { id = "s" } }
  return stub.begin(given), require "gatehouse.pdk"
end

test("pdk: the set of policies in force has one id, and its configurations by name", function()
  local _, pdk = begin({ one("sanitize", "a"), { name = "cors" }, one("permissions", "b", "r::") })
  equal(pdk.chain(), "C<a.4,b.4/r>")
  local told = cjson.decode(pdk.configs():sub(2))
  local second = told.policies[2]
  equal({ told.id, told.system, #told.policies }, { "<a.4,b.4/r>", "gongbu", 2 })
  equal({ second.name, second.config.key }, { "permissions", "permissions" })
end)

test("pdk: a plugin that is bound to another route is not in force", function()
  local _, pdk = begin({ one("sanitize", "a", "other::"), one("permissions", "b", ":s:") })
  equal(pdk.chain(), "C<b.4/r>")
end)

test("pdk: a route's own before its service's before the global one", function()
  local conf = function(id) return { __plugin_id = id, __seq__ = 1 } end
  local combos = { ["::"] = conf("global"), [":s:"] = conf("service"), ["r::"] = conf("route"), ["r:s:"] = conf("both") }
  for _, wanted in ipairs({ "both", "route", "service", "global" }) do
    local _, pdk = begin({ { name = "sanitize", server = "gatehouse", combos = combos } })
    equal(pdk.chain(), "C<" .. wanted .. ".1/r>")
    combos[({ both = "r:s:", route = "r::", service = ":s:", global = "::" })[wanted]] = nil
  end
end)

test("pdk: facts come back with the id that was named", function()
  local _, pdk = begin({ one("sanitize", "a") }, { vars = { content_length = "3" }, body = "a\nb" })
  local text = pdk.facts('{"headers":[],"body":10}', "set")
  equal(text:sub(1, 5), "Fset ")
  equal(text:sub(-104), "\na\nb1800000000500" .. ("-"):rep(55) .. ("f"):rep(32))
end)

test("pdk: once it is decided, nobody is asked again", function()
  local request, pdk = begin({ one("sanitize", "a") })
  equal(pdk.commit("p", "a.4"), true)
  equal({ request.ctx.gatehouse.decided, pdk.chain() }, { true, "D" })
end)

test("pdk: a decision for other policies than those of this route is refused", function()
  for _, whose in ipairs({ "b.4", "a.3", "", "<a.3/r>" }) do
    local request, pdk = begin({ one("sanitize", "a") })
    equal({ pdk.commit("p", whose), request.ctx.gatehouse and request.ctx.gatehouse.decided }, { false, nil })
    contains(request.log[1], "other policies")
  end
  local _, pdk = begin({ one("sanitize", "a"), one("permissions", "b") })
  equal({ pdk.commit("p", "a.4"), pdk.commit("p", "<a.4,b.4/r>") }, { false, true })
end)

test("pdk: an answer goes out with its body, whatever bytes it has", function()
  local request, pdk = begin({ one("sanitize", "a") })
  equal(stub.ends(pdk.commit, '{"status":200,"headers":{}}\nbo\ndy\0', "a.4"), true)
  equal({ request.exit.status, request.exit.body }, { 200, "bo\ndy\0" })
end)

test("pdk: for kong-pdk's own server texts are base64, and the guard does what was decided", function()
  local request, pdk = begin({ one("sanitize", "a"), { name = "guard" } })
  equal(pdk.facts('{"headers":[],"body":0}', "set", true):sub(1, 12), "base64(Fset ")
  equal({ pdk.commit('base64({"status":403,"headers":{}}\nno)', "a.4", true), request.exit }, { true, nil })
  equal(pdk.chain(), "D")
  local guard = require "kong.plugins.guard.handler"
  equal({ stub.ends(guard.access, guard), request.exit.status, request.exit.body }, { true, 403, "no" })
end)

test("pdk: what is no base64, or no decision, decides nothing", function()
  local request, pdk = begin({ one("sanitize", "a"), { name = "guard" } })
  equal(pdk.commit("p", "a.4", true), false)
  local guard = require "kong.plugins.guard.handler"
  equal({ stub.ends(guard.access, guard), request.exit.status }, { true, 503 })
  request, pdk = begin({ one("sanitize", "a"), { name = "guard" } })
  equal(pdk.commit("base64({})", "a.4", true), true)
  guard = require "kong.plugins.guard.handler"
  equal({ stub.ends(guard.access, guard), request.exit.status }, { true, 503 })
end)

test("pdk: the direct lane's plugin refuses when nobody decides", function()
  local request = stub.begin({})
  local handler = require "kong.plugins.gatehouse-direct.handler"
  equal(stub.ends(handler.access, handler, { system = "", policies = "[]" }), true)
  equal(request.exit.status, 503)
  request = stub.begin({ servers = { ["/p/gatehouse-1.sock"] = function() error("broken") end } })
  handler = require "kong.plugins.gatehouse-direct.handler"
  equal(stub.ends(handler.access, handler, { system = "", policies = "[]" }), true)
  equal(request.exit.status, 503)
end)
