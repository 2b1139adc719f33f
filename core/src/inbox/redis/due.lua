local rows, seen = {}, {}
for own, lane in each_due(clock() - tonumber(older_than)) do
  if #rows == tonumber(limit) then break end
  if not lane or not seen[lane] and call('HEXISTS', base .. ':busy', lane) == 0 then
    rows[#rows + 1] = { 'dedupe_key', key_of(own) }
  end
  if lane then seen[lane] = true end
end
return rows
