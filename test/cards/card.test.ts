import { expect, test } from '@jest/globals';
import { actionDataOf } from '../../src/cards/card.ts';

test('of what comes back, what our own buttons and forms send is kept, as it was', () => {
  const ours = {
    account: 'tech_1',
    reset: 'r1',
    revision: 7,
    reminder: 1,
    alertMonths: '3',
    until: 'week',
    message: 'm1',
    beforeSubmit: 0,
    submission: 's1',
    asked: 'warning',
    cancelled: 1,
    draft: 'x'.repeat(24_000),
  };
  expect(actionDataOf(ours)).toEqual(ours);
});

test('nothing that anybody has added is kept', () => {
  const strange = Object.fromEntries(Array.from({ length: 80 }, (_, i) => [`strange${i}`, 'x'.repeat(400)]));
  const inherited = Object.create({ reset: 'r1' });
  expect(actionDataOf({ ...strange, account: 'tech_1', form: 'password', expiry: '19/04/2027' })).toEqual({
    account: 'tech_1',
  });
  expect(actionDataOf(JSON.parse('{"__proto__":{"account":"tech_1"},"constructor":1}'))).toEqual({});
  expect(actionDataOf(inherited)).toEqual({});
});

test.each([
  ['longer than ours are', { account: 'x'.repeat(501), reset: 'x'.repeat(101), draft: 'x'.repeat(24_001) }],
  ['of another type', { account: ['tech_1'], revision: { valueOf: 7 }, reset: null, reminder: true }],
])('a value that is %s is dropped', (_what, sent) => {
  expect(actionDataOf(sent)).toEqual({});
});
