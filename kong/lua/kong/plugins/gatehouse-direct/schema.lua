local typedefs = require "kong.db.schema.typedefs"

return {
  name = "gatehouse-direct",
  fields = {
    { consumer = typedefs.no_consumer },
    { protocols = typedefs.protocols_http },
    {
      config = {
        type = "record",
        fields = {
          { system = { type = "string", required = true, len_min = 0 } },
          -- The policies of the route, fused by the renderer: a JSON list of { name, config }.
          { policies = { type = "string", required = true } },
        },
      },
    },
  },
}
