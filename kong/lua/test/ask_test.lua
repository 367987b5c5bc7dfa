local harness = require "test.harness"
local stub = require "test.stub"

local test, equal, contains = harness.test, harness.equal, harness.contains

local ONE, TWO = "/p/gatehouse-1.sock", "/p/gatehouse-2.sock"
local CONF = { system = "gongbu", policies = "[]" }
local SPEC = [["{\"needs\":\"{\\\"headers\\\":[],\\\"body\\\":0}\",\"timeout\":1000}"]]

-- A server that defines every chain and answers every question alike.
local function server(answer)
  return function(sent)
    if sent:sub(1, 1) == "c" then
      return '0 {"needs":"{\\"headers\\":[],\\"body\\":0}","timeout":1000}\n'
    end
    return answer
  end
end

local function decide(servers, more)
  local given = more or {}
  given.servers = servers
  local request = stub.begin(given)
  local head, body, path = require("gatehouse.ask").decide(CONF)
  return request, head, body, path
end

local function kinds(request)
  local list = {}
  for i, text in ipairs(request.sent) do
    list[i] = text:sub(1, 1)
  end
  return table.concat(list)
end

test("ask: defines a chain once, then asks with one line", function()
  local request, head, _, path = decide({ [ONE] = server("0 p\n") })
  equal({ head, path, kinds(request) }, { "p", ONE, "cf" })
  stub.another({})
  equal({ require("gatehouse.ask").decide(CONF), kinds(request) }, { "p", "cff" })
end)

test("ask: the body of an answer is read by its length", function()
  local _, head, body = decide({ [ONE] = server('5 {"status":200}\nhe\nlo') })
  equal({ head, body }, { '{"status":200}', "he\nlo" })
end)

test("ask: a request's body follows its line", function()
  local spec = '0 {"needs":"{\\"headers\\":[],\\"body\\":10}","timeout":1000}\n'
  local request = decide({ [ONE] = function(sent) return sent:sub(1, 1) == "c" and spec or "0 p\n" end }, {
    vars = { content_length = "4" }, body = "a\0\nb",
  })
  contains(request.sent[2], " 4 1800000000500")
  equal(request.sent[2]:sub(-5), "\na\0\nb")
end)

test("ask: a server that does not know the chain is told, and asked again", function()
  local asked = 0
  local request, head = decide({
    [ONE] = function(sent)
      if sent:sub(1, 1) == "c" then
        return '0 {"needs":"{\\"headers\\":[],\\"body\\":0}","timeout":1000}\n'
      end
      asked = asked + 1
      return asked == 1 and "0 u\n" or "0 p\n"
    end,
  })
  equal({ head, kinds(request) }, { "p", "cfcf" })
end)

test("ask: a server that failed is no decision", function()
  local _, head, err = decide({ [ONE] = server("0 e\n") })
  equal({ head, err }, { nil, "the policy server failed" })
end)

test("ask: without any server there is an error", function()
  local request, head = decide({})
  equal({ head, request.connects }, { nil, { ONE, TWO } })
end)

test("ask: the second server answers when the first is gone, and is asked first while that rests", function()
  local request, head, _, path = decide({ [TWO] = server("0 p\n") })
  equal({ head, path }, { "p", TWO })
  stub.another({})
  require("gatehouse.ask").decide(CONF)
  equal(request.connects[#request.connects], TWO)
  equal(#request.connects, 4)
end)

test("ask: the first is tried again after its rest", function()
  local request = decide({ [TWO] = server("0 p\n") }, { now = 1000 })
  stub.another({ now = 1001 })
  request.servers[ONE] = server("0 p\n")
  local _, _, path = require("gatehouse.ask").decide(CONF)
  equal(path, ONE)
end)

test("ask: whoever did not answer in time is not asked elsewhere: the client has waited long enough", function()
  local timeout = function(sent)
    if sent:sub(1, 1) == "c" then
      return '0 {"needs":"{\\"headers\\":[],\\"body\\":0}","timeout":1000}\n'
    end
    return nil, "timeout"
  end
  local request, head, err = decide({ [ONE] = timeout, [TWO] = server("0 p\n") })
  equal({ head, err, kinds(request) }, { nil, "timeout", "cf" })
end)

test("ask: kept connections that turn out closed are tried again, a bounded number of times", function()
  local left = 5
  local closing = function(sent)
    if sent:sub(1, 1) == "f" and left > 0 then
      left = left - 1
      return nil, "closed"
    end
    return server("0 p\n")(sent)
  end
  local _, head = decide({ [ONE] = closing }, { reused = 1 })
  equal(head, "p")
  left = 1000
  local request
  request, head = decide({ [ONE] = closing }, { reused = 1 })
  equal({ head, #request.sent }, { nil, 9 })
end)

test("ask: a new connection that is closed is not tried again", function()
  local request, head = decide({ [ONE] = function() return nil, "closed" end })
  equal({ head, kinds(request) }, { nil, "c" })
end)

for _, line in ipairs({ "p", "x p", "-1 p", "1e3 p", "0x0 p", "9 p", " p", "", SPEC }) do
  test("ask: the answer " .. line .. " is none", function()
    local request, head = decide({ [ONE] = server(line .. "\n") })
    local decided = head and require("gatehouse.decision").apply(head)
    equal({ decided or false, request.ctx.gatehouse and request.ctx.gatehouse.decided or false }, { false, false })
  end)
end

test("ask: policies that can't be configured are an error with the reason", function()
  local _, head, err = decide({ [ONE] = function() return '0 "probe: does: no"\n' end })
  equal(head, nil)
  contains(err, "probe: does: no")
end)

test("ask: a configuration that is too long is not sent", function()
  local request = stub.begin({ servers = { [ONE] = server("0 p\n") } })
  local head, err = require("gatehouse.ask").decide({ system = "", policies = ("x"):rep(1100000) })
  equal({ head, #request.sent }, { nil, 0 })
  contains(err, "the configuration is too long")
end)
