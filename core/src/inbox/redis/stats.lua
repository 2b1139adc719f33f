local time, oldest, from = clock(), false, 0
-- The oldest that no worker has: the leased ones before it are few.
while not oldest do
  local some = call('ZRANGE', base .. ':open', from, from + 63, 'WITHSCORES')
  for at = 1, #some, 2 do
    local lease = call('ZSCORE', base .. ':leases', some[at])
    if not oldest and (not lease or tonumber(lease) <= time) then oldest = time - some[at + 1] end
  end
  if #some < 128 then break end
  from = from + 64
end
return { {
  'pending', call('ZCARD', base .. ':due'), 'waiting', call('ZCOUNT', base .. ':due', '(' .. whole(time), '+inf'), 'oldest_pending_ms', oldest,
  'leased', call('ZCARD', base .. ':leases'), 'dead', call('ZCARD', base .. ':dead'), 'duplicates', tonumber(call('GET', base .. ':duplicates') or 0),
} }
