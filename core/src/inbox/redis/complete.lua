local row = held(id, fence)
if not row then return {} end
move(row, { s = 'done', e = clock(), l = false })
keep_error(row)
return { { 'id', row.i } }
