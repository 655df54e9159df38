import { existsSync } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Command } from 'commander';
import { loadStoreConfig } from '../config.ts';
import { Refusal } from '../refusal.ts';
import type { AccountId } from '../store/accounts.ts';
import { writeAtomically } from '../store/atomic-file.ts';
import { BackupBroken, backupLines, RAISED_BY, restoreBackup, verifyBackup } from '../store/backup.ts';
import { refusedSentence } from '../store/explain.ts';
import { openSealer } from '../store/seal.ts';
import { ifRefused, RecordRefused } from '../store/store.ts';
import { dateText } from './account-view.ts';
import { BrokenSeals } from './broken-seals.ts';
import { type Dependencies, type Shell, withDependencies } from './shell.ts';

export function addBackupCommands(program: Command, shell: Shell): void {
  const backup = program
    .command('backup')
    .description('sauvegarde tout ce qui est gardé, sauf les clés')
    .argument('<fichier>', 'le fichier à créer ; « - » : la sortie standard')
    .action((file: string) => (file === '-' ? backUpToOutput(shell) : backUp(shell, file)));

  backup
    .command('verify')
    .description('relit une sauvegarde jusqu’au bout, sans rien restaurer')
    .argument('<fichier>', 'la sauvegarde')
    .option('--json', 'répond en JSON')
    .action((file: string, options: { json?: boolean }) => verify(shell, file, options));

  program
    .command('restore')
    .description('remet ce qu’une sauvegarde contient ; arrêtez le bot avant')
    .argument('<fichier>', 'la sauvegarde')
    .option('--force', 'remplace ce que le coffre contient déjà')
    .option('--accept-unsigned', 'restaure aussi une sauvegarde que personne n’a signée')
    .action((file: string, options: RestoreOptions) => restore(shell, file, options));
}

async function backUp(shell: Shell, file: string): Promise<void> {
  if (existsSync(file)) throw new Refusal(`${file} existe déjà ; donnez un autre nom`);
  await withDependencies(shell, async ({ store, sealer, record, refused }) => {
    await record('backupMade');
    try {
      await writeAtomically(file, backupLines(store, sealer, shell.now()));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      throw new Refusal(
        `${file} ne peut pas être écrit ; choisissez un dossier qui existe et qui a de la place`,
      );
    }
    if (refused.size === 0) return;
    throw new Refusal(`${file} est fait, sans tout ; ${refusedSentence([...refused.values()])}`);
  });
  shell.print(`Sauvegarde faite : ${file}`);
  shell.print(
    'Les mots de passe y restent scellés : gardez aussi, ailleurs, une copie du fichier STORE_KEYS_FILE.',
  );
}

/** For a pipe: `backup - | gzip > …`. What is said of it goes to standard error. */
async function backUpToOutput(shell: Shell): Promise<void> {
  await withDependencies(shell, async ({ store, sealer, record, refused }) => {
    await record('backupMade');
    for await (const line of backupLines(store, sealer, shell.now())) await shell.write(line);
    if (refused.size === 0) return;
    throw new Refusal(`la sauvegarde est faite, sans tout ; ${refusedSentence([...refused.values()])}`);
  });
}

async function verify(shell: Shell, file: string, { json = false }: { json?: boolean }): Promise<void> {
  await assertReadable(file);
  const { keysFile } = loadStoreConfig(shell.env);
  const found = await verifyBackup(await openSealer(keysFile), file).catch(refusedBackup(file));
  if (json) return shell.print(JSON.stringify(found));
  const { records, madeAt, isSigned } = found;
  if (!isSigned)
    shell.warn(
      'Cette sauvegarde n’est pas signée : rien ne dit qui l’a écrite ; une version antérieure l’a faite.',
    );
  const made = madeAt === undefined ? '' : `, faite le ${dateText(madeAt)}`;
  shell.print(`Sauvegarde entière : ${records} enregistrements${made}.`);
}

async function assertReadable(file: string): Promise<void> {
  await access(file).catch(() => {
    throw new Refusal(`${file} ne peut pas être lu ; donnez le chemin d’une sauvegarde`);
  });
}

function refusedBackup(file: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof BackupBroken ? new Refusal(`${file} : ${WHY[error.why]}`) : error;
  };
}

interface RestoreOptions {
  readonly force?: boolean;
  readonly acceptUnsigned?: boolean;
}

async function restore(shell: Shell, file: string, options: RestoreOptions): Promise<void> {
  const { force, acceptUnsigned = false } = options;
  await assertReadable(file);
  const { records, isSigned } = await withDependencies(shell, async (dependencies) => {
    if (!force && (await holdsSomething(dependencies))) {
      throw new Refusal(
        'le coffre de STORE_URL n’est pas vide, rien n’a changé ; --force remplace ce qu’il contient',
      );
    }
    const { store, sealer } = dependencies;
    const given = await versionsGiven(dependencies);
    const restored = await restoreBackup(store, sealer, file, { acceptsUnsigned: acceptUnsigned }).catch(
      refusedBackup(file),
    );
    await follow(dependencies, given, shell.now());
    await dependencies.record('backupRestored');
    return restored;
  });
  if (!isSigned)
    shell.warn(
      'Cette sauvegarde n’était pas signée : rien ne dit qui l’a écrite ; vérifiez ce qu’elle a remis.',
    );
  shell.print(`Sauvegarde restaurée et relue : ${records} enregistrements.`);
  shell.print('Vérifiez avec « npm run admin -- doctor » que les clés présentes ouvrent les mots de passe.');
}

const WHY = {
  notABackup: 'ce n’est pas une sauvegarde du bot ; donnez un fichier qu’a fait « backup »',
  otherVersion: 'cette sauvegarde vient d’une autre version du bot ; restaurez-la avec celle qui l’a faite',
  damaged: 'cette sauvegarde est abîmée ou incomplète, rien n’a changé ; prenez-en une autre',
  unsigned:
    'cette sauvegarde vient d’une version qui ne les signait pas : rien ne dit qui l’a écrite, rien n’a changé ; si vous savez d’où elle vient, ajoutez --accept-unsigned',
  forged:
    'aucune clé de STORE_KEYS_FILE n’a signé ce qu’elle contient : quelqu’un l’a modifiée, rien n’a changé ; prenez-en une autre',
  keyMissing:
    'cette sauvegarde a été signée avec une clé qui n’est pas dans STORE_KEYS_FILE, rien n’a changé ; remettez-y cette clé',
} as const;

async function holdsSomething({ store }: Dependencies): Promise<boolean> {
  for await (const _ of store.keys('')) return true;
  return false;
}

/** The last version that each account's passwords had before the restore. */
async function versionsGiven({ credentials }: Dependencies): Promise<ReadonlyMap<AccountId, number>> {
  const given = new Map<AccountId, number>();
  for await (const account of credentials.accounts()) {
    const last = await credentials.lastVersion(account).catch(ifRefused);
    if (!(last instanceof RecordRefused)) given.set(account, last);
  }
  return given;
}

/**
 * Makes anew what follows from the records: the index of people, and the agenda, by waking every reset once. No version
 * of a password is given twice, neither one from after the backup nor one that it never had.
 */
async function follow(
  { accounts, resets, credentials, installations }: Dependencies,
  given: ReadonlyMap<AccountId, number>,
  now: Date,
): Promise<void> {
  const restored = new Set<AccountId>(given.keys());
  for await (const account of credentials.accounts()) restored.add(account);
  for (const account of restored) {
    const last = Math.max(given.get(account) ?? 0, await credentials.lastVersion(account));
    await credentials.skipVersions(account, last + RAISED_BY);
  }
  // One that does not open stays as it is: `doctor` names it.
  const broken = new BrokenSeals();
  for await (const id of installations.ids()) await installations.raise(id, RAISED_BY).catch(broken.of(id));
  for await (const { id } of accounts.all()) {
    await accounts.change(id, (account) => account);
    if ((await resets.load(id)) !== undefined) await resets.wakeAt(id, now);
  }
}
