-- KEYS: lease. ARGV: lease
local holder = redis.call('GET', KEYS[1])
if holder == ARGV[1] then redis.call('DEL', KEYS[1]) end
return {'released'}
