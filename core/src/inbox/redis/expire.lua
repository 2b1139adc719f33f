local time, rows = clock(), {}
for _, own in ipairs(call('ZRANGEBYSCORE', base .. ':leases', '-inf', whole(time))) do
  local row = find(key_of(own))
  local is_dead = row.t >= tonumber(attempts)
  move(row, { s = is_dead and 'dead' or 'pending', v = time, e = is_dead and time, l = false })
  keep_error(row, 'LeaseExpired', 'The worker ended, or was too slow and did not extend its lease.')
  rows[#rows + 1] = { 'id', row.i, 'dedupe_key', row.key, 'kind', row.k or false, 'state', row.s, 'attempts', row.t }
end
return rows
