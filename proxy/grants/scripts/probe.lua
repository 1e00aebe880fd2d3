-- KEYS: one of nobody else's. Would all be taken, and allowed, that the other scripts do? Leaves nothing behind.
redis.call('SET', KEYS[1], '1', 'PX', 1000)
redis.call('GET', KEYS[1])
redis.call('INCR', KEYS[1])
redis.call('PEXPIRE', KEYS[1], 1000)
redis.call('PTTL', KEYS[1])
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'format', FORMAT)
look(KEYS[1])
redis.call('DEL', KEYS[1])
return {'written'}
