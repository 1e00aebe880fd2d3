-- KEYS: grant, lease. ARGV: channel, lease, least generation of what is left. → 'forgotten', generation, revision | 'none', likewise |
-- 'lost' | why not. What is left keeps those who remember the grant from bringing it back.
if redis.call('GET', KEYS[2]) ~= ARGV[2] then return {'lost'} end
local state, generation, revision, document = look(KEYS[1])
if not is_usable(state) then return {state, generation} end
local left = math.max(generation + 1, tonumber(ARGV[3]))
write(KEYS[1], ARGV[1], left, revision + 1, '', ARGV[2])
return {document == '' and 'none' or 'forgotten', digits(left), digits(revision + 1)}
