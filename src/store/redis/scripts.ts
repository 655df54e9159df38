import { createHash } from 'node:crypto';
import { WRITE_LIFE_MS } from '../envelope.ts';
import { ANY_VERSION } from '../store.ts';

export interface Script {
  readonly text: string;
  readonly sha: string;
}

/** How far the server's clock may be from where we believe it to be. */
const CLOCK_SLACK_MS = 100;

/**
 * A script refuses to run after its deadline, by the server's clock: a write that waited in a socket while the server
 * was stopped must not surface over newer ones. It then answers with the server's time, so that clocks need not agree.
 */
function script(body: string): Script {
  const text = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local left = tonumber(ARGV[1]) - now
if left < 0 or left > ${WRITE_LIFE_MS + CLOCK_SLACK_MS} then return tostring(now) end
${body}`;
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

// 'none' is no number to Lua, and neither is the score of what is missing.
const SCHEDULE_ONE = `
local function schedule(agenda, id, at, from)
  if from ~= '' and tonumber(redis.call('ZSCORE', agenda, id) or '') ~= tonumber(from) then return end
  if at == '' then redis.call('ZREM', agenda, id) else redis.call('ZADD', agenda, at, id) end
end`;

/**
 * Applies all operations or none; answers with 0, or the place (from 1) of the first that is refused. One key for each,
 * and after the write's id four values each: `write`, version, text, version afterwards · `remove`, version · `claim`, token, life ·
 * `schedule`, id, instant, the instant it must have now.
 */
export const APPLY = script(`
${SCHEDULE_ONE}
local write, step = ARGV[2], 4
local versions, claimed = {}, {}
for i, key in ipairs(KEYS) do
  local kind = ARGV[i * step - 1]
  if versions[key] == nil and (kind == 'write' or kind == 'remove') then
    local held = redis.call('GET', key)
    local version, by = '0', nil
    if held then version, by = string.match(held, '^{"value":{"version":(%d+),"write":"([^"]+)"') end
    -- Sent twice by the client, it was applied the first time.
    if by == write then return 0 end
    versions[key] = version or 'unknown'
  end
end
for i, key in ipairs(KEYS) do
  local kind, first = ARGV[i * step - 1], ARGV[i * step]
  if kind == 'write' then
    if first ~= '${ANY_VERSION}' and versions[key] ~= first then return i end
    versions[key] = ARGV[i * step + 2]
  elseif kind == 'remove' then
    if first == '0' or versions[key] == '0' then return i end
    if first ~= '${ANY_VERSION}' and versions[key] ~= first then return i end
    versions[key] = '0'
  elseif kind == 'claim' then
    local holder = redis.call('GET', key)
    if claimed[key] or (holder and holder ~= first) then return i end
    claimed[key] = true
  end
end
for i, key in ipairs(KEYS) do
  local at = i * step
  local kind, first, second, third = ARGV[at - 1], ARGV[at], ARGV[at + 1], ARGV[at + 2]
  if kind == 'write' then redis.call('SET', key, second)
  elseif kind == 'remove' then redis.call('DEL', key)
  elseif kind == 'claim' then redis.call('SET', key, first, 'PX', second)
  else schedule(key, first, second, third) end
end
return 0`);

// What follows takes one key where it runs on a Cluster, whose keys are on several servers.

/** A token for each key, after the life of all. */
export const CLAIM = script(`
local taken = {}
for i, key in ipairs(KEYS) do
  local token = ARGV[i + 2]
  local isMine = redis.call('SET', key, token, 'NX', 'PX', ARGV[2]) or redis.call('GET', key) == token
  taken[i] = isMine and 1 or 0
end
return taken`);

/** A token for each key. */
export const RELEASE = script(`
for i, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[i + 1] then redis.call('DEL', key) end
end
return 1`);

/** Triples of id, instant and the instant it must have now; an empty one unschedules, or asks for nothing. */
export const SCHEDULE = script(`
${SCHEDULE_ONE}
for i = 2, #ARGV, 3 do schedule(KEYS[1], ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
return 1`);
