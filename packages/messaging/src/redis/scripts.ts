/** The Lua scripts of the store in Redis. All keys of one carry the same hash tag, so that a Redis Cluster runs it on one node. */

/** KEYS stream; ARGV most events, lines …: as many lines as fit. Returns how many, and the stream's length. */
export const APPEND = `
local room = tonumber(ARGV[1]) - redis.call('XLEN', KEYS[1])
local taken = math.max(0, math.min(room, #ARGV - 1))
for i = 2, taken + 1 do redis.call('XADD', KEYS[1], '*', 'event', ARGV[i]) end
return {taken, redis.call('XLEN', KEYS[1])}`;

/** KEYS stream, lease; ARGV owner, lease in ms, most events, most bytes. Takes or renews the lease; the oldest events if it has it. */
export const NEXT = `
local length = redis.call('XLEN', KEYS[1])
local holder = redis.call('GET', KEYS[2])
if holder and holder ~= ARGV[1] then return {0, length, {}} end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
local found = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', ARGV[3])
local bytes = 0
for i, entry in ipairs(found) do
  bytes = bytes + #entry[2][2]
  if i > 1 and bytes > tonumber(ARGV[4]) then
    local fewer = {}
    for j = 1, i - 1 do fewer[j] = found[j] end
    return {1, length, fewer}
  end
end
return {1, length, found}`;

/** KEYS stream; ARGV the first id that stays. Returns the stream's length. */
export const REMOVE = `
redis.call('XTRIM', KEYS[1], 'MINID', '=', ARGV[1])
return redis.call('XLEN', KEYS[1])`;

/** KEYS lease; ARGV owner, lease in ms. */
export const LEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0`;

/** KEYS lease; ARGV owner. */
export const YIELD = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`;
