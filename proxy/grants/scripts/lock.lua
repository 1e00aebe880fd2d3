-- KEYS: grant, lease, fence. ARGV: owner, milliseconds. → 'taken', lease, generation | 'held' | 'foreign' or 'uncounted', key
for _, key in ipairs({KEYS[2], KEYS[3]}) do
  local kind = redis.call('TYPE', key).ok
  if kind ~= 'none' and kind ~= 'string' then return {'foreign', key} end
end
local holder = redis.call('GET', KEYS[2])
-- One of the same owner is left from an answer that got lost, or from a release that did.
local is_mine = holder and string.sub(holder, 1, #ARGV[1] + 1) == ARGV[1] .. ':'
if holder and not is_mine then
  -- Longer than its owner took it for, or for ever: the clock here has gone back, or no Postern has made it.
  local length, left = number_of(length_of(holder)), redis.call('PTTL', KEYS[2])
  if left < 0 or (length and left > length) then
    redis.call('PEXPIRE', KEYS[2], digits(length or tonumber(ARGV[2])))
  end
  return {'held'}
end
local fence = redis.call('GET', KEYS[3])
if fence and not number_of(fence) then return {'uncounted', KEYS[3]} end
local lease = ARGV[1] .. ':' .. digits(redis.call('INCR', KEYS[3])) .. ':' .. digits(now() or 0) .. ':' .. ARGV[2]
redis.call('SET', KEYS[2], lease, 'PX', ARGV[2])
local state, generation = look(KEYS[1])
return {'taken', lease, state == 'record' and digits(generation) or '0'}
