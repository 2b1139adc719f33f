-- Of each lane on which nobody works, the oldest news that is due.
local time, chosen, heads, from = clock(), {}, {}, 0
while #chosen < tonumber(limit) do
  local some = call('ZRANGEBYSCORE', base .. ':due', '-inf', whole(time), 'LIMIT', from, 64)
  for _, own in ipairs(some) do
    local lane = call('HGET', base .. ':row:' .. key_of(own), 'r')
    if lane and heads[lane] == nil then heads[lane] = call('HEXISTS', base .. ':busy', lane) == 0 and head(lane, time) end
    if #chosen < tonumber(limit) and (not lane or heads[lane] == own) then chosen[#chosen + 1] = own end
  end
  if #some < 64 then break end
  from = from + 64
end
local rows = {}
for _, own in ipairs(chosen) do rows[#rows + 1] = grant(own, time, lease) end
return rows
