-- Charges an account by the generic cell rate algorithm. All times are microseconds.
-- KEYS[1]: the account: the time at which its budget is full. ARGV: the charge's time, the time in which a budget fills up.
-- Returns how long until the budget is full, and how long to wait until the charge is allowed (0: it was).
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local increment, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local wait = full + increment - window - now
if wait > 0 then
  return {full - now, wait}
end
full = full + increment
if full > now then
  redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
end
return {full - now, 0}
