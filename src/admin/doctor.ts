import type { Command } from 'commander';
import type { Environment } from '../chorus/verdict.ts';
import { type Config, loadConfig, loadEnvironment, loadStoreConfig, type StoreConfig } from '../config.ts';
import { Refusal } from '../refusal.ts';
import { explain, refusedSentence } from '../store/explain.ts';
import { readKeysFile } from '../store/keys.ts';
import { once } from '../store/once.ts';
import { StoreProbe } from '../store/probe.ts';
import { openSealer, type Sealer } from '../store/seal.ts';
import { RecordRefused, type Store, StoreUnavailable } from '../store/store.ts';
import { BrokenSeals, CURE } from './broken-seals.ts';
import { wrongEnvironment } from './connection.ts';
import { CLOCK_SLACK_MS, onlineChecks, SET_THE_CLOCK } from './doctor-online.ts';
import { doctorWarnings } from './doctor-warnings.ts';
import { brokenJournal } from './journal.ts';
import { type Dependencies, dependenciesOf, openConfigured, type Shell } from './shell.ts';

interface Finding {
  readonly check: string;
  readonly ok: boolean;
  /** Nothing is wrong, but somebody may go without an answer. */
  readonly warning?: true;
  /** What was seen; where it is bad, also what to do. One line, or one for each variable that is wrong. */
  readonly text: string;
}

interface Options {
  readonly online?: boolean;
  /** The account whose password is tested too. */
  readonly login?: string;
  readonly json?: boolean;
}

export function addDoctorCommand(program: Command, shell: Shell): void {
  program
    .command('doctor')
    .description('vérifie la configuration, les clés, le coffre et ce qu’il contient')
    .option('--online', 'vérifie aussi PISTE, Teams, Slack et l’horloge, par le réseau')
    .option('--login <login>', 'avec --online : teste aussi le mot de passe en service de ce compte')
    .option('--json', 'répond en JSON')
    .action((options: Options) => doctor(shell, options));
}

async function doctor(shell: Shell, { online = false, login, json = false }: Options): Promise<void> {
  if (login !== undefined && !online) throw new Refusal('--login : ajoutez --online');
  const findings = await new Examination(shell).run(online, login);
  if (json) shell.print(JSON.stringify(findings));
  else for (const finding of findings) for (const line of linesOf(finding)) shell.print(line);
  const failed = findings.filter(({ ok }) => !ok).length;
  if (failed > 0) throw new Refusal(`${failed} vérification(s) en échec ; chaque ligne ✗ dit quoi faire`);
}

function linesOf({ check, ok, warning, text }: Finding): string[] {
  const [first, ...more] = text.split('\n');
  return [`${warning ? '!' : ok ? '✓' : '✗'} ${check} : ${first}`, ...more.map((line) => `  ${line}`)];
}

/** One check after the other; those whose ground is missing are left out. */
class Examination {
  readonly #shell: Shell;
  readonly #findings: Finding[] = [];

  constructor(shell: Shell) {
    this.#shell = shell;
  }

  async run(online: boolean, login: string | undefined): Promise<readonly Finding[]> {
    const { env } = this.#shell;
    let config: Config | undefined;
    await this.#check('configuration', async () => {
      config = loadConfig(env);
      return 'toutes les variables conviennent';
    });
    await this.#examineStore(config?.store ?? storeConfigOf(env), config);
    if (!online || config === undefined) return this.#findings;
    await this.#examineNetwork(config, login);
    return this.#findings;
  }

  async #examineStore(config: StoreConfig | undefined, all: Config | undefined): Promise<void> {
    if (config === undefined) return;
    let sealer: Sealer | undefined;
    await this.#check('clés', async () => {
      const { keys } = await readKeysFile(config.keysFile);
      sealer = await openSealer(config.keysFile);
      return `${keys.length} dans ${config.keysFile}, que vous seul pouvez lire`;
    });
    let store: Store | undefined;
    await this.#check('coffre', async () => {
      const opened = await openDurable(this.#shell, config);
      store = opened.store;
      await store.ping();
      const probe = new StoreProbe({ store, looked: () => undefined });
      await probe.assertWritable();
      return opened.durable
        ? 'il répond, et garde ce qu’il a reçu'
        : 'il répond, mais peut perdre des données : ALLOW_VOLATILE_REDIS=1 l’accepte';
    });
    if (store === undefined) return;
    try {
      if (sealer !== undefined) await this.#examineContent(store, sealer, all);
    } finally {
      await store.close();
    }
  }

  async #examineContent(store: Store, sealer: Sealer, config: Config | undefined): Promise<void> {
    const dependencies = dependenciesOf(this.#shell, store, sealer);
    await this.#check('enregistrements', () => examineRecords(dependencies));
    await this.#check('mots de passe', () => examineSeals(dependencies));
    await this.#check('comptes', () =>
      examineAccounts(dependencies, loadEnvironment(this.#shell.env), (line) => this.#shell.warn(line)),
    );
    const { journal, refused } = dependencies;
    await this.#check('journal', async () => {
      const verdict = await journal.verify();
      if (!verdict.whole) throw new Refusal(brokenJournal(verdict, refused.values()));
      return `entier, ${verdict.count} entrées`;
    });
    await this.#check('horloge', async () => {
      const [latest] = await journal.entries({ limit: 1 });
      const ahead = Date.parse(latest?.at ?? '') - this.#shell.now().getTime();
      if (ahead > CLOCK_SLACK_MS) throw new Refusal(`elle retarde sur le journal ; ${SET_THE_CLOCK}`);
      return 'elle ne retarde pas sur le journal';
    });
    await this.#warn(() => doctorWarnings(dependencies, config, this.#shell.now()));
  }

  async #examineNetwork(config: Config, login: string | undefined): Promise<void> {
    const groups = onlineChecks(this.#shell, config, login).map(async (group) =>
      Promise.all((await group).map(({ name, look }) => findingOf(name, look))),
    );
    this.#findings.push(...(await Promise.all(groups)).flat());
  }

  async #warn(look: () => Promise<readonly string[]>): Promise<void> {
    try {
      const warnings = await look();
      this.#findings.push(
        ...warnings.map((text) => ({ check: 'à savoir', ok: true, warning: true as const, text })),
      );
    } catch (error) {
      this.#findings.push({ check: 'à savoir', ok: false, text: explain(error).join('\n') });
    }
  }

  async #check(check: string, work: () => Promise<string>): Promise<void> {
    this.#findings.push(await findingOf(check, work));
  }
}

async function findingOf(check: string, work: () => Promise<string>): Promise<Finding> {
  try {
    return { check, ok: true, text: await work() };
  } catch (error) {
    return { check, ok: false, text: explain(error).join('\n') };
  }
}

/** Where the whole configuration is wrong, its part about the store may be right. */
function storeConfigOf(env: NodeJS.ProcessEnv | undefined): StoreConfig | undefined {
  try {
    return loadStoreConfig(env);
  } catch {
    return undefined;
  }
}

async function openDurable(shell: Shell, config: StoreConfig): Promise<{ store: Store; durable: boolean }> {
  try {
    return { store: await openConfigured(shell, config, false), durable: true };
  } catch (error) {
    if (!config.allowVolatileRedis || error instanceof StoreUnavailable) throw error;
    return { store: await openConfigured(shell, config, true), durable: false };
  }
}

/** Each record is what the bot has written, where the bot has put it. */
async function examineRecords({ store, audit, sealer }: Dependencies): Promise<string> {
  const refused: RecordRefused[] = [];
  const counts = { signed: 0, unsigned: 0, gone: 0 };
  for await (const key of once(store.keys(''))) {
    const state = await audit.inspect(key);
    if (state instanceof RecordRefused) refused.push(state);
    else counts[state] += 1;
  }
  if (refused.length > 0) throw new Refusal(refusedSentence(refused));
  if (counts.unsigned > 0)
    throw new Refusal(
      `${counts.unsigned} sont d’une version qui ne les signait pas ; lancez « npm run admin -- keys rotate », une fois que tous les bots ont la nouvelle version`,
    );
  const isRequired = await sealer.areRecordsAuthenticated();
  return isRequired
    ? `les ${counts.signed} se vérifient`
    : `les ${counts.signed} se vérifient ; « keys rotate » fera refuser ceux qui n’ont pas de signature`;
}

/** Opens everything that is sealed, and looks at nothing of it. */
async function examineSeals({ credentials, installations }: Dependencies): Promise<string> {
  const broken = new BrokenSeals();
  let accounts = 0;
  for await (const account of credentials.accounts()) {
    accounts += 1;
    for (const slot of ['current', 'pending', 'previous', 'setAside'] as const)
      await credentials[slot](account).catch(broken.of(`${account} (${slot})`));
  }
  for await (const id of installations.ids()) await installations.find(id).catch(broken.of(`Slack ${id}`));
  if (broken.refused.size > 0)
    throw new Refusal(
      `ceux-ci ne s’ouvrent pas, puisque leur enregistrement ne se vérifie pas : ${[...broken.refused].join(', ')}`,
    );
  if (broken.names.length === 0) return `tous ceux de ${accounts} comptes s’ouvrent`;
  throw new Refusal(`ne s’ouvrent pas : ${broken.names.join(', ')} ; remettez dans STORE_KEYS_FILE ${CURE}`);
}

/** Each account can be read, and its people find it. */
async function examineAccounts(
  { accounts }: Dependencies,
  environment: Environment,
  warn: Shell['warn'],
): Promise<string> {
  let count = 0;
  for await (const { id, login, manager, deputy } of accounts.all()) {
    count += 1;
    const mistaken = wrongEnvironment(login, environment);
    if (mistaken !== undefined) warn(`comptes : ${mistaken}`);
    for (const person of deputy === undefined ? [manager] : [manager, deputy]) {
      const theirs = await accounts.ofPerson(person);
      if (theirs.some((account) => account.id === id)) continue;
      throw new Refusal(
        `${person} ne trouve pas ${login} ; relancez « account set --login ${login} --manager ${manager} »`,
      );
    }
  }
  return `${count}, et leurs gestionnaires les trouvent`;
}
