-- Of each lane on which nobody works, the oldest news that is due.
local time, chosen, heads = clock(), {}, {}
for own, lane in each_due(time) do
  if #chosen == tonumber(limit) then break end
  if lane and heads[lane] == nil then heads[lane] = call('HEXISTS', base .. ':busy', lane) == 0 and head(lane, time) end
  if not lane or heads[lane] == own then chosen[#chosen + 1] = own end
end
local rows = {}
for _, own in ipairs(chosen) do rows[#rows + 1] = grant(own, time, lease) end
return rows
