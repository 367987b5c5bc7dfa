-- Which of our policies run for a request. Kong's own list of the plugins in force is asked, not a copy of it,
-- so that a guard can never be told of fewer than there are.
local M = {}

-- By workspace table (Kong makes a new one with every change of plugins), then by route.
local known = setmetatable({}, { __mode = "k" })

local NONE = { names = {}, confs = {} }

-- Kong's precedence, without consumers: no policy can be bound to one.
local function lookup(combos, route, service)
  return route and service and combos[route .. ":" .. service .. ":"]
    or route and combos[route .. "::"]
    or service and combos[":" .. service .. ":"]
    or combos["::"]
end

-- Ours are those that a plugin server called gatehouse… serves, and Lua plugins that say so.
local function ours(handler)
  local server = handler.server_def
  return handler.decides or (server ~= nil and server.name:find("^gatehouse") ~= nil)
end

local function collect(ws, route, service)
  local found = { names = {}, confs = {} }
  local ids, above = {}, 0
  for i = 1, ws.plugins[0] do
    local plugin = ws.plugins[i]
    -- By falling priority: what comes later runs after the guard.
    if plugin.name == "guard" then
      above = #found.names
    end
    local conf = ours(plugin.handler) and ws.combos[plugin.name] and lookup(ws.combos[plugin.name], route, service)
    if conf then
      local n = #found.names + 1
      found.names[n], found.confs[n] = plugin.name, conf
      found.first = found.first or plugin.handler
      ids[n] = tostring(conf.__plugin_id) .. "." .. tostring(conf.__seq__)
    end
  end
  -- Names this set, whatever process hears it: ids of plugins with the sequence of their configuration.
  found.id = ngx.md5(table.concat(ids, ",") .. "/" .. tostring(route))
  found.late = above == 0 and ids[1] ~= nil
  -- What one plugin alone (fused by the renderer) is called by.
  found.only = #ids == 1 and ids[1] or nil
  return found
end

--- @return names and configurations of the policies in force, by falling priority, an id of this very set, the handler of the
-- first, and whether all of them run after the guard
function M.policies()
  local ctx = ngx.ctx
  local ws = ctx.plugins and ctx.plugins.ws
  if not ws then
    return NONE
  end
  local by_route = known[ws]
  if not by_route then
    by_route = {}
    known[ws] = by_route
  end
  local route = ctx.route and ctx.route.id
  local key = route or ""
  local found = by_route[key]
  if not found then
    found = collect(ws, route, ctx.service and ctx.service.id)
    by_route[key] = found
  end
  return found
end

return M
