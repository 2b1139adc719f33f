local row = find(key)
return row and { record(row) } or {}
