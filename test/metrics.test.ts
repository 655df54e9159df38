import { expect, test } from '@jest/globals';
import { createMetrics } from '../src/metrics.ts';

const namesOf = (text: string) => [...text.matchAll(/^# TYPE (chorus_bot_\S+)/gm)].map(([, name]) => name);

test('the public port gives the names that it has always had, and the private one all', async () => {
  const metrics = createMetrics();
  metrics.platformUp('slack', false);
  metrics.storeWritable(true);
  metrics.ticked(new Date());
  const before = [
    'chorus_bot_build_info',
    'chorus_bot_turns_total',
    'chorus_bot_turn_seconds',
    'chorus_bot_connection_tests_total',
    'chorus_bot_reminders_total',
    'chorus_bot_seals_broken_total',
    'chorus_bot_records_refused_total',
    'chorus_bot_last_tick_timestamp_seconds',
  ];
  expect(namesOf((await metrics.expose('public')).text)).toEqual(before);
  const { text } = await metrics.expose('private');
  expect(namesOf(text).sort()).toEqual(
    [...before, 'chorus_bot_platform_up', 'chorus_bot_store_writable'].sort(),
  );
  expect(text).toContain('chorus_bot_platform_up{platform="slack"} 0');
  expect(text).toMatch(/^chorus_bot_store_writable 1$/m);
});

test('what is not known yet is not there: nothing says 0, or 1970', async () => {
  const { text } = await createMetrics().expose('private');
  for (const name of ['store_writable', 'accounts', 'last_tick_timestamp_seconds'])
    expect(text).not.toContain(`chorus_bot_${name}`);
});
