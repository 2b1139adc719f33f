local row = held(id, fence)
if not row then return {} end
move(row, { l = clock() + tonumber(lease) })
return { { 'id', row.i } }
