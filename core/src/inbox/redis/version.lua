local known = call('HMGET', base, 'version', 'partitions')
return { { 'version', tonumber(known[1] or 0), 'partitions', tonumber(known[2] or 1) } }
