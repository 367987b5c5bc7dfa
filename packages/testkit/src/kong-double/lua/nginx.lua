-- As much of OpenResty's `ngx` as our Lua and Kong's plugin-server client use. What changes a request or an answer is written down
-- as an operation, for the process that holds them.
local bit = require "bit"
local list = require "pairs-list"
local wire = require "wire"

-- ---- sockets ----
local Socket = {}
Socket.__index = Socket

-- nginx: lua_socket_read_timeout, as kong/kong.env sets it; tests may want it shorter.
local READ_MS = tonumber(os.getenv("DOUBLE_READ_TIMEOUT_MS")) or 3000

function Socket:settimeouts(connect, _, read)
  self.connect_ms, self.read_ms = connect, read
end

function Socket:connect(path, options)
  path = path:gsub("^unix:", "")
  local answer = wire.ask({ op = "connect", path = path, pool = options and options.pool or path, timeout = self.connect_ms })
  if answer.err then
    return nil, answer.err
  end
  self.conn, self.reused = answer.conn, answer.reused
  return 1
end

function Socket:getreusedtimes()
  return self.reused
end

local function flat(data)
  if type(data) ~= "table" then
    return tostring(data)
  end
  local parts = {}
  for i = 1, #data do
    parts[i] = flat(data[i])
  end
  return table.concat(parts)
end

function Socket:send(data)
  local text = flat(data)
  local answer = wire.ask({ op = "send", conn = self.conn, data = text })
  if answer.err then
    return nil, answer.err
  end
  return #text
end

function Socket:receive(pattern)
  local answer = wire.ask({ op = "receive", conn = self.conn, pattern = pattern, timeout = self.read_ms or READ_MS })
  if answer.err then
    return nil, answer.err
  end
  return answer.data
end

function Socket:receiveany()
  return self:receive("any")
end

function Socket:close()
  wire.tell({ op = "close", conn = self.conn })
  return 1
end

function Socket:setkeepalive()
  wire.tell({ op = "keep", conn = self.conn })
  return 1
end

local function tcp()
  return setmetatable({}, Socket)
end

local function connect(path)
  local socket = tcp()
  local ok, err = socket:connect(path)
  return ok and socket, err
end

-- ---- text ----
local B = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function encode_base64(data)
  local out = {}
  for i = 1, #data, 3 do
    local a, b, c = data:byte(i, i + 2)
    local n = a * 65536 + (b or 0) * 256 + (c or 0)
    local k = { math.floor(n / 262144), math.floor(n / 4096) % 64, math.floor(n / 64) % 64, n % 64 }
    for j = 1, 4 do
      out[#out + 1] = j <= (c and 4 or b and 3 or 2) and B:sub(k[j] + 1, k[j] + 1) or "="
    end
  end
  return table.concat(out)
end

local VALUE = {}
for i = 1, #B do
  VALUE[B:byte(i)] = i - 1
end

-- Nil for what is no base64.
local function decode_base64(text)
  if #text % 4 ~= 0 or not text:find("^[%w+/]*=?=?$") then
    return nil
  end
  local out = {}
  text = text:gsub("=", "")
  for i = 1, #text, 4 do
    local a, b, c, d = text:byte(i, i + 3)
    local n = VALUE[a] * 262144 + VALUE[b] * 4096 + (c and VALUE[c] or 0) * 64 + (d and VALUE[d] or 0)
    local bytes = string.char(math.floor(n / 65536), math.floor(n / 256) % 256, n % 256)
    out[#out + 1] = bytes:sub(1, d and 3 or c and 2 or 1)
  end
  return table.concat(out)
end

-- A digest of 128 bits that names things; not MD5, which nobody here compares with another's.
local function digest(text)
  local parts = {}
  for seed = 1, 4 do
    local h = bit.tobit(seed * 0x1000193 + #text)
    for i = 1, #text do
      h = bit.bxor(bit.rol(bit.bxor(h, text:byte(i)), 5), bit.lshift(h, 2), bit.rshift(h, 7) * seed)
    end
    parts[seed] = bit.tohex(h)
  end
  return table.concat(parts)
end

-- The expressions of ours are a class between anchors, which Lua's patterns say as well.
local function find(text, expression)
  return text:find((expression:gsub("A%-Za%-z0%-9", "%%w")))
end

-- ---- the request and its answer ----
local function note(...)
  local ops = wire.current.ops
  ops[#ops + 1] = { ... }
end

local function clear_header(name)
  list.remove(wire.current.headers, name)
  note("clear", name)
end

local function set_header(name, value)
  list.set(wire.current.headers, name, value)
  note("set", name, type(value) == "table" and value or tostring(value))
end

-- `$http_…`: `-` and `_` alike; several lines as one, as nginx joins them.
local function header_variable(request, wanted)
  local found = {}
  for _, pair in ipairs(request.headers) do
    if pair[1]:lower():gsub("-", "_") == wanted then
      found[#found + 1] = pair[2]
    end
  end
  return found[1] and table.concat(found, wanted == "cookie" and "; " or ", ") or nil
end

local variables = {}
function variables.__index(_, name)
  local request = wire.current
  if name:sub(1, 5) == "http_" then
    return header_variable(request, name:sub(6))
  end
  return request.vars[name]
end

local response_header = {}
function response_header.__index(_, name)
  return list.get(wire.current.response, (name:gsub("_", "-")))
end
function response_header.__newindex(_, name, value)
  if value == nil then
    list.remove(wire.current.response, name)
    note("answer-clear", name)
    return
  end
  list.set(wire.current.response, name, value)
  note("answer-set", name, type(value) == "table" and value or tostring(value))
end

local function add_response_header(name, value)
  local headers = wire.current.response
  headers[#headers + 1] = { name, tostring(value) }
  note("answer-add", name, tostring(value))
end

local function read_body()
  local request = wire.current
  if not request.body_read then
    local answer = wire.ask({ op = "body", request = request.number })
    if answer.err then
      error({ aborted = answer.err }, 0)
    end
    request.body_read, request.body, request.body_file = true, answer.data, answer.file
  end
end

local function sleep(seconds)
  wire.ask({ op = "sleep", ms = seconds * 1000 })
end

-- A timer has no request of its own.
local function at(delay, run, ...)
  local arguments = { ... }
  wire.spawn(nil, function()
    sleep(delay)
    run(false, unpack(arguments))
  end)
  return 1
end

ngx = setmetatable({
  null = wire.null,
  var = setmetatable({}, variables),
  header = setmetatable({}, response_header),
  now = function() return wire.time / 1000 end,
  sleep = sleep,
  md5 = digest,
  encode_base64 = encode_base64,
  decode_base64 = decode_base64,
  re = { find = find },
  socket = { tcp = tcp, connect = connect },
  timer = { at = at },
  req = {
    get_headers = function(_, raw) return list.all(wire.current.headers, raw) end,
    set_header = set_header,
    clear_header = clear_header,
    read_body = read_body,
    get_body_data = function() return wire.current.body end,
    get_body_file = function() return wire.current.body_file end,
    start_time = function() return wire.current.started / 1000 end,
  },
  resp = { get_headers = function(_, raw) return list.all(wire.current.response, raw) end },
}, {
  __index = function(_, name)
    local request = wire.current
    if name == "ctx" or name == "arg" or name == "status" then
      return request and request[name]
    end
  end,
})

return { note = note, add_response_header = add_response_header }
