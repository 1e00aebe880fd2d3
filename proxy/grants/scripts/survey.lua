-- For people: how a grant stands here. Changes nothing, and tells nothing of the document.
-- KEYS: grant, lease. → now, state, generation or what the key is, revision, 'document' or '', written, writer,
-- lease, milliseconds left of it
local state, generation, revision, document = look(KEYS[1])
local marks = is_usable(state) and redis.call('HMGET', KEYS[1], 'written', 'writer') or {}
local lease = redis.pcall('GET', KEYS[2])
local left = type(lease) == 'string' and redis.call('PTTL', KEYS[2]) or 0
return {digits(now() or 0), state, is_usable(state) and digits(generation) or generation, digits(revision or 0),
        document and document ~= '' and 'document' or '', marks[1] or '', marks[2] or '',
        type(lease) == 'string' and lease or '', digits(left)}
