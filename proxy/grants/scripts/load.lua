-- KEYS: grant. → state, generation, revision, document
local state, generation, revision, document = look(KEYS[1])
if not is_usable(state) then return {state, generation} end
return {state, digits(generation), digits(revision), document}
