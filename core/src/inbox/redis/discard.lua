local row = find(key)
if not row or row.s ~= 'dead' then return {} end
move(row, { s = 'done', e = clock() })
return { { 'id', row.i } }
