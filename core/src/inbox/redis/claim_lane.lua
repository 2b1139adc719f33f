local time, row = clock(), find(key)
if not row then return {} end
local own
if not row.r then
  own = row.s == 'pending' and is_due(member(row), time) and member(row)
elseif call('HEXISTS', base .. ':busy', row.r) == 0 then
  own = head(row.r, time)
end
return own and { grant(own, time, lease) } or {}
