local rows = {}
for _, own in ipairs(call('ZRANGEBYSCORE', base .. ':done', '-inf', '(' .. whole(clock() - tonumber(older_than)), 'LIMIT', 0, limit)) do
  local row = find(key_of(own))
  call('DEL', base .. ':kept:' .. row.key)
  move(row, { s = 'purged' })
  rows[#rows + 1] = { 'id', row.i }
end
return rows
