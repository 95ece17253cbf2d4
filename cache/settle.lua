-- Corrects a charge once the actual cost is known. All times are microseconds.
-- KEYS[1]: the account: the time at which its budget is full. ARGV: the correction, the time in which a budget fills up.
-- The budget is full now at the earliest, and after two times that at the latest.
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local correction, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
full = math.min(full + correction, now + 2 * window)
if full > now then
  redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
else
  redis.call('DEL', KEYS[1])
end
return 0
