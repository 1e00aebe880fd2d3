-- What each script begins with. A grant's record is a hash:
--   format      1; a higher one is of a newer Postern
--   generation  of the pair of tokens; the higher one is the newer one
--   revision    grows with each write
--   document    the grant as the file store has it, sealed or not; empty: it was forgotten
--   written     when, in milliseconds, by this database's clock; and
--   writer      by whom, the owner in the lease: for people, no script goes by them
--
-- Beside it lie `lease` (who may refresh, "<owner>:<fence>:<since>:<length>", with an expiry) and `fence` (a counter).
local FORMAT = '1'
-- The lease after a record was brought back: nobody's, but for an owner who has lost his with the data.
local RESTORED = 'restored'

-- Nothing for what no Postern has written: a larger number would not be exact.
local function number_of(field)
  return field and #field <= 15 and string.match(field, '^%d+$') and tonumber(field)
end

-- 'none' or 'record', generation, revision, document; or why the key is not to be touched and what it is.
local function look(key)
  local kind = redis.call('TYPE', key).ok
  if kind == 'none' then return 'none', 0, 0, '' end
  if kind ~= 'hash' then return 'foreign', kind end
  local fields = redis.call('HMGET', key, 'format', 'generation', 'revision', 'document')
  if not fields[1] then return 'foreign', kind end
  if fields[1] ~= FORMAT then return 'newer', fields[1] end
  local generation, revision = number_of(fields[2]), number_of(fields[3])
  if not (generation and revision and fields[4]) then return 'broken', '' end
  return 'record', generation, revision, fields[4]
end

-- Numbers as text: Lua would write large ones with an exponent.
local function digits(number)
  return string.format('%.0f', number)
end

local function is_usable(state)
  return state == 'none' or state == 'record'
end

-- This database's clock, in milliseconds; nothing for one who may not ask.
local function now()
  local time = redis.pcall('TIME')
  return time[1] and time[1] * 1000 + math.floor(time[2] / 1000)
end

-- The one in a lease; empty for what is nobody's.
local function owner_of(lease)
  return string.match(lease, '^([^:]+):') or ''
end

-- In milliseconds, as text; nothing for what is nobody's.
local function length_of(lease)
  return string.match(lease, '^[^:]+:%d+:%d+:(%d+)$')
end

local function write(key, channel, generation, revision, document, lease)
  local written = now()
  redis.call('HSET', key, 'format', FORMAT, 'generation', digits(generation), 'revision', digits(revision),
             'document', document, 'written', written and digits(written) or '', 'writer', owner_of(lease))
  -- One who may not publish stores all the same: the others look now and then.
  redis.pcall('PUBLISH', channel, digits(generation) .. '.' .. digits(revision))
end
