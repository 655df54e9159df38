import { expect, test } from '@jest/globals';
import { Alarms } from '../../src/bot/outgoing/alarms.ts';
import type { PrivateNotice } from '../../src/bot/outgoing/private-notices.ts';
import { LANGUAGES } from '../../src/cards/languages.ts';
import { createLog } from '../../src/log.ts';
import { SealBroken } from '../../src/store/seal.ts';
import { RecordRefused } from '../../src/store/store.ts';

test('a password that does not open and a record that is refused are told to the administrators, once each', async () => {
  const told: string[] = [];
  const administrators = {
    tellOnce: async (subject: string, everyMs: number, { title, sentence }: PrivateNotice) => {
      for (const m of Object.values(LANGUAGES))
        told.push(`${subject} ${everyMs / 3_600_000} h: ${title(m)}. ${sentence(m)}`);
    },
  };
  const alarms = new Alarms(administrators, createLog('silent'));
  for (const account of ['tech_1@cpro.fr', 'tech_2@cpro.fr'])
    alarms.sealBroken(new SealBroken({ account, version: 1, purpose: 'credential' }, 'keyMissing'));
  alarms.recordRefused(new RecordRefused('account/tech_3@cpro.fr', 1, 'changed'));
  await alarms.settled();

  expect(told).toHaveLength(4);
  const [french = '', english = '', record = ''] = told;
  expect(french).toMatch(/^broken-seal 24 h: Un mot de passe gardé ne s’ouvre plus\. .*tech_1@cpro\.fr/);
  // Its cure is theirs: the manager is told nothing of a key.
  expect(french).toContain('Remettez dans STORE_KEYS_FILE la clé qui manque');
  expect(english).toContain('Put the missing key back into STORE_KEYS_FILE');
  expect(record).toMatch(/^refused-record 24 h: .*account\/tech_3@cpro\.fr/);
});
