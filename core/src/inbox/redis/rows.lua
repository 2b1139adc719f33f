-- What all scripts share: where things are, and how a row changes its state.
--
-- KEYS[1] is the base of a partition, KEYS[2] (if given) the list that wakes workers. Under the base:
--   row:<key>        hash   of a delivery, for as long as its key is kept; short names and short values, so that Redis packs it
--   kept:<key>       hash   body and error, which a purge removes
--   due              zset   pending rows, by the time when they are due (milliseconds)
--   lane:<resource>  zset   pending rows of a resource, in the order of their news
--   open             zset   pending and leased rows, by the time when they came
--   leases           zset   leased rows, by the end of the lease;   leased  hash  id -> key;   busy  hash  resource -> key
--   done, purged, dead zset by the time when they came
--   news             hash   resource -> the newest changed_at;   occurrences  hash  key -> the newest occurrence, from 2 on
--   sequence, duplicates    numbers
--
-- Fields of a row: i id, o occurrence (absent: 1), k kind, r resource, c changed_at, a received_at (arrival), s state, t attempts (tries), f fence,
-- l lease_until, v available_at (absent: a), e finished_at (end), d duplicates. Of what is kept: b body, c class and t text of the error.
local base = KEYS[1]
local part, parts = base:match(':(%d+)/(%d+)}$')
local call = redis.call

local function given(value)
  if value ~= '' then return value end
end

local function clock()
  if given(now) then return tonumber(now) end
  local time = call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function whole(number)
  return string.format('%.0f', number)
end

-- The members of the sorted sets: rows of one score come in the order in which they were stored.
local function member(row)
  return string.format('%016.0f', row.i) .. ':' .. row.key
end

local function key_of(own)
  return own:sub(18)
end

-- Nanoseconds do not fit into Redis's numbers, so the order of a lane is one of texts.
local function padded(nanoseconds)
  return string.rep('0', 20 - #nanoseconds) .. nanoseconds
end

local function in_lane(row)
  return padded(row.c or (whole(row.a) .. '000000')) .. ':' .. member(row)
end

local function find(key)
  local flat = call('HGETALL', base .. ':row:' .. key)
  if #flat == 0 then return nil end
  local row = { key = key }
  for at = 1, #flat, 2 do row[flat[at]] = flat[at + 1] end
  for _, name in ipairs({ 'i', 'o', 'a', 't', 'f', 'l', 'v', 'e', 'd' }) do row[name] = row[name] and tonumber(row[name]) end
  return row
end

-- Changes fields; false removes one.
local function set(row, fields)
  local written, removed = {}, {}
  for name, value in pairs(fields) do
    row[name] = value or nil
    if value then
      written[#written + 1] = name
      written[#written + 1] = type(value) == 'number' and whole(value) or value
    else
      removed[#removed + 1] = name
    end
  end
  if #written > 0 then call('HSET', base .. ':row:' .. row.key, unpack(written)) end
  if #removed > 0 then call('HDEL', base .. ':row:' .. row.key, unpack(removed)) end
end

-- The state of a row is the set that it is in.
local function leave(row)
  local own = member(row)
  if row.s == 'pending' then
    call('ZREM', base .. ':due', own)
    if row.r then call('ZREM', base .. ':lane:' .. row.r, in_lane(row)) end
  elseif row.s == 'processing' then
    call('ZREM', base .. ':leases', own)
    call('HDEL', base .. ':leased', whole(row.i))
    if row.r then call('HDEL', base .. ':busy', row.r) end
  else
    call('ZREM', base .. ':' .. row.s, own)
  end
end

local function enter(row)
  local own = member(row)
  if row.s == 'pending' then
    call('ZADD', base .. ':due', whole(row.v or row.a), own)
    if row.r then call('ZADD', base .. ':lane:' .. row.r, 0, in_lane(row)) end
  elseif row.s == 'processing' then
    call('ZADD', base .. ':leases', whole(row.l), own)
    call('HSET', base .. ':leased', whole(row.i), row.key)
    if row.r then call('HSET', base .. ':busy', row.r, row.key) end
  else
    call('ZADD', base .. ':' .. row.s, whole(row.a), own)
  end
  if row.s == 'pending' or row.s == 'processing' then
    call('ZADD', base .. ':open', whole(row.a), own)
  else
    call('ZREM', base .. ':open', own)
  end
end

local function move(row, fields)
  leave(row)
  set(row, fields)
  enter(row)
end

local function keep_error(row, class, text)
  if class then
    call('HSET', base .. ':kept:' .. row.key, 'c', class, 't', text)
  else
    call('HDEL', base .. ':kept:' .. row.key, 'c', 't')
  end
end

-- The row that a fence was given for, if it is the newest.
local function held(id, fence)
  local key = call('HGET', base .. ':leased', id)
  local row = key and find(key)
  if row and row.f == tonumber(fence) then return row end
end

local function is_due(own, time)
  return tonumber(call('ZSCORE', base .. ':due', own)) <= time
end

-- What is due, with its lane, the first due first. The pages grow, so that what is skipped is not counted again and again.
local function each_due(time)
  local some, at, from, size = {}, 0, 0, 32
  return function()
    at = at + 1
    if at > #some then
      if from > 0 and #some < size then return nil end
      size = size * 2
      some = call('ZRANGEBYSCORE', base .. ':due', '-inf', whole(time), 'LIMIT', from, size)
      at, from = 1, from + #some
      if #some == 0 then return nil end
    end
    return some[at], call('HGET', base .. ':row:' .. key_of(some[at]), 'r')
  end
end

-- The oldest news of a resource that is due.
local function head(resource, time)
  local from = 0
  while true do
    local some = call('ZRANGE', base .. ':lane:' .. resource, from, from + 63)
    for _, entry in ipairs(some) do
      local own = entry:sub(22)
      if is_due(own, time) then return own end
    end
    if #some < 64 then return nil end
    from = from + 64
  end
end

-- Leases a row.
local function grant(own, time, lease)
  local row = find(key_of(own))
  move(row, { s = 'processing', t = (row.t or 0) + 1, f = (row.f or 0) + 1, l = time + tonumber(lease) })
  local newest = row.r and row.c and call('HGET', base .. ':news', row.r)
  return {
    'id', row.i, 'fence', row.f, 'dedupe_key', row.key, 'kind', row.k or false, 'resource', row.r or false, 'attempts', row.t,
    'received_at', row.a, 'superseded', newest and newest > padded(row.c) and 1 or 0, 'body', call('HGET', base .. ':kept:' .. row.key, 'b'),
  }
end

-- Everything of a row.
local function record(row)
  local kept = call('HMGET', base .. ':kept:' .. row.key, 'b', 'c', 't')
  return {
    'id', row.i, 'dedupe_key', row.key, 'kind', row.k or false, 'resource', row.r or false, 'changed_at', row.c or false,
    'received_at', row.a, 'state', row.s == 'purged' and 'done' or row.s, 'attempts', row.t or 0, 'fence', row.f or 0, 'lease_until', row.l or false,
    'available_at', row.v or row.a, 'finished_at', row.e or false, 'duplicates', row.d or 0, 'error_class', kept[2], 'error_text', kept[3],
    'body', kept[1],
  }
end

-- Up to so many rows of a set, from its beginning or its end; of a kind, where one is given.
local function some_of(name, kind, limit, command)
  local rows, from, size = {}, 0, 128
  while #rows < tonumber(limit) do
    size = size * 2
    local some = call(command or 'ZRANGE', base .. ':' .. name, from, from + size - 1)
    for _, own in ipairs(some) do
      local key = key_of(own)
      if #rows < tonumber(limit) and (not kind or call('HGET', base .. ':row:' .. key, 'k') == kind) then rows[#rows + 1] = find(key) end
    end
    if #some < size then break end
    from = from + size
  end
  return rows
end

local function replayed(row, time)
  move(row, { s = 'pending', t = 0, v = time, e = false })
  return { 'id', row.i }
end
