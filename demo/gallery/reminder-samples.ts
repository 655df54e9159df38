import type { Messages } from '../../src/cards/messages.ts';
import {
  digestCard,
  type ReminderView,
  reminderCard,
  subscriptionCard,
} from '../../src/cards/reminder-cards.ts';
import { WRONG_PASSWORD } from './diagnoses.ts';
import type { Sample, Scene } from './scene.ts';

const EXPIRY = { at: '2027-04-18T00:00:00Z', estimated: false };
const NEXT = { at: '2028-06-11T00:00:00Z', estimated: true };

const LOCKED = { ...WRONG_PASSWORD, status: 200, codeRetour: 20003, libelle: 'Utilisateur verrouillé' };

/** The reminders, as each of their readers gets them. */
export function reminderSamples(m: Messages, scene: Scene): Sample[] {
  const view: ReminderView = {
    ref: { account: scene.account.login.toLowerCase() },
    account: scene.account,
    expiry: EXPIRY,
    daysLeft: 30,
    news: { kind: 'expiry' },
    reader: 'actor',
    unreached: [],
    snoozes: ['tomorrow', 'monday', 'week'],
  };
  const team: ReminderView = { ...view, reader: 'team', snoozes: [], manager: scene.holder };
  const soon: ReminderView = { ...team, daysLeft: 3, deputy: 'Karim Benali' };
  const renewed = { by: scene.holder, at: '2027-04-16T09:00:00Z' };
  const unreached: ReminderView['unreached'] = ['manager', 'deputy'];
  const card = (more: Partial<ReminderView>, from = view) => reminderCard(m, { ...from, ...more });
  return [
    { name: 'reminder/manager', card: card({}) },
    { name: 'reminder/manager-estimated', card: card({ expiry: { ...EXPIRY, estimated: true } }) },
    {
      name: 'reminder/manager-alert',
      card: card({ news: { kind: 'alert' }, updated: '2026-02-22T08:06:46Z' }),
    },
    { name: 'reminder/manager-tomorrow', card: card({ daysLeft: 1, snoozes: [] }) },
    { name: 'reminder/manager-today', card: card({ daysLeft: 0, snoozes: [] }) },
    {
      name: 'reminder/manager-expired-today',
      card: card({
        expiry: { ...EXPIRY, at: '2027-03-01T01:00:00Z' },
        daysLeft: 0,
        isExpired: true,
        snoozes: [],
      }),
    },
    { name: 'reminder/manager-expired', card: card({ daysLeft: -4, isExpired: true, snoozes: [] }) },
    { name: 'reminder/manager-snoozed', card: card({ snoozedUntil: '2027-03-22T08:00:00Z' }) },
    {
      name: 'reminder/manager-running',
      card: card({ running: { name: scene.holder, since: '2027-03-01T08:05:00Z' } }),
    },
    {
      name: 'reminder/manager-refused',
      card: card({
        news: { kind: 'refused' },
        refusedAt: '2027-03-01T03:12:00Z',
        refusedBecause: { reason: 'technicalAccount', diagnosis: WRONG_PASSWORD },
        snoozes: [],
      }),
    },
    {
      name: 'reminder/manager-refused-in-words',
      card: card({
        news: { kind: 'refused' },
        refusedAt: '2027-03-01T03:12:00Z',
        refusedBecause: { reason: 'refusedInWords', diagnosis: LOCKED },
        snoozes: [],
      }),
    },
    {
      name: 'reminder/manager-waiting',
      card: card({ news: { kind: 'waiting', since: '2027-03-01T08:05:00Z' }, snoozes: [] }),
    },
    { name: 'reminder/manager-accepted', card: card({ news: { kind: 'accepted' }, snoozes: [] }) },
    { name: 'reminder/team', card: card({}, team) },
    { name: 'reminder/team-deputy', card: card({}, soon) },
    { name: 'reminder/team-unreached', card: reminderCard(m, { ...view, reader: 'team', unreached }) },
    { name: 'reminder/administrator', card: card({ reader: 'administrator', daysLeft: 1 }, soon) },
    {
      name: 'reminder/team-alert',
      card: card({ news: { kind: 'alert' }, updated: '2026-02-22T08:06:46Z' }, team),
    },
    { name: 'reminder/renewed', card: card({ renewed, expiry: NEXT }) },
    { name: 'reminder/team-renewed', card: card({ renewed, expiry: NEXT }, team) },
    {
      name: 'reminder/digest-team',
      card: digestCard(m, [team, { ...soon, daysLeft: 7 }, { ...team, renewed, expiry: NEXT }]),
    },
    { name: 'reminder/digest-manager', card: digestCard(m, [view, { ...view, refusedAt: renewed.at }]) },
    {
      name: 'reminder/digest-manager-estimated',
      card: digestCard(m, [view, { ...view, expiry: { ...EXPIRY, estimated: true }, snoozes: ['monday'] }]),
    },
    {
      name: 'reminder/digest-manager-snoozed',
      card: digestCard(m, [
        { ...view, snoozedUntil: '2027-03-22T08:00:00Z' },
        { ...view, snoozedUntil: '2027-03-22T08:00:00Z' },
      ]),
    },
    {
      name: 'reminder/digest-done',
      card: digestCard(m, [
        { ...view, renewed },
        { ...view, renewed },
      ]),
    },
    {
      name: 'reminder/digest-accepted',
      card: digestCard(m, [
        { ...view, news: { kind: 'accepted' } },
        { ...view, news: { kind: 'refused' }, refusedAt: renewed.at, snoozes: [] },
      ]),
    },
    { name: 'reminder/subscribed', card: subscriptionCard(m, 'on', [scene.account]) },
    { name: 'reminder/unsubscribed', card: subscriptionCard(m, 'off', [scene.account]) },
  ];
}
