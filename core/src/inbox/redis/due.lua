local rows = {}
for _, own in ipairs(call('ZRANGEBYSCORE', base .. ':due', '-inf', whole(clock() - tonumber(older_than)), 'LIMIT', 0, limit)) do
  rows[#rows + 1] = { 'dedupe_key', key_of(own) }
end
return rows
