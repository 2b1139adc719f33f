local known = call('HMGET', base, 'version', 'partitions')
return { { 'version', tonumber(known[1]), 'partitions', tonumber(known[2]) } }
