local set_of = { pending = 'due', processing = 'leases', done = 'done', dead = 'dead' }
local rows = {}
if set_of[state] then
  for _, row in ipairs(some_of(set_of[state], given(kind), limit, state == 'done' and 'ZREVRANGE' or 'ZRANGE')) do rows[#rows + 1] = record(row) end
end
return rows
