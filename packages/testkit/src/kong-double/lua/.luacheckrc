-- OpenResty's globals and Kong's: this folder makes them.
std = "luajit"
max_line_length = 140
globals = { "kong", "ngx" }
self = false
