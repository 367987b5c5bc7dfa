-- The direct lane's plugin: a route's policies, fused, decided by a policy server that Lua asks itself.
local ask = require "gatehouse.ask"
local decision = require "gatehouse.decision"
local errors = require "gatehouse.errors"

local Handler = {
  VERSION = "1.0.0",
  -- Where the policies of a route run as one: kong/README.md.
  PRIORITY = 1940,
  -- The guard refuses what this plugin has not decided.
  decides = true,
}

function Handler:access(conf)
  local ok, head, body, path = pcall(ask.decide, conf)
  if not ok or not head then
    kong.log.err("no decision: ", ok and body or head)
    return errors.refuse(503)
  end
  decision.state().server = path
  if not decision.apply(head, body) then
    kong.log.err("no decision: bad answer")
    return errors.refuse(503)
  end
end

return Handler
