local time, number, stored = clock(), 1, key
if given(repeat_after) then
  number = tonumber(call('HGET', base .. ':occurrences', key) or 1)
  local last = call('HGET', base .. ':row:' .. (number == 1 and key or key .. '.' .. number), 'a')
  if last and time - last > tonumber(repeat_after) then number = number + 1 end
end
if number > 1 then stored = key .. '.' .. number end

if call('EXISTS', base .. ':row:' .. stored) == 1 then
  call('HINCRBY', base .. ':row:' .. stored, 'd', 1)
  call('INCR', base .. ':duplicates')
  return { { 'dedupe_key', stored, 'outcome', 'duplicate' } }
end

local class = given(error_class)
local row = { key = stored }
set(row, {
  i = call('INCR', base .. ':sequence') * parts + part, o = number > 1 and number, k = given(kind), r = given(resource), c = given(changed_at),
  a = time, s = class and 'dead' or 'pending', e = class and time,
})
call('HSET', base .. ':kept:' .. stored, 'b', body)
if class then keep_error(row, class, error_text) end
enter(row)
if number > 1 then call('HSET', base .. ':occurrences', key, number) end
if row.r and row.c then
  local newest = call('HGET', base .. ':news', row.r)
  if not newest or newest < padded(row.c) then call('HSET', base .. ':news', row.r, padded(row.c)) end
end
-- Whoever works on its resource finds it.
if KEYS[2] and not class and not (row.r and call('HEXISTS', base .. ':busy', row.r) == 1) then
  call('RPUSH', KEYS[2], '1')
  call('LTRIM', KEYS[2], -64, -1)
end
return { { 'dedupe_key', stored, 'outcome', number > 1 and 'repeat' or 'accepted' } }
