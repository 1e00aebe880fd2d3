-- Brings back what a failover or a flush has lost: from the memory of one who has seen a newer record.
-- KEYS: grant, lease. ARGV: channel, generation, revision, document, milliseconds. → 'saved' | 'refused' | why not
local state, generation, revision = look(KEYS[1])
if not is_usable(state) then return {state, generation} end
local new, new_revision = tonumber(ARGV[2]), tonumber(ARGV[3])
local holder = redis.call('GET', KEYS[2])
-- The owner of a lease may have written another step just now.
local is_newer_step = new == generation and new_revision > revision and (not holder or holder == RESTORED)
if not (new > generation or is_newer_step) then return {'refused', digits(generation)} end
write(KEYS[1], ARGV[1], new, math.max(new_revision, revision + 1), ARGV[4], RESTORED)
-- Who owned a lease that was lost with the record may be calling at this moment: time to take it back. Whoever
-- has taken a lease on the older record meanwhile has to begin anew.
if new > generation then
  redis.call('SET', KEYS[2], RESTORED, 'PX', ARGV[5])
else
  redis.call('SET', KEYS[2], RESTORED, 'PX', ARGV[5], 'NX')
end
return {'saved', digits(math.max(new_revision, revision + 1))}
