-- A stub of OpenResty's and Kong's API, as much as our Lua uses: what a test says of a request, and what was done to it.
local M = {}

--- Thrown by kong.response.exit, which never returns in Kong's access phase either.
M.EXIT = {}

local request

local function lines_of(name)
  local found = {}
  for _, line in ipairs(request.headers) do
    if line[1]:lower():gsub("-", "_") == name then
      found[#found + 1] = line[2]
    end
  end
  return found[1] and table.concat(found, ", ") or nil
end

local function all_headers(_, raw)
  local found = {}
  for _, line in ipairs(request.headers) do
    local key = raw and line[1] or line[1]:lower()
    local known = found[key]
    found[key] = known and { known, line[2] } or line[2]
  end
  return found
end

local function clear_header(name)
  for i = #request.headers, 1, -1 do
    if request.headers[i][1]:lower() == name:lower() then
      table.remove(request.headers, i)
    end
  end
end

local function set_header(name, value)
  clear_header(name)
  table.insert(request.headers, { name, value })
end

-- Sockets: a test says by path what happens. `request.servers[path](sent)` gives what is received, or nil and an error.
local Socket = {}
Socket.__index = Socket

function Socket.settimeouts(self, _, _, read)
  self.read = read
end

function Socket:connect(path)
  self.path = path:gsub("^unix:", "")
  table.insert(request.connects, self.path)
  if not request.servers[self.path] then
    return nil, "no such file or directory"
  end
  return 1
end

function Socket.getreusedtimes()
  return request.reused
end

local function flat(data)
  if type(data) ~= "table" then
    return tostring(data)
  end
  local parts = {}
  for i, one in ipairs(data) do
    parts[i] = flat(one)
  end
  return table.concat(parts)
end

function Socket:send(data)
  self.text = flat(data)
  table.insert(request.sent, self.text)
  self.answer, self.err = request.servers[self.path](self.text, self)
  return #self.text
end

function Socket:receive(pattern)
  if not self.answer then
    return nil, self.err or "closed"
  end
  if pattern ~= "*l" and #self.answer < pattern then
    return nil, "closed"
  end
  local size = pattern == "*l" and (self.answer:find("\n", 1, true) or #self.answer + 1) or pattern
  local piece = self.answer:sub(1, pattern == "*l" and size - 1 or size)
  self.answer = self.answer:sub(size + 1)
  return piece
end

function Socket.setkeepalive()
  request.kept = request.kept + 1
  return 1
end

function Socket.close()
  request.closed = request.closed + 1
  return 1
end

--- Runs what timers wait for, in order, until none waits.
function M.run_timers()
  while #request.timers > 0 do
    local timer = table.remove(request.timers, 1)
    timer.run(false)
  end
end

local function note(level)
  return function(...)
    local parts = { level .. " " }
    for i = 1, select("#", ...) do
      parts[#parts + 1] = tostring((select(i, ...)))
    end
    table.insert(request.log, table.concat(parts))
  end
end

local FACTS = {
  vars = {}, headers = {}, ctx = {}, servers = {}, response = {}, path = "/a", status = 200, source = "service", start = 1800000000.5,
  reused = 0, connects = {}, sent = {}, log = {}, timers = {}, kept = 0, closed = 0, digests = {},
}

local VARS = {
  request_method = "GET", request_uri = "/a?b=1", scheme = "http", host = "h", remote_addr = "10.0.0.1",
  kong_request_id = ("f"):rep(32), request_completion = "OK",
}

local function copy(value)
  if type(value) ~= "table" then
    return value
  end
  local made = {}
  for key, one in pairs(value) do
    made[key] = copy(one)
  end
  return made
end

-- Tables of Kong's own are known by their identity: routes, services and configurations are not copied.
local function made_from(given)
  local made = copy(FACTS)
  for key, value in pairs(given or {}) do
    made[key] = value
  end
  for key, value in pairs(VARS) do
    if made.vars[key] == nil then
      made.vars[key] = value
    end
  end
  return made
end

local function make_ngx()
  return setmetatable({
    null = require("cjson.safe").null,
    var = setmetatable({}, {
      __index = function(_, name) return name:sub(1, 5) == "http_" and lines_of(name:sub(6)) or request.vars[name] end,
    }),
    header = setmetatable({}, {
      __index = function(_, name) return request.response[name:lower()] end,
      __newindex = function(_, name, value) request.response[name:lower()] = value end,
    }),
    now = function() return request.now or 1800000001 end,
    md5 = function(text) return "<" .. text .. ">" end,
    encode_base64 = function(text) return "base64(" .. text .. ")" end,
    decode_base64 = function(text) return text:match("^base64%((.*)%)$") end,
    re = { find = function(text, expression) return text:find((expression:gsub("A%-Za%-z0%-9", "%%w"))) end },
    socket = { tcp = function() return setmetatable({}, Socket) end },
    timer = {
      at = function(delay, run)
        table.insert(request.timers, { delay = delay, run = run })
        return 1
      end,
    },
    req = {
      get_headers = all_headers, set_header = set_header, clear_header = clear_header,
      read_body = function() request.read = (request.read or 0) + 1 end,
      get_body_data = function() return request.body end,
      get_body_file = function() return request.body_file end,
      start_time = function() return request.start end,
    },
    resp = { get_headers = function() return request.response end },
  }, {
    __index = function(_, name)
      if name == "ctx" or name == "arg" or name == "status" then
        return request[name]
      end
    end,
  })
end

local function make_kong()
  return {
    configuration = { prefix = "/p" },
    log = { err = note("error"), warn = note("warn") },
    router = { get_route = function() return request.ctx.route end, get_service = function() return request.ctx.service end },
    request = {
      get_raw_path = function() return (request.vars.request_uri:gsub("%?.*$", "")) end,
      get_path = function() return request.path end,
      get_uri_captures = function() return request.captures and { named = request.captures } end,
    },
    service = { request = { set_raw_query = function(query) request.query = query end } },
    response = {
      get_source = function() return request.source end,
      add_header = function(name, value)
        local known = request.response[name:lower()]
        request.response[name:lower()] = known and { known, value } or value
      end,
      exit = function(status, body, headers)
        request.exit = { status = status, body = body, headers = headers }
        error(M.EXIT, 0)
      end,
    },
  }
end

--- Another request, in a worker that has just begun: our modules are loaded afresh.
-- @param given what differs from a plain GET
function M.begin(given)
  request = made_from(given)
  ngx, kong = make_ngx(), make_kong()
  for name in pairs(package.loaded) do
    if name:find("^gatehouse%.") or name:find("^kong%.plugins%.") then
      package.loaded[name] = nil
    end
  end
  return request
end

--- The next request of the same worker.
function M.another(given)
  local before = request
  request = made_from(given)
  for _, name in ipairs({ "servers", "connects", "sent", "log", "timers", "now" }) do
    request[name] = given and given[name] or before[name]
  end
  return request
end

--- Runs code that may end the request. @return true when it did
function M.ends(run, ...)
  local ok, err = pcall(run, ...)
  if not ok and err ~= M.EXIT then
    error(err, 0)
  end
  return not ok
end

--- Plugins in force, as Kong's iterator keeps them: a list of { name, conf, server or decides }, by falling priority.
function M.workspace(list)
  local ws = { plugins = { [0] = #list }, combos = {} }
  for i, one in ipairs(list) do
    local handler = { server_def = one.server and { name = one.server }, decides = one.decides, access = one.access }
    ws.plugins[i] = { name = one.name, handler = handler }
    ws.combos[one.name] = one.combos or { [one.scope or "::"] = one.conf or {} }
  end
  return ws
end

return M
