-- OpenResty's globals, and Kong's.
std = "ngx_lua"
max_line_length = 140
globals = { "kong" }
self = false
-- The tests stand in for OpenResty.
files["test"] = { globals = { "ngx", "kong" } }
