local rows = {}
local newest = tonumber(call('GET', base .. ':sequence') or 0) * parts + part
for _, own in ipairs(call('ZRANGEBYSCORE', base .. ':purged', '-inf', '(' .. whole(clock() - tonumber(older_than)), 'LIMIT', 0, limit + 1)) do
  local row = find(key_of(own))
  -- As elsewhere, never the newest row.
  if row.i ~= newest and #rows < tonumber(limit) then
    call('ZREM', base .. ':purged', own)
    call('DEL', base .. ':row:' .. row.key)
    call('DECRBY', base .. ':duplicates', row.d or 0)
    -- Older rows of the resource lose their label, if they should be worked on again.
    if row.r and row.c and call('HGET', base .. ':news', row.r) == padded(row.c) then call('HDEL', base .. ':news', row.r) end
    if row.o then
      local first = row.key:match('^(.*)%.')
      if call('HGET', base .. ':occurrences', first) == whole(row.o) then call('HDEL', base .. ':occurrences', first) end
    end
    rows[#rows + 1] = { 'id', row.i }
  end
end
return rows
