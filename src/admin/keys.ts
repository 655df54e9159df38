import { existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { Command } from 'commander';
import { loadStoreConfig } from '../config.ts';
import { Refusal } from '../refusal.ts';
import type { AccountId } from '../store/accounts.ts';
import { addSealingKey, readSealingKeys } from '../store/keys.ts';
import { BrokenSeals, CURE } from './broken-seals.ts';
import { type Shell, withDependencies } from './shell.ts';

/** How many records are sealed again at a time, and after how many one more line is said. */
const AT_ONCE = 16;
const PROGRESS = 1_000;

export function addKeysCommands(program: Command, shell: Shell): void {
  const keys = program
    .command('keys')
    .description('les clés qui scellent les mots de passe, et les jetons des espaces Slack')
    .usage('<commande>');

  keys
    .command('generate')
    .description('ajoute une clé, la première désormais, au fichier que nomme STORE_KEYS_FILE')
    .action(() => generate(shell));

  keys
    .command('rotate')
    .description('scelle à nouveau, avec la clé la plus récente, tout ce qui l’est avec une plus ancienne')
    .option('--json', 'répond en JSON')
    .action((options: { json?: boolean }) => rotate(shell, options));
}

async function generate(shell: Shell): Promise<void> {
  const { keysFile } = loadStoreConfig(shell.env);
  const add = () => addSealingKey(keysFile);
  if (!existsSync(keysFile)) {
    shell.print(`Clé ${await add()} créée dans ${keysFile}, que vous seul pouvez lire.`);
    shell.print(
      'Gardez une copie de ce fichier, ailleurs que les données : sans lui, les mots de passe gardés ne se lisent plus.',
    );
    return;
  }
  const kid = await withDependencies(shell, async ({ record }) => {
    const added = await add();
    await record(`keyAdded ${added}`);
    return added;
  });
  shell.print(`Clé ${kid} ajoutée en tête de ${keysFile}.`);
  shell.print('1. Gardez une copie de ce fichier, et portez-le sur chaque machine où tourne le bot.');
  shell.print('2. Redémarrez le bot : il scellera avec la nouvelle clé, et lira encore avec les anciennes.');
  shell.print('3. Lancez « npm run admin -- keys rotate ».');
}

/** While the bot runs; cut off, it is simply run again. */
async function rotate(shell: Shell, { json }: { json?: boolean }): Promise<void> {
  const { keysFile } = loadStoreConfig(shell.env);
  const [{ kid }] = await readSealingKeys(keysFile);
  let accounts = 0;
  let resealed = 0;
  const broken = new BrokenSeals();
  await withDependencies(shell, async ({ credentials, installations, record }) => {
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
    await record(`passwordsResealed ${resealed} ${kid}`);
  });
  shell.print(
    json
      ? JSON.stringify({ kid, accounts, resealed, broken: broken.names })
      : `${resealed} mots de passe et jetons scellés à nouveau avec la clé ${kid} (${accounts} comptes vus).`,
  );
  if (broken.names.length > 0) {
    throw new Refusal(
      `mots de passe illisibles avec les clés de STORE_KEYS_FILE : ${broken.names.join(', ')} ; remettez-y ${CURE}`,
    );
  }
}
