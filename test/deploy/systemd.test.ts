import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { SECRETS } from '../../src/config/variables.ts';
import { isOpenToOthers } from '../../src/private-file.ts';

const UNIT = 'deploy/systemd/chorus-bot.service';
const unit = readFileSync(UNIT, 'utf8');

/** All values of a setting, in order. */
const valuesOf = (setting: string) =>
  [...unit.matchAll(new RegExp(`^${setting}=(.*)$`, 'gm'))].map(([, value = '']) => value);

test('systemd finds nothing to say about the unit, and rates its exposure below 3', () => {
  execFileSync('systemd-analyze', ['verify', UNIT]);
  // In tenths; it fails above.
  execFileSync('systemd-analyze', ['security', '--offline=yes', '--threshold=29', UNIT]);
});

test('the unit starts the bot as npm start does', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
  const [, words] = /exec node (.+)$/.exec(scripts.start) ?? [];
  expect(valuesOf('ExecStart')).toEqual([`/usr/bin/node ${words}`]);
});

test('each credential of the unit is given to a variable of the bot, and the other way round', () => {
  const given = valuesOf('LoadCredential').map((value) => value.split(':')[0]);
  const taken = [...unit.matchAll(/(\w+)=%d\/(\w+)/g)].map(([, variable = '', name = '']) => ({
    variable,
    name,
  }));
  expect(taken.map(({ name }) => name).sort()).toEqual(given.sort());
  const known = [...SECRETS.map((name) => `${name}_FILE`), 'STORE_KEYS_FILE'];
  expect(taken.filter(({ variable }) => !known.includes(variable))).toEqual([]);
});

test('a credential as systemd hands it out, root’s with a right for one user, is taken for closed', () => {
  // The right shows as one of the group, which is root's.
  expect(isOpenToOthers({ mode: 0o100440, gid: 0 })).toBe(false);
  expect(isOpenToOthers({ mode: 0o100444, gid: 0 })).toBe(true);
  expect(isOpenToOthers({ mode: 0o100460, gid: 0 })).toBe(true);
  expect(isOpenToOthers({ mode: 0o100440, gid: 54_321 })).toBe(true);
});
