-- What holds for every request and every answer, routed or not, and what only Lua can do in Kong:
-- refuse what nobody decided. The embedded plane has the same in TypeScript.
local errors = require "gatehouse.errors"
local in_force = require "gatehouse.in-force"
local outcome = require "gatehouse.outcome"
local decision = require "gatehouse.decision"

local clear_header, set_header = ngx.req.clear_header, ngx.req.set_header
local re_find = ngx.re.find

local Guard = {
  VERSION = "1.0.0",
  -- Below every policy, above every bundled plugin that could answer from elsewhere (proxy-cache 100, aws-lambda 750):
  -- Kong skips the rest of the access phase once a plugin has answered.
  PRIORITY = 755,
}

-- As nginx spells variables: `-` and `_` alike, so one name finds every spelling.
local IDENTITY = { "http_x_user_id", "http_x_user_email", "http_x_user_roles", "http_x_user_permissions", "http_x_user_plan" }
local REMOVED = {}
for _, name in ipairs(IDENTITY) do
  REMOVED[name:sub(6)] = true
end

-- Kong keeps the process of a plugin server among that server's settings, which then can't be written as JSON: GET / of the admin API,
-- which decK asks first, would be 500. Beside the settings it does no harm.
local function hide_processes()
  for _, server in ipairs(kong.configuration.pluginservers or {}) do
    local beside = {}
    setmetatable(server, { __index = beside, __newindex = beside })
  end
end

function Guard:init_worker()
  -- The plugin server may call any function of the PDK: these two or three are all that it calls.
  kong.gw = require "gatehouse.pdk"
  hide_processes()
end

function Guard:configure(configs)
  errors.configure(configs and configs[1])
end

-- Who a request is from is the gateway's to say.
local function strip_identity()
  local var, found = ngx.var, false
  for i = 1, #IDENTITY do
    found = found or var[IDENTITY[i]] ~= nil
  end
  if not found then
    return
  end
  for name in pairs(ngx.req.get_headers(0, true)) do
    if REMOVED[name:lower():gsub("-", "_")] then
      clear_header(name)
    end
  end
end

-- What Connection names is taken out before the service is asked: a client must not name what tells the service who is asking.
local function keep_identity()
  local connection = ngx.var.http_connection
  if not connection or connection == "keep-alive" or connection == "close" then
    return
  end
  local kept, dropped = {}, false
  for option in connection:gmatch("[^,]+") do
    option = option:match("^%s*(.-)%s*$")
    if REMOVED[option:lower():gsub("-", "_")] then
      dropped = true
    else
      kept[#kept + 1] = option
    end
  end
  if dropped then
    set_header("Connection", table.concat(kept, ", "))
    -- Kong has read it before, and keeps what it read.
    ngx.ctx.cached_request_headers = nil
  end
end

-- LuaJIT compiles ngx.re, and no patterns of Lua's own.
local function valid_id(id)
  return id ~= nil and #id <= 128 and re_find(id, "^[A-Za-z0-9._:-]+$", "joD") ~= nil
end

-- The parts of a traceparent that W3C Trace Context calls valid.
local function valid_trace(text)
  if not text or #text > 128 then
    return false
  end
  local version, trace, parent, rest = text:match("^(%x%x)%-(%x+)%-(%x+)%-%x%x(.*)$")
  return version ~= nil and version ~= "ff" and #trace == 32 and #parent == 16 and not text:find("%u")
    and trace:find("[^0]") ~= nil and parent:find("[^0]") ~= nil and (rest == "" or rest:sub(1, 1) == "-")
end

local id_variables = {}

-- The variable that holds the request id's header.
local function id_header(conf)
  local name = conf.request_id_header
  local variable = id_variables[name]
  if not variable then
    variable = "http_" .. name:lower():gsub("-", "_")
    id_variables[name] = variable
  end
  return variable
end

function Guard:rewrite(conf)
  local var = ngx.var
  strip_identity()
  keep_identity()
  if not valid_id(var[id_header(conf)]) then
    set_header(conf.request_id_header, var.kong_request_id)
  end
  if valid_trace(var.http_traceparent) then
    return
  end
  local id = var.kong_request_id
  clear_header("tracestate")
  set_header("traceparent", "00-" .. id .. "-" .. id:sub(1, 16) .. "-00")
end

-- Policies that all stand below the guard (`telemetry`, one policy per plugin) would be asked too late: what answers in between would
-- do so with no decision. The first is asked now, and finds at its own turn that everything is decided.
local function ask_now(found)
  local ctx = ngx.ctx
  local own = ctx.plugin_id
  -- Kong finds a plugin's instance in the server by the id of the plugin that runs.
  ctx.plugin_id = found.confs[1].__plugin_id
  found.first:access(found.confs[1])
  ctx.plugin_id = own
end

function Guard:access()
  local state, found = decision.state(), in_force.policies()
  if state.decided or #found.names == 0 then
    return
  end
  if found.late then
    ask_now(found)
  end
  -- From kong-pdk's own server: done here, when no plugin server waits for it.
  if state.kept_decision and not state.decided then
    decision.apply_text(state.kept_decision)
  end
  if state.decided then
    return
  end
  -- A server that is gone, that failed, or that answered for other policies: in Kong's eyes the request may go on.
  kong.log.err("no policy decided this request")
  return errors.refuse(503)
end

local function security_headers(conf)
  local header = ngx.header
  if ngx.var.scheme == "https" then
    header["Strict-Transport-Security"] = "max-age=" .. conf.hsts_max_age .. "; includeSubDomains"
  end
  header["X-Content-Type-Options"] = "nosniff"
  header["X-Frame-Options"] = "DENY"
  header["Referrer-Policy"] = "no-referrer"
  if not header["Content-Security-Policy"] then
    header["Content-Security-Policy"] = conf.content_security_policy
  end
end

-- What the policies put on the answer that passed.
local function policy_headers(state)
  for _, pair in ipairs(state and state.replace or {}) do
    ngx.header[pair[1]] = pair[2]
  end
  for _, pair in ipairs(state and state.append or {}) do
    kong.response.add_header(pair[1], pair[2])
  end
end

function Guard:header_filter(conf)
  local ctx, header = ngx.ctx, ngx.header
  local state = ctx.gatehouse
  local id = ngx.var[id_header(conf)]
  policy_headers(state)
  header[conf.request_id_header] = valid_id(id) and id or ngx.var.kong_request_id
  if conf.security_headers then
    security_headers(conf)
  end
  outcome.head(state)
  if ngx.status < 400 or (state and state.answered) or kong.response.get_source() == "service" then
    return
  end
  local body, headers = errors.render(ngx.status)
  for name, value in pairs(headers) do
    header[name] = value
  end
  header["Content-Length"] = #body
  ctx.gatehouse_body = body
end

function Guard:body_filter()
  local ctx = ngx.ctx
  local body = ctx.gatehouse_body
  if body then
    ngx.arg[1] = ngx.arg[2] and body or nil
    return
  end
  local state = ctx.gatehouse
  if state and state.kept then
    outcome.keep(state, ngx.arg[1])
  end
end

function Guard:log()
  outcome.over(ngx.ctx.gatehouse)
end

return Guard
