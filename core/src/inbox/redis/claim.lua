-- The oldest news of each lane on which nobody works. A lane's turn comes with whatever is due first in it, so that what waits behind its head is not passed
-- over at each claim.
local time, chosen, seen = clock(), {}, {}
for own, lane in each_due(time) do
  if #chosen == tonumber(limit) then break end
  if not lane then
    chosen[#chosen + 1] = own
  elseif not seen[lane] then
    seen[lane] = true
    if call('HEXISTS', base .. ':busy', lane) == 0 then chosen[#chosen + 1] = head(lane, time) end
  end
end
local rows = {}
for _, own in ipairs(chosen) do rows[#rows + 1] = grant(own, time, lease) end
return rows
