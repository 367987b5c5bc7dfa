-- Plays Kong to our Lua, under LuaJIT: phases, the parts of nginx's and Kong's API that it uses, and Kong's side of the plugin-server
-- protocol (kong/runloop/plugin_servers/rpc/mp_rpc.lua). Whatever waits is asked of the process that started this one, a line of
-- JSON each way; each request is a coroutine.
local cjson = require "cjson.safe"
local msgpack = require "MessagePack"

local null = cjson.null
local current -- the request whose coroutine runs
local routines, next_routine = {}, 0
local pools = {}
local config = { routes = {}, plugins = {} }
local ws

-- ---- bytes in JSON ----
local B = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local VALUE = {}
for i = 1, 64 do VALUE[B:byte(i)] = i - 1 end

local function base64(data)
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

local function unbase64(text)
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

local function tell(message)
  io.stdout:write(cjson.encode(message), "\n")
  io.stdout:flush()
end

-- ---- coroutines ----
local function resume(id, ...)
  local routine, before = routines[id], current
  current = routine.request
  local ok, message = coroutine.resume(routine.co, ...)
  if not ok then
    tell({ op = "crash", id = id, error = tostring(message) .. "\n" .. debug.traceback(routine.co) })
  end
  if coroutine.status(routine.co) == "dead" then
    routines[id] = nil
  elseif ok then
    message.id = id
    tell(message)
  end
  current = before
end

local function spawn(request, run)
  next_routine = next_routine + 1
  local id = next_routine
  routines[id] = { co = coroutine.create(run), request = request }
  resume(id)
end

-- Waits for what the other process says.
local function ask(message)
  return coroutine.yield(message)
end

-- ---- sockets ----
local Socket = {}
Socket.__index = Socket

function Socket:settimeouts(_, _, read) self.timeout = read end

function Socket:connect(path, options)
  path = path:gsub("^unix:", "")
  self.pool = options and options.pool or path
  local kept = pools[self.pool]
  if kept and #kept > 0 then
    local entry = table.remove(kept)
    self.conn, self.reused = entry.conn, entry.reused + 1
    return 1
  end
  local answer = ask({ op = "connect", path = path })
  if answer.err then return nil, answer.err end
  self.conn, self.reused = answer.conn, 0
  return 1
end

function Socket:getreusedtimes() return self.reused end

local function flat(data)
  if type(data) ~= "table" then return tostring(data) end
  local parts = {}
  for i = 1, #data do parts[i] = flat(data[i]) end
  return table.concat(parts)
end

function Socket:send(data)
  local answer = ask({ op = "send", conn = self.conn, data = base64(flat(data)) })
  if answer.err then return nil, answer.err end
  return 1
end

function Socket:receive(pattern)
  local answer = ask({ op = "receive", conn = self.conn, pattern = pattern, timeout = self.timeout or 60000 })
  if answer.err then return nil, answer.err end
  return unbase64(answer.data)
end

function Socket:receiveany() return self:receive("any") end
function Socket:close() tell({ op = "close", conn = self.conn }) end

function Socket:setkeepalive()
  pools[self.pool] = pools[self.pool] or {}
  table.insert(pools[self.pool], { conn = self.conn, reused = self.reused })
  return 1
end

-- ---- nginx ----
local function header_key(name) return name:lower() end

-- Variables: what nginx has, and `http_…` with `-` and `_` alike.
local variables = {}
function variables.__index(_, name)
  local request = current
  if name:sub(1, 5) == "http_" then
    local wanted = name:sub(6)
    for _, pair in ipairs(request.headers) do
      if pair[1]:lower():gsub("-", "_") == wanted then return pair[2] end
    end
    return nil
  end
  return request.vars[name]
end

local response_header = {}
function response_header.__index(_, name) return current.response.headers[header_key(name)] end
function response_header.__newindex(_, name, value) current.response.headers[header_key(name)] = value end

local function get_headers(_, raw)
  local found = {}
  for _, pair in ipairs(current.headers) do
    local key = raw and pair[1] or pair[1]:lower()
    local known = found[key]
    if known == nil then found[key] = pair[2]
    elseif type(known) == "table" then table.insert(known, pair[2])
    else found[key] = { known, pair[2] } end
  end
  return found
end

local function clear_header(name)
  local kept = {}
  for _, pair in ipairs(current.headers) do
    if pair[1]:lower() ~= name:lower() then kept[#kept + 1] = pair end
  end
  current.headers = kept
end

local function set_header(name, value)
  clear_header(name)
  table.insert(current.headers, { name, tostring(value) })
end

ngx = setmetatable({
  null = null,
  var = setmetatable({}, variables),
  header = setmetatable({}, response_header),
  now = os.time,
  md5 = function(text) return (base64(text):gsub("[^%w]", "")) end,
  encode_base64 = base64,
  -- The expressions of ours are classes and anchors, which Lua's patterns say as well.
  re = { find = function(text, expression) return text:find((expression:gsub("A%-Za%-z0%-9", "%%w"))) end },
  socket = { tcp = function() return setmetatable({}, Socket) end },
  timer = {
    at = function(delay, run)
      spawn(nil, function()
        ask({ op = "sleep", ms = delay * 1000 })
        run(false)
      end)
      return 1
    end,
  },
  req = {
    get_headers = get_headers,
    set_header = set_header,
    clear_header = clear_header,
    read_body = function() end,
    get_body_data = function() return not current.body_file and current.body ~= "" and current.body or nil end,
    get_body_file = function() return current.body_file end,
    start_time = function() return current.started end,
  },
  resp = { get_headers = function() return current.response.headers end },
}, {
  __index = function(_, name)
    if name == "ctx" then return current.ctx end
    if name == "arg" then return current.arg end
    if name == "status" then return current.response.status end
  end,
})

-- ---- Kong ----
local EXIT = {}

local function log(level)
  return function(...)
    local parts = {}
    for i = 1, select("#", ...) do parts[i] = tostring((select(i, ...))) end
    tell({ op = "log", level = level, text = table.concat(parts) })
  end
end

kong = {
  configuration = { prefix = arg[1] },
  log = { err = log("error"), warn = log("warn") },
  router = {
    get_route = function() return current.ctx.route end,
    get_service = function() return current.ctx.service end,
  },
  request = {
    get_raw_path = function() return (current.vars.request_uri:gsub("%?.*$", "")) end,
    get_path = function() return current.path end,
    get_uri_captures = function() return { named = {} } end,
  },
  service = { request = { set_raw_query = function(query) current.query = query end } },
  response = {
    get_source = function() return current.source end,
    add_header = function(name, value)
      local known = current.response.headers[name:lower()]
      current.response.headers[name:lower()] = known and { known, value } or value
    end,
    exit = function(status, body, headers)
      current.source = "exit"
      local response = { status = status, body = body or "", headers = {} }
      for name, value in pairs(headers or {}) do response.headers[name:lower()] = value end
      response.headers["content-length"] = #response.body
      current.response = response
      error(EXIT)
    end,
  },
}

-- ---- the plugin-server protocol ----
msgpack.packers.userdata = function(buffer) msgpack.packers["nil"](buffer) end
local message_id = 0
local instances = {}

local function rpc(socket, method, argument)
  message_id = message_id + 1
  local c = ngx.socket.tcp()
  c:settimeouts(1000, 1000, 3000)
  local ok, err = c:connect("unix:" .. socket)
  if not ok then return nil, err end
  ok, err = c:send(msgpack.pack({ 0, message_id, method, { argument } }))
  if not ok then return nil, err end
  local read = msgpack.unpacker(function() return c:receiveany() end)
  local got, answer = read()
  if not got then return nil, "no data" end
  assert(answer[1] == 1 and answer[2] == message_id or answer[2] ~= nil, "unexpected answer")
  c:setkeepalive()
  if answer[3] ~= nil then return nil, answer[3] end
  return answer[4]
end

local function pdk(method)
  local found = { kong = kong }
  for part in method:gmatch("%w+") do found = found and found[part] end
  return found
end

-- As Kong does it: what goes wrong is logged, and the request goes on.
local function external(plugin, conf)
  local key = conf.__plugin_id
  local id = instances[key] and instances[key].seq == conf.__seq__ and instances[key].id
  if not id then
    local started, err = rpc(plugin.socket, "plugin.StartInstance", { Name = plugin.name, Config = cjson.encode(conf) })
    if not started then error("starting instance: " .. tostring(err), 0) end
    id = started.Id
    instances[key] = { id = id, seq = conf.__seq__ }
  end
  local step, err = rpc(plugin.socket, "plugin.HandleEvent", { InstanceId = id, EventName = "access" })
  while step and step.Data ~= "ret" do
    current.calls = current.calls + 1
    local method = pdk(step.Data.Method)
    local value = method and method(unpack(step.Data.Args))
    step, err = rpc(plugin.socket, "plugin.Step", { EventId = step.EventId, Data = value })
  end
  if not step and tostring(err):find("no plugin instance") then
    instances[key] = nil
    return external(plugin, conf)
  end
  if not step then kong.log.err(err) end
end

-- ---- the runloop ----
local handlers = {}

local function handler_of(name)
  handlers[name] = handlers[name] or require("kong.plugins." .. name .. ".handler")
  return handlers[name]
end

local function configure(told)
  config = told
  ws = { plugins = { [0] = 0 }, combos = {} }
  for _, plugin in ipairs(told.plugins) do
    local made = { name = plugin.name, socket = plugin.socket, priority = plugin.priority }
    made.handler = plugin.socket and { server_def = { name = "gatehouse" } } or handler_of(plugin.name)
    made.priority = plugin.priority or made.handler.PRIORITY
    table.insert(ws.plugins, made)
  end
  table.sort(ws.plugins, function(a, b) return a.priority > b.priority end)
  ws.plugins[0] = #ws.plugins
  for _, entity in ipairs(told.entities) do
    local conf = entity.config
    conf.__plugin_id, conf.__seq__ = entity.id, entity.seq
    ws.combos[entity.name] = ws.combos[entity.name] or {}
    ws.combos[entity.name][(entity.route or "") .. ":" .. (entity.service or "") .. ":"] = conf
  end
  local guard = ws.combos.guard and ws.combos.guard["::"]
  handler_of("guard"):configure(guard and { guard })
  if not kong.gw then handler_of("guard"):init_worker() end
end

local function conf_of(plugin)
  local combos = ws.combos[plugin.name]
  if not combos then return nil end
  local route = current.ctx.route and current.ctx.route.id
  local service = current.ctx.service and current.ctx.service.id
  return combos[(route or "") .. "::"] or combos[":" .. (service or "") .. ":"] or combos["::"]
end

local function answer_error(status, text)
  current.source = "error"
  current.response = { status = status, body = text, headers = { ["content-type"] = "text/plain" } }
end

local function access()
  for i = 1, ws.plugins[0] do
    local plugin = ws.plugins[i]
    local conf = conf_of(plugin)
    if conf and plugin.socket then
      external(plugin, conf)
    elseif conf and plugin.handler.access then
      plugin.handler:access(conf)
    end
  end
end

local function serve()
  local request = current
  local guard_conf = ws.combos.guard and ws.combos.guard["::"]
  local guard = handler_of("guard")
  if guard_conf then guard:rewrite(guard_conf) end
  request.ctx.plugins = { ws = ws }
  for _, route in ipairs(config.routes) do
    if not request.ctx.route and request.path:sub(1, #route.path) == route.path then
      request.ctx.route, request.ctx.service = route, route.service
    end
  end
  if not request.ctx.route then
    answer_error(404, "no Route matched")
  else
    local ok, err = pcall(access)
    if not ok and err ~= EXIT then
      kong.log.err(tostring(err))
      answer_error(500, "An unexpected error occurred")
    elseif ok then
      local body = base64(request.body or "")
      local answer = ask({ op = "upstream", method = request.vars.request_method, path = request.path, query = request.query,
        headers = request.headers, body = body })
      request.source, request.ctx.KONG_PROXIED = "service", true
      request.response = { status = answer.status, headers = answer.headers, body = unbase64(answer.body) }
    end
  end
  if guard_conf then
    guard:header_filter(guard_conf)
    request.arg = { request.response.body, true }
    guard:body_filter(guard_conf)
    request.response.body = request.arg[1] or ""
    guard:log(guard_conf)
  end
  local response = request.response
  tell({ op = "done", request = request.number, status = response.status, headers = response.headers, body = base64(response.body),
    calls = request.calls })
end

local function begin(told)
  told.ctx, told.calls, told.source = {}, 0, "error"
  told.body = unbase64(told.body)
  told.response = { status = 0, headers = {}, body = "" }
  spawn(told, serve)
end

for line in io.stdin:lines() do
  local told = cjson.decode(line)
  if told.configure then configure(told.configure)
  elseif told.request then begin(told)
  elseif routines[told.id] then resume(told.id, told) end
end
