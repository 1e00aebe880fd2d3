-- KEYS: one of nobody else's. Would a write be taken?
redis.call('SET', KEYS[1], '', 'PX', 1000)
redis.call('DEL', KEYS[1])
return {'written'}
