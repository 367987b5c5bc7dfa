-- One worker of a Kong that is none: our Lua under LuaJIT, phase by phase, as the process that started this one says. That one has
-- routes, proxies and runs all other plugins.
local folder = arg[0]:match("^(.*)/[^/]*$")
package.path = folder .. "/?.lua;" .. package.path

local wire = require "wire"
require "nginx"
local pdk = require "pdk"
local plugin_server = require "plugin-server"

-- The configuration in force, and requests by number. A request keeps the one it began with.
local config
local requests = {}

local function handler_of(name)
  return require("kong.plugins." .. name .. ".handler")
end

local function by_id(entities)
  local found = {}
  for _, entity in ipairs(entities) do
    found[entity.id] = entity
  end
  return found
end

local function scope(entity)
  return (entity.route or "") .. ":" .. (entity.service or "") .. ":"
end

-- What Kong makes of a plugin that a plugin server has.
local function external(told)
  local handler = { server_def = { name = told.server } }
  function handler:access(conf)
    plugin_server.handle(told, conf, "access")
  end
  function handler:log(conf)
    plugin_server.log(told, conf)
  end
  return handler
end

local function plugin_of(told)
  local handler = told.socket and external(told) or handler_of(told.name)
  return { name = told.name, socket = told.socket, handler = handler, priority = told.priority or handler.PRIORITY }
end

local function configure(told)
  local ws = { plugins = {}, combos = {} }
  for i, one in ipairs(told.plugins) do
    ws.plugins[i] = plugin_of(one)
  end
  table.sort(ws.plugins, function(a, b) return a.priority > b.priority end)
  ws.plugins[0] = #ws.plugins
  for _, entity in ipairs(told.entities) do
    entity.config.__plugin_id, entity.config.__seq__, entity.config.__key__ = entity.id, told.seq, entity.id
    ws.combos[entity.name] = ws.combos[entity.name] or {}
    ws.combos[entity.name][scope(entity)] = entity.config
  end
  local guard = ws.combos.guard and ws.combos.guard["::"]
  handler_of("guard"):configure(guard and { guard })
  config = { ws = ws, routes = by_id(told.routes), services = by_id(told.services) }
end

-- Kong's precedence without consumers.
local function conf_of(request, plugin)
  local combos = request.config.ws.combos[plugin.name]
  local route = request.ctx.route and request.ctx.route.id
  local service = request.ctx.service and request.ctx.service.id
  return combos and (combos[(route or "") .. ":" .. (service or "") .. ":"] or combos[(route or "") .. "::"]
    or combos[":" .. (service or "") .. ":"] or combos["::"])
end

local function plugin_named(request, name)
  for _, plugin in ipairs(request.config.ws.plugins) do
    if plugin.name == name then
      return plugin
    end
  end
end

-- What Kong's balancer leaves in ngx.ctx.
local function tell_upstream(ctx, upstream)
  ctx.KONG_PROXIED, ctx.KONG_WAITING_TIME = upstream.proxied or nil, upstream.waited
  ctx.KONG_UPSTREAM_DNS_START = (upstream.proxied or upstream.nobody) and wire.time or nil
  ctx.balancer_data = ctx.KONG_UPSTREAM_DNS_START and {
    ip = upstream.proxied and "127.0.0.1" or nil,
    upstream = upstream.nobody == "no-target" and {} or nil,
  }
end

local function request_of(told)
  local request = requests[told.request]
  if not request then
    request = { number = told.request, config = config, ctx = {}, shared = {}, calls = 0, source = "error", response = {} }
    requests[told.request] = request
  end
  for name, value in pairs(told.facts or {}) do
    request[name] = value
  end
  if request.upstream then
    tell_upstream(request.ctx, request.upstream)
  end
  request.ops, request.exit = {}, nil
  return request
end

-- ---- phases ----
local phases = {}

function phases.rewrite(_, plugin, conf)
  plugin.handler:rewrite(conf)
end

function phases.header_filter(_, plugin, conf)
  plugin.handler:header_filter(conf)
end

function phases.body_filter(request, plugin, conf)
  plugin.handler:body_filter(conf)
  request.chunk = request.arg[1] or ""
end

function phases.log(_, plugin, conf)
  plugin.handler:log(conf)
end

function phases.access(_, plugin, conf)
  plugin.handler:access(conf)
end

local function result(request, told, ok, err)
  local failed
  if not ok and err ~= pdk.EXIT then
    failed = type(err) == "table" and err.aborted or tostring(err)
  end
  wire.tell({
    op = "done", call = told.call, ops = request.ops, exit = request.exit, failed = failed, chunk = request.chunk, calls = request.calls,
  })
end

local function run(request, told, handle)
  local plugin = plugin_named(request, told.plugin)
  local conf = plugin and conf_of(request, plugin)
  if not conf then
    return result(request, told, true)
  end
  request.ctx.plugin_id = conf.__plugin_id
  result(request, told, pcall(handle, request, plugin, conf))
end

-- Only the access phase may wait.
local function begin(told)
  local request = request_of(told)
  if told.phase ~= "access" then
    wire.current, request.chunk = request, nil
    run(request, told, phases[told.phase])
    wire.current = nil
    return
  end
  request.ctx.plugins = { ws = request.config.ws }
  request.ctx.route, request.ctx.service = request.config.routes[request.route], request.config.services[request.service]
  wire.spawn(request, function() run(request, told, phases.access) end)
end

local started = false

wire.serve(function(told)
  if told.configure then
    configure(told.configure)
    if not started then
      handler_of("guard"):init_worker()
      started = true
    end
  elseif told.phase then
    begin(told)
  elseif told.forget then
    requests[told.forget] = nil
  elseif told.reset then
    plugin_server.reset(told.reset)
  end
end)
