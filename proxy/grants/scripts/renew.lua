-- KEYS: grant, lease. ARGV: lease, milliseconds, generation when it was taken, 'calling' or ''. → 'held' | 'lost'
local holder = redis.call('GET', KEYS[2])
if holder ~= ARGV[1] then
  -- Before the call somebody may have come, called, and crashed: who has lost the lease begins anew.
  if ARGV[4] ~= 'calling' or (holder and holder ~= RESTORED) then return {'lost'} end
  -- It was lost with the data, or ran out; nobody has stored a pair since if the record is where it was.
  local state, generation = look(KEYS[1])
  if state == 'record' and generation ~= tonumber(ARGV[3]) then return {'lost'} end
end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return {'held'}
