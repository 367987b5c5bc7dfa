-- The gateway's own errors in the form of the system that was asked. Words come from the policies' table of reasons.
local cjson = require "cjson.safe"
local facts = require "gatehouse.facts"
local words = require "gatehouse.error-words"

local quote = cjson.encode

local M = {}

-- The guard's configuration in force: systems by name and by host.
local systems = { by_name = {}, by_host = {}, wildcards = {}, default = "" }

--- Takes over the guard's configuration; called by Kong whenever it changed.
function M.configure(conf)
  local made = { by_name = {}, by_host = {}, wildcards = {}, default = "" }
  if conf and type(conf.default_system) == "string" then
    made.default = conf.default_system
  end
  for _, system in ipairs(conf and conf.systems or {}) do
    made.by_name[system.name] = type(system.errors) == "string" and system.errors or nil
    for _, host in ipairs(system.hosts) do
      local lower = host:lower()
      if lower:sub(1, 2) == "*." then
        table.insert(made.wildcards, { suffix = lower:sub(2), name = system.name })
      else
        made.by_host[lower] = system.name
      end
    end
  end
  systems = made
end

local function of_host(host)
  local name = systems.by_host[host]
  if name then
    return name
  end
  for _, entry in ipairs(systems.wildcards) do
    if host:sub(-#entry.suffix) == entry.suffix then
      return entry.name
    end
  end
  return systems.default
end

local function system_now()
  local ctx = ngx.ctx
  local system = facts.system(ctx.route, ctx.service)
  return system ~= "" and system or of_host(ngx.var.host or "")
end

-- What a status says: its own reason, else that of its class.
local function reason_of(status)
  return words.statuses[status] or words.statuses[status >= 500 and 500 or 400]
end

local function title_of(status)
  return words.titles[status] or (status >= 500 and "Server Error" or "Client Error")
end

local function timestamp()
  local now = ngx.now()
  return os.date("!%Y-%m-%dT%H:%M:%S", now) .. string.format(".%03dZ", math.floor(now * 1000) % 1000)
end

local function trace_id()
  local parent = ngx.var.http_traceparent
  local id = parent and parent:match("^%x%x%-(%x+)%-%x+%-%x%x")
  return id and #id == 32 and id or ngx.var.kong_request_id
end

local forms = {}

function forms.nest(status, message)
  return string.format(
    '{"statusCode":%d,"message":%s,"error":%s,"timestamp":"%s","path":%s,"traceId":"%s"}',
    status, quote(message), quote(title_of(status)), timestamp(), quote(kong.request.get_raw_path()), trace_id()
  )
end

function forms.envelope(status, message)
  return string.format('{"error":{"code":%s,"message":%s}}', quote(reason_of(status).name), quote(message))
end

function forms.plain(_, message)
  return string.format('{"error":%s}', quote(message))
end

function forms.problem(status, message)
  return string.format(
    '{"type":"%s","title":%s,"status":%d,"detail":%s,"instance":%s,"traceId":"%s"}',
    status == 429 and words.quota_exceeded or "about:blank",
    quote(title_of(status)), status, quote(message), quote(kong.request.get_raw_path()), trace_id()
  )
end

--- An error's body and headers for the request at hand.
function M.render(status)
  local system = system_now()
  local style = words.systems[system] or { format = "problem", messages = {} }
  local reason = reason_of(status)
  local format = systems.by_name[system] or style.format
  local body = forms[format](status, style.messages[reason.code] or reason.message)
  local headers = { ["Content-Type"] = format == "problem" and "application/problem+json" or "application/json; charset=utf-8" }
  if status == 401 then
    headers["WWW-Authenticate"] = 'Bearer realm="' .. (words.systems[system] and system or "gateway") .. '"'
  end
  return body, headers
end

--- Ends the request with an error of ours.
function M.refuse(status)
  local body, headers = M.render(status)
  local state = ngx.ctx.gatehouse or {}
  state.answered = true
  ngx.ctx.gatehouse = state
  return kong.response.exit(status, body, headers)
end

return M
