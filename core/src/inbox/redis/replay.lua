local row = find(key)
if not row or (row.s ~= 'done' and row.s ~= 'dead') then return {} end
return { replayed(row, clock()) }
