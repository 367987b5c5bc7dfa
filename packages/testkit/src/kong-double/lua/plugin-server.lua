-- Kong's side of the plugin-server protocol (kong/runloop/plugin_servers/plugin.lua and rpc/mp_rpc.lua): instances per worker, events,
-- and calls of the PDK that a server asks for. What goes wrong is logged, and the request goes on: as in Kong.
local cjson = require "cjson.safe"
local msgpack = require "MessagePack"
local pdk = require "pdk"
local wire = require "wire"

local M = {}

msgpack.packers.userdata = function(buffer)
  msgpack.packers["nil"](buffer)
end

-- Kong waits in such steps while another request starts the same instance, at most so often.
local CLAIM_SECONDS, CLAIM_STEPS = 0.1, 100

local message_id = 0

-- Kong answers each call by the method of its kind.
local STEPS = {
  ["kong.router.get_route"] = "plugin.StepRoute",
  ["kong.router.get_service"] = "plugin.StepService",
  ["kong.request.get_headers"] = "plugin.StepMultiMap",
  ["kong.response.get_headers"] = "plugin.StepMultiMap",
}

local function call(plugin, method, argument)
  message_id = message_id + 1
  local id = message_id
  local c, err = ngx.socket.connect("unix:" .. plugin.socket)
  if not c then
    kong.log.err("trying to connect: ", err)
    return nil, err
  end
  local sent
  sent, err = c:send(msgpack.pack({ 0, id, method, { argument } }))
  if not sent then
    c:setkeepalive()
    return nil, err
  end
  local read = msgpack.unpacker(function() return c:receiveany() end)
  while true do
    local ok, data = read()
    if not ok then
      c:setkeepalive()
      return nil, "no data"
    end
    -- A number 2 in front is a notification.
    if data[1] ~= 2 then
      assert(data[1] == 1, "RPC response expected from Go plugin server")
      assert(data[2] == id, "unexpected RPC response ID from Go plugin server")
      c:setkeepalive()
      if data[3] ~= nil then
        return nil, data[3]
      end
      return data[4]
    end
  end
end

-- ---- instances ----
local instances = {}

--- Forgets the instances of a plugin; every worker does when one heard that there is none.
function M.reset(name)
  for key, instance in pairs(instances) do
    if instance.name == name then
      instances[key] = nil
    end
  end
end

local function claimed(key)
  local instance, steps = instances[key], 0
  while instance and not instance.id do
    ngx.sleep(CLAIM_SECONDS)
    steps = steps + 1
    if steps > CLAIM_STEPS then
      instances[key] = nil
      return nil, "Could not claim instance_id"
    end
    instance = instances[key]
  end
  return instance
end

local function instance_of(plugin, conf)
  -- kong.plugin.get_id()
  local key = ngx.ctx.plugin_id
  local instance, err = claimed(key)
  if err then
    return nil, err
  end
  if instance and instance.seq == conf.__seq__ and instance.conf.__plugin_id == key then
    return instance.id
  end
  local before = instance and instance.id
  instance = instance or {}
  instances[key] = instance
  instance.id, instance.seq, instance.conf = nil, conf.__seq__, conf
  local started
  started, err = call(plugin, "plugin.StartInstance", { Name = plugin.name, Config = cjson.encode(conf) })
  if not started then
    kong.log.err("starting instance: ", err)
    instances[key] = nil
    error(err, 0)
  end
  instance.id, instance.name = started.Id, plugin.name
  if before then
    call(plugin, "plugin.CloseInstance", before)
  end
  return instance.id
end

-- ---- events ----
local function method_named(name)
  local found = pdk.exposed[name]
  if found then
    return found
  end
  found = pdk.exposed
  for part in name:gmatch("[%w_]+") do
    found = found and found[part]
  end
  return found
end

local function asked(data)
  if wire.current then
    wire.current.calls = wire.current.calls + 1
  end
  local method = method_named(data.Method)
  if not method then
    kong.log.err("could not find pdk method: ", data.Method)
    return nil
  end
  return method(unpack(data.Args))
end

local function event(plugin, id, phase)
  local step, err = call(plugin, "plugin.HandleEvent", { InstanceId = id, EventName = phase })
  if not step then
    return err
  end
  local event_id = step.EventId
  while step.Data ~= "ret" do
    local value, failed = asked(step.Data)
    if value == nil and failed then
      step, err = call(plugin, "plugin.StepError", { EventId = event_id, Data = failed })
    else
      step, err = call(plugin, STEPS[step.Data.Method] or "plugin.Step", { EventId = event_id, Data = value })
    end
    if not step then
      return err
    end
  end
  return nil
end

--- Lets a plugin server handle a phase.
function M.handle(plugin, conf, phase)
  local id, err = instance_of(plugin, conf)
  if not err then
    err = event(plugin, id, phase)
  end
  if not err then
    return
  end
  if tostring(err):lower():find("no plugin instance", 1, true) then
    M.reset(plugin.name)
    wire.tell({ op = "reset", plugin = plugin.name })
    kong.log.warn(err)
    return M.handle(plugin, conf, phase)
  end
  kong.log.err(err)
end

--- The log phase runs when the request is gone, with what was kept of it.
function M.log(plugin, conf)
  local saved, request = pdk.save(), wire.current
  ngx.timer.at(0, function()
    wire.current = request
    pdk.with_saved(saved, function() M.handle(plugin, conf, "log") end)
  end)
end

return M
