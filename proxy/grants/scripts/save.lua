-- KEYS: grant, lease. ARGV: channel, generation, document, 'step' or 'pair', lease, milliseconds, revision that was read,
-- milliseconds to take a lease back. → 'saved', revision | 'refused', generation | why the key is not to be touched, what it is
local state, generation, revision = look(KEYS[1])
if not is_usable(state) then return {state, generation} end
local new = tonumber(ARGV[2])
local is_mine = ARGV[5] ~= '' and redis.call('GET', KEYS[2]) == ARGV[5]
local follows = is_mine and new == generation and revision == tonumber(ARGV[7])
-- A pair that was obtained is never thrown away. A step towards a call is for the owner of the lease alone.
local is_fit = new > generation or follows
if ARGV[4] == 'step' then is_fit = is_fit and is_mine end
if not is_fit then return {'refused', digits(generation)} end
write(KEYS[1], ARGV[1], new, revision + 1, ARGV[3], ARGV[5])
if is_mine then
  redis.call('PEXPIRE', KEYS[2], ARGV[6])
elseif new > generation + 1 then
  -- A pair was lost in between, and maybe the lease of one who calls with it: as when it is restored.
  redis.call('SET', KEYS[2], RESTORED, 'PX', ARGV[8], 'NX')
end
return {'saved', digits(revision + 1)}
