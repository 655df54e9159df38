import { describe, expect, test } from '@jest/globals';
import { expectGolden } from './golden.ts';

describe('a golden file', () => {
  test('that is missing fails, and is not written behind our back', () => {
    delete process.env.UPDATE_GOLDEN;
    const compare = () => expectGolden('teams/there-is-no-such-card', {});
    expect(compare).toThrow('is missing');
    expect(compare).toThrow('is missing');
  });
});
