-- Runs all tests: `luajit test/run.lua` in kong/lua. Ends with 1 when one failed.
package.path = "./?.lua;" .. package.path

local harness = require "test.harness"

for _, name in ipairs({ "facts", "decision", "ask", "outcome", "guard", "pdk" }) do
  require("test." .. name .. "_test")
end
print(harness.passed .. " passed, " .. harness.failed .. " failed")
os.exit(harness.failed == 0 and 0 or 1)
