-- KEYS: grant, lease, fence. ARGV: owner, milliseconds. → 'taken', lease, generation | 'held' | 'foreign', key
for _, key in ipairs({KEYS[2], KEYS[3]}) do
  local kind = redis.call('TYPE', key).ok
  if kind ~= 'none' and kind ~= 'string' then return {'foreign', key} end
end
local holder = redis.call('GET', KEYS[2])
-- One of the same owner is left from an answer that got lost, or from a release that did.
local is_mine = holder and string.sub(holder, 1, #ARGV[1] + 1) == ARGV[1] .. ':'
if holder and not is_mine then return {'held'} end
local taken = now()
local lease = ARGV[1] .. ':' .. digits(redis.call('INCR', KEYS[3])) .. (taken and ':' .. digits(taken) or '')
redis.call('SET', KEYS[2], lease, 'PX', ARGV[2])
local state, generation = look(KEYS[1])
return {'taken', lease, state == 'record' and digits(generation) or '0'}
