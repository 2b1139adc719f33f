local row = held(id, fence)
if not row then return {} end
move(row, { s = 'pending', v = clock() + tonumber(delay), l = false })
keep_error(row, given(error_class), error_text)
return { { 'id', row.i } }
