-- As much of Kong's PDK as our Lua uses, and what Kong shows plugin servers of it (kong/runloop/plugin_servers/plugin.lua).
local cjson = require "cjson.safe"
local nginx = require "nginx"
local wire = require "wire"

local M = {}

--- Ends a request: thrown through the code of a plugin, as Kong's own exit never returns.
M.EXIT = {}

local function log(level)
  return function(...)
    local parts = {}
    for i = 1, select("#", ...) do
      parts[i] = tostring((select(i, ...)))
    end
    wire.tell({ op = "log", level = level, text = table.concat(parts) })
  end
end

local function serialize()
  local request = wire.current
  return { request = { method = request.vars.request_method, uri = request.vars.request_uri }, response = { status = request.status } }
end

local function exit(status, body, headers)
  local list = {}
  for name, value in pairs(headers or {}) do
    list[#list + 1] = { name, type(value) == "table" and value or tostring(value) }
  end
  wire.current.exit = { status = status, body = body, headers = list }
  error(M.EXIT, 0)
end

kong = {
  configuration = { prefix = arg[1] },
  log = { err = log("error"), warn = log("warn"), notice = log("notice"), info = log("info"), debug = log("debug"), serialize = serialize },
  ctx = setmetatable({}, {
    __index = function(_, name) return name == "shared" and wire.current.shared or nil end,
  }),
  router = {
    get_route = function() return wire.current.ctx.route end,
    get_service = function() return wire.current.ctx.service end,
  },
  client = { get_ip = function() return wire.current.vars.remote_addr end },
  request = {
    get_raw_path = function() return (wire.current.vars.request_uri:gsub("%?.*$", "")) end,
    get_path = function() return wire.current.path end,
    get_method = function() return wire.current.vars.request_method end,
    get_header = function(name)
      local value = ngx.req.get_headers()[name:lower()]
      return type(value) == "table" and value[1] or value
    end,
    get_headers = function() return ngx.req.get_headers() end,
    get_uri_captures = function() return { named = wire.current.captures or {}, unnamed = {} } end,
  },
  service = { request = { set_raw_query = function(query) nginx.note("query", query) end } },
  response = {
    get_source = function() return wire.current.source end,
    get_status = function() return wire.current.status end,
    get_headers = function() return ngx.resp.get_headers() end,
    add_header = nginx.add_response_header,
    set_header = function(name, value) ngx.header[name] = value end,
    exit = exit,
  },
}

local saved_by = setmetatable({}, { __mode = "k" })

--- Runs a function with what was saved of a request that is over.
function M.with_saved(saved, run)
  saved_by[coroutine.running()] = saved
  run()
  saved_by[coroutine.running()] = nil
end

local function either(field, live)
  return function(...)
    local saved = saved_by[coroutine.running()]
    if saved then
      return saved[field]
    end
    return live(...)
  end
end

--- Functions that differ for plugin servers, by their whole name; in the log phase they tell what was saved.
M.exposed = {
  kong = kong,
  ["kong.log.serialize"] = function() return cjson.encode(either("serialized", serialize)()) end,
  ["kong.nginx.get_var"] = function(name) return ngx.var[name] end,
  ["kong.ctx.shared.get"] = function(key) return either("shared", function() return wire.current.shared end)()[key] end,
  ["kong.ctx.shared.set"] = function(key, value) either("shared", function() return wire.current.shared end)()[key] = value end,
  ["kong.request.get_headers"] = either("request_headers", kong.request.get_headers),
  ["kong.request.get_header"] = function(name) return either("request_headers", kong.request.get_headers)()[name:lower()] end,
  ["kong.response.get_headers"] = either("response_headers", kong.response.get_headers),
  ["kong.response.get_status"] = either("status", kong.response.get_status),
  ["kong.response.get_source"] = either("source", kong.response.get_source),
  ["kong.nginx.req_start_time"] = either("started", ngx.req.start_time),
}

--- What the log phase may ask for later.
function M.save()
  local request = wire.current
  return {
    serialized = serialize(), shared = request.shared, request_headers = ngx.req.get_headers(),
    response_headers = ngx.resp.get_headers(), status = request.status, source = request.source, started = ngx.req.start_time(),
  }
end

return M
