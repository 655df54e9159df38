import { randomUUID } from 'node:crypto';
import { openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Channel, Place, Posted, Submitted, Turn } from '../../src/bot/channel.ts';
import type { ResetRecord } from '../../src/bot/reset/record.ts';
import type { Card } from '../../src/cards/card.ts';
import { ChorusClient } from '../../src/chorus/client.ts';
import { hasEnded, type ResetAction } from '../../src/chorus/procedures/reset.ts';
import { begin, step } from '../../src/chorus/procedures/transitions.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { Secret } from '../../src/secret.ts';
import { AuthenticatedStore } from '../../src/store/authenticated-store.ts';
import { Journal } from '../../src/store/journal.ts';
import { readSealingKeys } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open.ts';
import { Sealer } from '../../src/store/seal.ts';
import { type Store, StoreUnavailable } from '../../src/store/store.ts';
import { CrashInjector } from './crash-injector.ts';
import { type Dependencies, openDependencies } from './dependencies.ts';
import type { Order, Renewal, Word } from './kill-orders.ts';
import { CLAIRE, saysKept, turnOf } from './submissions.ts';

// One replica of the bot that obeys its parent, writes down what people were told, and in the end kills itself.
const [, , storeUrl = '', keysFile = '', chorusUrl = '', wordsFile = ''] = process.argv;

const words = openSync(wordsFile, 'a');
/** Written before the next instruction runs, so that no kill takes it back. */
const note = (word: Word) => writeSync(words, `${JSON.stringify(word)}\n`);

// The machine's clock is the parent's to move on: LMDB's claims go by it.
let skipped = 0;
const real = Date.now;
Date.now = () => real() + skipped;
const now = () => new Date(Date.now());

class NotingChannel implements Channel {
  readonly platform = 'teams';

  async show(place: Place, card: Card): Promise<Posted> {
    const posted = { place, message: randomUUID() };
    await this.replace(posted, card);
    return posted;
  }

  async replace({ place, message }: Posted, { title }: Card): Promise<void> {
    note({ drawn: message, account: place.address.account ?? '', title });
  }
}

/** What is the same for every bot in this process. */
async function openCommon() {
  const sealer = new Sealer(await readSealingKeys(keysFile));
  const store = new AuthenticatedStore(await openStore(storeUrl), sealer);
  return {
    store,
    sealer,
    chorus: new ChorusClient({
      tokenUrl: `${chorusUrl}/api/oauth/token`,
      apiUrl: chorusUrl,
      piste: { clientId: 'app', clientSecret: new Secret('app secret') },
    }),
    channel: new NotingChannel(),
    journal: new Journal(store, sealer),
    metrics: createMetrics(),
    log: createLog('error', { write: (line) => note({ logged: line }) }),
    now,
  };
}

type Common = Awaited<ReturnType<typeof openCommon>>;

interface OpenedBot extends Common {
  readonly dependencies: Dependencies;
}

async function openBot(): Promise<OpenedBot> {
  const common = await openCommon();
  return { ...common, dependencies: openDependencies(common) };
}

/** A bot of its own on the same store, whose every call passes the injector. */
function withCrash(bot: OpenedBot, crash: CrashInjector, hasOwnJournal: boolean): Dependencies {
  const store = crash.wrap<Store>('store', bot.store);
  return openDependencies({
    ...bot,
    store,
    chorus: crash.wrap('chorus', { testConnection: bot.chorus.testConnection.bind(bot.chorus) }),
    channel: crash.wrap<Channel>('channel', bot.channel),
    // Bots that append one after the other do not race for the same number.
    journal: hasOwnJournal ? new Journal(store, bot.sealer) : bot.journal,
  });
}

/** What a manager does, and does again after a crash: the same form, with the same password in it. */
class Manager {
  readonly #dependencies: Dependencies;
  readonly #renewal: Renewal;

  constructor(dependencies: Dependencies, renewal: Renewal) {
    this.#dependencies = dependencies;
    this.#renewal = renewal;
  }

  get #turn(): Turn {
    return {
      ...turnOf(CLAIRE),
      place: { platform: 'teams', private: true, address: { account: this.#renewal.account } },
    };
  }

  /** The walk is behind this manager, up to the card that shows the new password on the portal. */
  async walkToPassword(): Promise<void> {
    if (this.#renewal.way === 'atOnce') return;
    const { account, submission } = this.#renewal;
    const { person, place } = this.#turn;
    let { reset } = begin(submission, 'signIn', now());
    for (let click = 1; click < 3; click++) reset = step(reset, { kind: 'done' }, now()).reset;
    const record: ResetRecord = { reset, holder: person, place, posted: { place, message: randomUUID() } };
    const before = await this.#dependencies.resetRecords.load(account);
    await this.#dependencies.resetRecords.save(account, record, before?.version ?? 0);
  }

  /** All that there is between « Mettre à l'abri », or the configuration card's form, and the verdict. */
  async renew(): Promise<void> {
    await this.#submit();
    if (this.#renewal.way === 'atOnce') return;
    await this.#click('done');
    await this.#click('done');
  }

  /** Does what the card asks for until the reset has ended, whatever a crash has left undone. */
  async finish(): Promise<void> {
    const { account, submission } = this.#renewal;
    for (let clicks = 0; clicks < 20; clicks++) {
      try {
        const saved = await this.#dependencies.resetRecords.load(account);
        const reset = saved?.value.reset;
        const isMine = saved?.value.submission === submission;
        if (isMine && reset !== undefined && hasEnded(reset)) return;
        if (!isMine) await this.#submit();
        else await this.#click(reset?.step === 'refused' || reset?.step === 'unknown' ? 'abandon' : 'done');
      } catch (error) {
        orUnavailable(error);
        await sleep(500);
      }
    }
  }

  async #submit(): Promise<void> {
    const { account, submission, password, way } = this.#renewal;
    const beforeTheEmail = way === 'putAway';
    const turn: Submitted = {
      ...this.#turn,
      form: beforeTheEmail ? 'password' : 'configurationPassword',
      data: { account, submission, beforeSubmit: beforeTheEmail ? 1 : 0, reset: submission },
      lines: { expiry: '18/04/2027 02:00:00' },
    };
    const answer = await this.#dependencies.passwords.submit(turn, new Secret(password));
    if (saysKept(answer)) note({ kept: password, account });
  }

  async #click(kind: ResetAction['kind']): Promise<void> {
    const { account } = this.#renewal;
    const reset = (await this.#dependencies.resetRecords.load(account))?.value.reset;
    const data = { account, reset: reset?.id ?? '', revision: reset?.revision ?? 0 };
    await this.#dependencies.resetRunner.act({ ...this.#turn, verb: kind, data }, { kind });
  }
}

async function obey(order: Order, bot: OpenedBot): Promise<readonly string[]> {
  skipped = order.skipped;
  const { dependencies } = bot;
  const prepare = (renewal: Renewal) => new Manager(dependencies, renewal).walkToPassword();
  switch (order.kind) {
    case 'tick':
      await dependencies.resetRunner.wakeDue();
      await dependencies.settled();
      return [];
    case 'finish':
      await Promise.all(order.renewals.map((renewal) => new Manager(dependencies, renewal).finish()));
      await dependencies.settled();
      return [];
    case 'survey': {
      const crash = new CrashInjector();
      await prepare(order.renewal);
      const crashing = withCrash(bot, crash, true);
      await new Manager(crashing, order.renewal).renew();
      await crashing.settled();
      return crash.calls;
    }
    case 'die': {
      await Promise.all(order.renewals.map(prepare));
      await Promise.all(
        order.renewals.map(async (renewal) => {
          const crash = new CrashInjector(renewal.crashPoint);
          const crashing = withCrash(bot, crash, renewal.crashPoint.point.includes('journal'));
          const whole = new Manager(crashing, renewal)
            .renew()
            .catch(orUnavailable)
            .then(() => crashing.settled());
          await Promise.race([crash.crashed, whole.then(() => note({ missed: renewal.account }))]);
        }),
      );
      process.kill(process.pid, 'SIGKILL');
      return [];
    }
    default:
      return order satisfies never;
  }
}

/** Where the machine is so busy that the store takes too long, people read so, and nothing is lost. */
function orUnavailable(error: unknown): void {
  if (!(error instanceof StoreUnavailable)) throw error;
}

// Opened when it is first needed: a process may wait for its turn, and must find what the one before it has left.
let opening: Promise<OpenedBot> | undefined;

process.on('message', async (order: Order) => {
  opening ??= openBot();
  const bot = await opening;
  process.send?.(await obey(order, bot));
});
process.on('disconnect', () => process.exit());
process.send?.([]);
