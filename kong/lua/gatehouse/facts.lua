-- What a policy server is told of a request. Only what the route's policies declared that they need (see the README's table).
local cjson = require "cjson.safe"

local encode, decode, null = cjson.encode, cjson.decode, cjson.null
local get_headers, read_body = ngx.req.get_headers, ngx.req.read_body
local floor, format = math.floor, string.format

local M = {}

-- In place of a traceparent, which has this length in all versions known so far.
local NO_TRACE = ("-"):rep(55)

-- Needs as the server words them, parsed once per text. There are as many as chains of policies.
local parsed = {}

local function needs_of(text)
  local needs = parsed[text]
  if not needs then
    needs = assert(decode(text))
    parsed[text] = needs
  end
  return needs
end

-- Whose route it is, by its `system-…` tag; kept while the router keeps the route.
local systems = setmetatable({}, { __mode = "k" })

local function tagged(entity)
  local tags = entity and entity.tags
  for i = 1, type(tags) == "table" and #tags or 0 do
    local system = tags[i]:match("^system%-([a-z0-9-]+)$")
    if system and #system <= 64 then
      return system
    end
  end
end

--- The system of a route and its service; "" for none.
function M.system(route, service)
  if not route then
    return ""
  end
  local system = systems[route]
  if not system then
    system = tagged(route) or tagged(service) or ""
    systems[route] = system
  end
  return system
end

-- Lines, bytes of all, bytes of the longest: names and values without separators.
local function header_size(headers)
  local lines, total, longest = 0, 0, 0
  for name, value in pairs(headers) do
    local several = type(value) == "table"
    for i = 1, several and #value or 1 do
      local text = several and value[i] or value
      local size = #name + (type(text) == "string" and #text or 0)
      lines, total = lines + 1, total + size
      longest = size > longest and size or longest
    end
  end
  return { lines, total, longest }
end

-- A body that Kong put into a file. Read whole: its length was compared before.
local function from_file(name, limit)
  local file = io.open(name, "rb")
  if not file then
    return nil, -1
  end
  local length = file:seek("end")
  local body
  if length <= limit then
    file:seek("set")
    body = file:read("*a")
  end
  file:close()
  return body, length
end

-- The body up to `limit` bytes and its length; no body and its length when it is longer; -1 when it can't be read.
local function body_of(limit, length)
  if length and length > limit then
    return nil, length
  end
  read_body()
  local body = ngx.req.get_body_data()
  if body then
    return #body <= limit and body or nil, #body
  end
  local file = ngx.req.get_body_file()
  if file then
    return from_file(file, limit)
  end
  return "", 0
end

local function certificate()
  local var = ngx.var
  if var.ssl_client_verify ~= "SUCCESS" then
    return null
  end
  return { var.ssl_client_s_dn, var.ssl_client_i_dn, var.ssl_client_serial, var.ssl_client_raw_cert }
end

local function captures()
  local found = kong.request.get_uri_captures()
  return found and found.named and next(found.named) and found.named or null
end

local function header_values(names, headers)
  local values = {}
  for i = 1, #names do
    local value = rawget(headers, names[i])
    values[i] = value == nil and null or value
  end
  return values
end

-- The normalised path, or null when it is the raw one: most need no second look.
local function path_beside(raw)
  if not raw:find("%", 1, true) and not raw:find("//", 1, true) and not raw:find("/.", 1, true) then
    return null
  end
  local path = kong.request.get_path()
  return path ~= raw and path or null
end

--- The facts of this request as text: one line of JSON, the moment and id of the request, and the body.
-- What differs between all requests stands beside the line, not in it: LuaJIT looks only at parts of strings from 128 bytes on when it
-- hashes them, and those that are alike but for their middle would all fall together. What differs between many stands at its end.
-- @param text the needs, as JSON
-- @return the line without its end, the body or "", and as one text milliseconds (13 digits), traceparent (55) and id (32)
function M.gather(text)
  local needs, var = needs_of(text), ngx.var
  local headers = get_headers(0)
  local route, service = kong.router.get_route(), kong.router.get_service()
  local length = tonumber(var.content_length)
  local has_body = length ~= nil and length > 0 or (length == nil and var.http_transfer_encoding ~= nil)
  local body, size = "", 0
  if has_body and needs.body > 0 then
    body, size = body_of(needs.body, length)
  elseif has_body and needs.bodySize and not length then
    body, size = body_of(0, nil)
  elseif has_body then
    body, size = nil, length or -1
  end
  local trace = rawget(headers, "traceparent")
  trace = type(trace) == "string" and trace or null
  local usual = trace ~= null and #trace == #NO_TRACE
  local line = encode({
    M.system(route, service),
    route and route.name or null,
    service and service.name or null,
    var.scheme,
    var.host,
    length or null,
    has_body,
    body and true or false,
    size,
    needs.headerSize and header_size(headers) or null,
    needs.captures and captures() or null,
    needs.clientCertificate and certificate() or null,
    var.request_method,
    path_beside(kong.request.get_raw_path()),
    usual and null or trace,
    var.remote_addr,
    var.request_uri,
    -- An empty table would become an object; the last member is left out then.
    needs.headers[1] and header_values(needs.headers, headers) or nil,
  })
  local moment = format("%013.0f", floor(ngx.req.start_time() * 1000))
  return assert(line), body or "", moment .. (usual and trace or NO_TRACE) .. var.kong_request_id
end

return M
