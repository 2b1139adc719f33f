local row = held(id, fence)
if not row then return {} end
move(row, { s = 'pending', t = row.t - 1, l = false })
return { { 'id', row.i } }
