import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openStore } from '../../src/store/open.ts';
import { ANY_VERSION, RecordRefused, type Store } from '../../src/store/store.ts';
import { startDriver } from './drivers.ts';
import { openRawRecords, type RawRecords } from './raw-records.ts';
import type { RedisServer } from './redis-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'unreadable-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const GOOD = '{"value":{"version":3,"write":"w","data":"canary"}}';

describe.each(['LMDB', 'Redis'] as const)('what stands in the place of a record on %s', (driver) => {
  let store: Store;
  let raw: RawRecords;
  let servers: readonly RedisServer[];
  beforeAll(async () => {
    const started = await startDriver(driver, folder);
    servers = started.servers;
    store = await openStore(started.url);
    raw = await openRawRecords(started.url);
  }, 20_000);
  afterAll(async () => {
    await raw.close();
    await store.close();
    await Promise.all(servers.map((server) => server.stop()));
  });
  beforeEach(async () => {
    await raw.write('record', GOOD, 3);
  });

  test('as the bot writes it is read', async () => {
    expect(await store.read('record')).toEqual({ value: 'canary', version: 3 });
  });

  test.each<[string, string]>([
    ['no JSON', '{"value": canary'],
    ['a JSON of another shape', '"canary"'],
    ['nothing', ''],
    ['JSON’s nothing', 'null'],
    ['a record that was cut short', GOOD.slice(0, -1)],
    ['a version that is no number', GOOD.replace('3', '"3"')],
    ['a version that is negative', GOOD.replace('3', '-1')],
    ['a version that is written otherwise', GOOD.replace('3', '3.0')],
    ['no version', GOOD.replace('"version":3,', '')],
    ['no id of its write', GOOD.replace('"write":"w",', '')],
    ['blanks that the script in Redis does not expect', GOOD.replace(':3', ': 3')],
    ['a second version, which JSON prefers', GOOD.replace('"data"', '"data":1,"version":9,"data"')],
    ['a second id of its write', GOOD.replace('"data"', '"data":1,"write":"x","data"')],
    ['a second record', GOOD.replace('}}', '},"value":{"version":3,"write":"x","data":"canary"}}')],
  ])(
    'is refused where it is %s; others are read with it, and it can be removed or written over',
    async (_, text) => {
      await raw.write('record', text, 3);
      const error = await store.read('record').catch((refusal: unknown) => refusal);
      expect(error).toBeInstanceOf(RecordRefused);
      expect(error).toMatchObject({ key: 'record', version: ANY_VERSION, why: 'unreadable' });
      expect(`${error} ${(error as Error).cause}`).not.toContain('canary');
      await raw.write('other', GOOD, 3);
      expect(await store.readMany(['record', 'other', 'none'])).toEqual([
        error,
        { value: 'canary', version: 3 },
        undefined,
      ]);
      expect(await store.write('record', 'new', 0)).toBe(false);
      expect(await store.remove('record', ANY_VERSION)).toBe(true);
      expect(await store.read('record')).toBeUndefined();
      await raw.write('record', text, 3);
      const over = {
        type: 'write',
        key: 'record',
        value: 'over',
        version: ANY_VERSION,
        newVersion: 5,
      } as const;
      expect(await store.apply([over])).toEqual({ isApplied: true });
      expect(await store.read('record')).toEqual({ value: 'over', version: 5 });
    },
  );

  test('never counts as expired, whatever it says', async () => {
    await raw.write('record', GOOD.replace(/}$/, ',"expires":1}'), 3);
    expect(await store.read('record')).toEqual({ value: 'canary', version: 3 });
    expect(await store.readMany(['record'])).toEqual([{ value: 'canary', version: 3 }]);
  });
});
