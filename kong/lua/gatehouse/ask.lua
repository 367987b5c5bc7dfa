-- The direct lane: asks a policy server over a unix socket, one line with the facts there, one line with the decision back.
local cjson = require "cjson.safe"
local facts = require "gatehouse.facts"

local tcp = ngx.socket.tcp

local M = {}

local CONNECT_MS, SEND_MS, IDLE_MS = 200, 1000, 60000
local POOL = { pool_size = 128, backlog = 2048 }
-- A kept connection may be one that its server closed meanwhile; another is tried, a bounded number of times.
local RETRIES = 8
-- How long a socket is left alone after it failed, and after it said nothing in time, in seconds.
local REST, REST_TIMEOUT = 0.5, 5
local LINE_MAX_CONFIG = 1048576

-- What a server said that a chain needs, by the chain's id. The same whichever server says it.
local specs = {}
-- One id per configuration; Kong keeps a configuration's table as long as it is in force.
local ids = setmetatable({}, { __mode = "k" })
local resting = {}
-- The second server stands by: without Redis each keeps counts and keys of its own, and two that share the load would allow twice as
-- much. Where every system has its Redis, GATEHOUSE_SHARE_LOAD=on lets them take turns.
local share = os.getenv("GATEHOUSE_SHARE_LOAD") == "on"
local turn = 1

local sockets

--- Paths of the policy servers' sockets.
function M.sockets()
  if not sockets then
    local prefix = kong.configuration.prefix
    sockets = { prefix .. "/gatehouse-1.sock", prefix .. "/gatehouse-2.sock" }
  end
  return sockets
end

local function closed(err)
  return err == "closed" or err == "connection reset by peer" or err == "broken pipe"
end

-- Decimal digits alone: a number in another form is no answer of ours. Most answers have no body.
local function length_of(text)
  if text == "0" then
    return 0
  end
  return text:find("^%d+$") and tonumber(text) or nil
end

-- One question on one connection. @return line, body; or nil, error, whether another connection may do better
local function once(path, timeout, request)
  local sock = tcp()
  sock:settimeouts(CONNECT_MS, SEND_MS, timeout)
  local ok, err = sock:connect("unix:" .. path, POOL)
  if not ok then
    return nil, err, false
  end
  local reused = sock:getreusedtimes() > 0
  local sent, line
  sent, err = sock:send(request)
  if sent then
    line, err = sock:receive("*l")
  end
  if not line then
    sock:close()
    return nil, err, reused and closed(err)
  end
  local blank = line:find(" ", 1, true)
  local length = blank and length_of(line:sub(1, blank - 1))
  local body
  if not length then
    sock:close()
    return nil, "bad answer", false
  end
  local head = line:sub(blank + 1)
  if length > 0 then
    body, err = sock:receive(length)
    if not body then
      sock:close()
      return nil, err, false
    end
  end
  sock:setkeepalive(IDLE_MS)
  return head, body
end

local function ask(path, timeout, request)
  local head, body, again
  for _ = 1, RETRIES do
    head, body, again = once(path, timeout, request)
    if head or not again then
      break
    end
  end
  return head, body
end

-- Defines a chain at one server; keeps what it needs. @return the needs' table, or nil and an error
local function define(path, id, conf)
  local text = cjson.encode({ system = conf.system, policies = conf.policies })
  if #text > LINE_MAX_CONFIG then
    return nil, "the configuration is too long"
  end
  local head, err = ask(path, 5000, { "c", id, " ", text, "\n" })
  if not head then
    return nil, err
  end
  local spec = cjson.decode(head)
  if type(spec) ~= "table" or type(spec.needs) ~= "string" then
    return nil, "the policies can't be configured: " .. head
  end
  specs[id] = spec
  return spec
end

local function id_of(conf)
  local id = ids[conf]
  if not id then
    id = ngx.md5(conf.system .. "\n" .. conf.policies)
    ids[conf] = id
  end
  return id
end

-- The facts are gathered once, however many servers are asked: a body is read only once.
local function judged(path, id, conf, gathered)
  local spec, err = specs[id], nil
  if not spec then
    spec, err = define(path, id, conf)
  end
  if not spec then
    return nil, err
  end
  if not gathered.line then
    gathered.line, gathered.body, gathered.stamp = facts.gather(spec.needs)
  end
  local request = { "f", id, " ", tostring(#gathered.body), " ", gathered.stamp, " ", gathered.line, "\n", gathered.body }
  local head, body = ask(path, spec.timeout, request)
  if head ~= "u" then
    return head, body
  end
  spec, err = define(path, id, conf)
  if not spec then
    return nil, err
  end
  return ask(path, spec.timeout, request)
end

-- Tries one socket; a failed one is left alone for a while, and then tried by one request at a time until it answers again.
local function try(path, id, conf, gathered, now)
  local failed_before = resting[path]
  if failed_before then
    resting[path] = now + REST
  end
  local head, body = judged(path, id, conf, gathered)
  if head then
    resting[path] = nil
    return head, body
  end
  resting[path] = now + (body == "timeout" and REST_TIMEOUT or REST)
  return nil, body
end

--- Asks for the decision of a route's policies.
-- @return line and body, and which socket answered; or nil and an error
function M.decide(conf)
  local id, list, gathered = id_of(conf), M.sockets(), {}
  if share then
    turn = turn % #list + 1
  end
  -- Other requests move the turn on while this one waits.
  local first, now = turn, ngx.now()
  local tried, last = {}, nil
  for pass = 1, 2 do
    for i = 0, #list - 1 do
      local path = list[(first + i - 1) % #list + 1]
      -- Those that failed just now are asked only when no other answered.
      if not tried[path] and (pass == 2 or (resting[path] or 0) <= now) then
        tried[path] = true
        local head, body = try(path, id, conf, gathered, now)
        if head == "e" then
          return nil, "the policy server failed"
        end
        if head then
          return head, body, path
        end
        -- Whoever did not answer in time may have decided: the client has waited long enough.
        if body == "timeout" then
          return nil, body
        end
        last = last and last .. "; " .. body or body
      end
    end
  end
  return nil, last or "no answer"
end

return M
