local typedefs = require "kong.db.schema.typedefs"

return {
  name = "guard",
  fields = {
    { consumer = typedefs.no_consumer },
    { protocols = typedefs.protocols_http },
    {
      config = {
        type = "record",
        fields = {
          {
            systems = {
              type = "array",
              required = true,
              default = {},
              len_max = 100,
              elements = {
                type = "record",
                fields = {
                  { name = { type = "string", required = true, match = "^[a-z0-9-]+$" } },
                  { hosts = { type = "array", required = true, default = {}, len_max = 1000, elements = { type = "string" } } },
                  { errors = { type = "string", one_of = { "nest", "envelope", "plain", "problem" } } },
                },
              },
            },
          },
          { default_system = { type = "string" } },
          { request_id_header = { type = "string", required = true, default = "X-Request-Id" } },
          { security_headers = { type = "boolean", required = true, default = true } },
          {
            content_security_policy = {
              type = "string",
              required = true,
              default = "default-src 'none'; frame-ancestors 'none'",
            },
          },
          { hsts_max_age = { type = "integer", required = true, default = 31536000, between = { 0, 63072000 } } },
        },
      },
    },
  },
}
