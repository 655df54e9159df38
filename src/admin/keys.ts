import { existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { Command } from 'commander';
import { loadStoreConfig, type StoreConfig } from '../config.ts';
import { Refusal } from '../refusal.ts';
import type { AccountId } from '../store/accounts.ts';
import { refusedSentence } from '../store/explain.ts';
import { addSealingKey, markRecordsAuthenticated, readKeysFile, removeOlderKeys } from '../store/keys.ts';
import { once } from '../store/once.ts';
import { Sealer } from '../store/seal.ts';
import { RecordRefused } from '../store/store.ts';
import { BrokenSeals, CURE } from './broken-seals.ts';
import { type Dependencies, dependenciesOf, openConfigured, type Shell, withDependencies } from './shell.ts';

/** How many records are written again at a time, and after how many one more line is said. */
const AT_ONCE = 16;
const PROGRESS = 1_000;
/** How often all records are gone through before it is said that somebody goes on writing without a signature. */
const PASSES_AT_MOST = 3;

export function addKeysCommands(program: Command, shell: Shell): void {
  const keys = program
    .command('keys')
    .description(
      'les clés qui scellent les mots de passe et les jetons Slack, et signent tout ce qui est gardé',
    )
    .usage('<commande>');

  keys
    .command('generate')
    .description('ajoute une clé, la première désormais, au fichier que nomme STORE_KEYS_FILE')
    .action(() => generate(shell));

  keys
    .command('list')
    .description('montre les identifiants des clés, la plus récente d’abord')
    .option('--json', 'répond en JSON')
    .action((options: { json?: boolean }) => list(shell, options));

  keys
    .command('rotate')
    .description('scelle et signe à nouveau, avec la clé la plus récente, tout ce qui est gardé')
    .option('--accept <enregistrement>', 'signe celui-ci tel qu’il est, même s’il ne se vérifie pas', gather)
    .option('--accept-all', 'signe tels quels tous ceux qui ne se vérifient pas ; comparez-les d’abord')
    .option('--drop <enregistrement>', 'retire celui-ci, s’il ne se vérifie pas', gather)
    .option('--json', 'répond en JSON')
    .action((options: RotateOptions) => rotate(shell, options));

  keys
    .command('prune')
    .description('retire du fichier les clés qui ne servent plus à rien de ce qui est gardé')
    .action(() => prune(shell));
}

/** An option that may be given several times. */
function gather(name: string, before: readonly string[] = []): readonly string[] {
  return [...before, name];
}

async function generate(shell: Shell): Promise<void> {
  const config = loadStoreConfig(shell.env);
  const { keysFile } = config;
  if (!existsSync(keysFile)) return generateFirst(shell, config);
  const kid = await withDependencies(shell, async ({ record }) => {
    const added = await addSealingKey(keysFile);
    await record(`keyAdded ${added}`);
    return added;
  });
  shell.print(`Clé ${kid} ajoutée en tête de ${keysFile}.`);
  shell.print('1. Gardez une copie de ce fichier, et portez-le sur chaque machine où tourne le bot.');
  shell.print('2. Redémarrez le bot : il scellera avec la nouvelle clé, et lira encore avec les anciennes.');
  shell.print('3. Lancez « npm run admin -- keys rotate ».');
}

/** In a store that has nothing yet, every record will have its signature; one without is refused from the beginning. */
async function generateFirst(shell: Shell, config: StoreConfig): Promise<void> {
  const isNew = await isStoreNew(shell, config);
  const kid = await addSealingKey(config.keysFile, isNew);
  shell.print(`Clé ${kid} créée dans ${config.keysFile}, que vous seul pouvez lire.`);
  shell.print(
    'Gardez une copie de ce fichier, ailleurs que les données : sans lui, les mots de passe gardés ne se lisent plus.',
  );
  if (isNew) return;
  shell.print(
    'Le coffre de STORE_URL contient déjà quelque chose, ou ne répond pas : quand il répondra, lancez « npm run admin -- keys rotate ». D’ici là, un enregistrement sans signature est accepté.',
  );
}

async function isStoreNew(shell: Shell, config: StoreConfig): Promise<boolean> {
  const store = await openConfigured(shell, config, config.allowVolatileRedis).catch(() => undefined);
  if (store === undefined) return false;
  try {
    for await (const _ of store.keys('')) return false;
    return true;
  } catch {
    return false;
  } finally {
    await store.close();
  }
}

async function list(shell: Shell, { json }: { json?: boolean }): Promise<void> {
  const { keysFile } = loadStoreConfig(shell.env);
  const { keys, recordsAuthenticated } = await readKeysFile(keysFile);
  const kids = keys.map(({ kid }) => kid);
  if (json) return shell.print(JSON.stringify({ keys: kids, recordsAuthenticated }));
  for (const [i, kid] of kids.entries())
    shell.print(i === 0 ? `${kid}  scelle, signe et lit` : `${kid}  lit`);
  shell.print(
    recordsAuthenticated
      ? 'Un enregistrement sans signature est refusé.'
      : 'Un enregistrement sans signature est encore accepté : lancez « npm run admin -- keys rotate ».',
  );
}

interface RotateOptions {
  readonly acceptAll?: boolean;
  readonly accept?: readonly string[];
  readonly drop?: readonly string[];
  readonly json?: boolean;
}

/** While the bot runs; cut off, it is simply run again. */
async function rotate(shell: Shell, options: RotateOptions): Promise<void> {
  const { keysFile } = loadStoreConfig(shell.env);
  const { keys, recordsAuthenticated } = await readKeysFile(keysFile);
  const [{ kid }] = keys;
  const broken = new BrokenSeals();
  const rotated = await withDependencies(shell, async (dependencies) => {
    await mend(dependencies, options);
    const sealed = await reseal(shell, dependencies, broken);
    const signed = await signAll(shell, dependencies);
    await dependencies.record(`passwordsResealed ${sealed.resealed} ${kid}`);
    await dependencies.record(`recordsAuthenticated ${signed.authenticated}`);
    return { ...sealed, ...signed };
  });
  if (!recordsAuthenticated) await markRecordsAuthenticated(keysFile);
  const { accounts, resealed, authenticated, refused } = rotated;
  if (options.json) {
    const names = refused.map(({ key }) => key);
    shell.print(
      JSON.stringify({ kid, accounts, resealed, broken: broken.names, authenticated, refused: names }),
    );
  } else {
    shell.print(
      `${resealed} mots de passe et jetons scellés à nouveau avec la clé ${kid} (${accounts} comptes vus), ${authenticated} enregistrements signés.`,
    );
    if (!recordsAuthenticated)
      shell.print(
        `Désormais, un enregistrement sans signature est refusé : portez ${keysFile} sur chaque machine où tourne le bot, et gardez-en une copie.`,
      );
  }
  assertAllIsWell(broken, refused);
}

function assertAllIsWell(broken: BrokenSeals, refused: readonly RecordRefused[]): void {
  const sentences = [
    ...(refused.length === 0 ? [] : [refusedSentence(refused)]),
    ...(broken.names.length === 0
      ? []
      : [
          `mots de passe illisibles avec les clés de STORE_KEYS_FILE : ${broken.names.join(', ')} ; remettez-y ${CURE}`,
        ]),
  ];
  if (sentences.length > 0) throw new Refusal(sentences.join(' ; '));
}

/** What somebody answers for: a record that does not verify is signed as it is, or removed. */
async function mend(dependencies: Dependencies, { accept = [], drop = [], acceptAll }: RotateOptions) {
  const { store, audit, record } = dependencies;
  if (acceptAll) {
    const accepted = await acceptRest(dependencies);
    await record(`recordsAccepted ${accepted}`);
  }
  for (const key of accept) {
    const renewal = await audit.renew(key, true);
    if (renewal === 'gone') throw new Refusal(`--accept : il n’y a pas d’enregistrement ${key}`);
    if (renewal instanceof RecordRefused)
      throw new Refusal(`--accept : ${key} est illisible ; « --drop ${key} » le retire`);
    await record(`recordAccepted ${key}`);
  }
  for (const key of drop) {
    const renewal = await audit.renew(key);
    if (!(renewal instanceof RecordRefused))
      throw new Refusal(`--drop : il n’y a pas d’enregistrement ${key} qui ne se vérifie pas`);
    await store.remove(key, renewal.version);
    await record(`recordDropped ${key}`);
  }
}

/** Gives how many that were. Also those of the journal: it is written to only afterwards. */
async function acceptRest({ store, audit }: Dependencies): Promise<number> {
  let accepted = 0;
  for await (const key of once(store.keys(''))) {
    const state = await audit.inspect(key);
    if (!(state instanceof RecordRefused)) continue;
    if ((await audit.renew(key, true)) !== 'gone') accepted += 1;
  }
  return accepted;
}

async function reseal(
  shell: Shell,
  { credentials, installations }: Dependencies,
  broken: BrokenSeals,
): Promise<{ accounts: number; resealed: number }> {
  let accounts = 0;
  let resealed = 0;
  for await (const id of installations.ids())
    resealed += await installations.reseal(id).catch(broken.of(`Slack ${id}`));
  await Readable.from(credentials.accounts()).forEach(
    async (account: AccountId) => {
      const here = await credentials.reseal(account).catch(broken.of(account));
      resealed += here;
      accounts += 1;
      if (accounts % PROGRESS === 0) shell.warn(`${accounts} comptes vus, ${resealed} scellés à nouveau`);
    },
    { concurrency: AT_ONCE },
  );
  return { accounts, resealed };
}

/** Until no record is found that nobody has signed: a bot of an earlier version would go on writing such. */
async function signAll(
  shell: Shell,
  dependencies: Dependencies,
): Promise<{ authenticated: number; refused: readonly RecordRefused[] }> {
  let authenticated = 0;
  for (let pass = 0; pass < PASSES_AT_MOST; pass++) {
    const { renewed, adopted, refused } = await signEach(shell, dependencies);
    authenticated += renewed + adopted;
    if (adopted === 0) return { authenticated, refused };
  }
  throw new Refusal(
    'un bot d’une version antérieure écrit encore dans STORE_URL ; arrêtez-le, puis relancez la commande',
  );
}

async function signEach(
  shell: Shell,
  { store, audit }: Dependencies,
): Promise<{ renewed: number; adopted: number; refused: readonly RecordRefused[] }> {
  const counts = { renewed: 0, adopted: 0 };
  const refused: RecordRefused[] = [];
  await Readable.from(once(store.keys(''))).forEach(
    async (key: string) => {
      const renewal = await audit.renew(key);
      if (renewal instanceof RecordRefused) refused.push(renewal);
      if (renewal !== 'renewed' && renewal !== 'adopted') return;
      counts[renewal] += 1;
      const signed = counts.renewed + counts.adopted;
      if (signed % PROGRESS === 0) shell.warn(`${signed} enregistrements signés`);
    },
    { concurrency: AT_ONCE },
  );
  return { ...counts, refused };
}

/** Nothing that is kept may need what is taken out: all of it is read with the newest key alone. */
async function prune(shell: Shell): Promise<void> {
  const config = loadStoreConfig(shell.env);
  const { keys, recordsAuthenticated } = await readKeysFile(config.keysFile);
  const [newest, ...older] = keys;
  if (older.length === 0) throw new Refusal(`il n’y a qu’une clé dans ${config.keysFile}, rien n’a changé`);
  const store = await openConfigured(shell, config, config.allowVolatileRedis);
  try {
    const dependencies = dependenciesOf(shell, store, new Sealer([newest], { recordsAuthenticated }));
    await assertReadable(dependencies);
    await dependencies.record(`keysRemoved ${older.map(({ kid }) => kid).join(' ')}`);
  } finally {
    await store.close();
  }
  await removeOlderKeys(config.keysFile, newest.kid);
  shell.print(`${older.length} clé(s) retirée(s) de ${config.keysFile} ; il reste ${newest.kid}.`);
  shell.print(
    'Les sauvegardes faites avec elles ne se restaurent plus avec ce fichier : gardez l’ancien aussi longtemps qu’elles.',
  );
}

async function assertReadable({ store, credentials, installations, journal, refused }: Dependencies) {
  const broken = new BrokenSeals();
  for await (const account of credentials.accounts())
    for (const slot of ['current', 'pending', 'previous', 'setAside'] as const)
      await credentials[slot](account).catch(broken.of(account));
  for await (const id of installations.ids()) await installations.find(id).catch(broken.of(`Slack ${id}`));
  for await (const key of store.keys('')) await store.readMany([key]);
  const verdict = await journal.verify();
  if (broken.names.length === 0 && refused.size === 0 && verdict.whole) return;
  throw new Refusal(
    'tout ce qui est gardé ne se lit pas avec la clé la plus récente seule, rien n’a changé ; lancez d’abord « npm run admin -- keys rotate »',
  );
}
