import { existsSync } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Command } from 'commander';
import { Refusal } from '../refusal.ts';
import { writeAtomically } from '../store/atomic-file.ts';
import { BackupBroken, backupLines, restoreBackup } from '../store/backup.ts';
import { type Dependencies, type Shell, withDependencies } from './shell.ts';

export function addBackupCommands(program: Command, shell: Shell): void {
  program
    .command('backup')
    .description('sauvegarde tout ce qui est gardé, sauf les clés')
    .argument('<fichier>', 'le fichier à créer')
    .action((file: string) => backUp(shell, file));

  program
    .command('restore')
    .description('remet ce qu’une sauvegarde contient ; arrêtez le bot avant')
    .argument('<fichier>', 'la sauvegarde')
    .option('--force', 'remplace ce que le coffre contient déjà')
    .action((file: string, options: { force?: boolean }) => restore(shell, file, options));
}

async function backUp(shell: Shell, file: string): Promise<void> {
  if (existsSync(file)) throw new Refusal(`${file} existe déjà ; donnez un autre nom`);
  await withDependencies(shell, async ({ store, record }) => {
    await record('backupMade');
    try {
      await writeAtomically(file, backupLines(store, shell.now()));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      throw new Refusal(
        `${file} ne peut pas être écrit ; choisissez un dossier qui existe et qui a de la place`,
      );
    }
  });
  shell.print(`Sauvegarde faite : ${file}`);
  shell.print(
    'Les mots de passe y restent scellés : gardez aussi, ailleurs, une copie du fichier STORE_KEYS_FILE.',
  );
}

async function restore(shell: Shell, file: string, { force }: { force?: boolean }): Promise<void> {
  await access(file).catch(() => {
    throw new Refusal(`${file} ne peut pas être lu ; donnez le chemin d’une sauvegarde`);
  });
  const count = await withDependencies(shell, async (dependencies) => {
    if (!force && (await holdsSomething(dependencies))) {
      throw new Refusal(
        'le coffre de STORE_URL n’est pas vide, rien n’a changé ; --force remplace ce qu’il contient',
      );
    }
    const restored = await restoreBackup(dependencies.store, file).catch((error: unknown) => {
      throw error instanceof BackupBroken ? new Refusal(`${file} : ${WHY[error.why]}`) : error;
    });
    await follow(dependencies, shell.now());
    await dependencies.record('backupRestored');
    return restored;
  });
  shell.print(`Sauvegarde restaurée et relue : ${count} enregistrements.`);
  shell.print('Vérifiez avec « npm run admin -- doctor » que les clés présentes ouvrent les mots de passe.');
}

const WHY = {
  notABackup: 'ce n’est pas une sauvegarde du bot ; donnez un fichier qu’a fait « backup »',
  otherVersion: 'cette sauvegarde vient d’une autre version du bot ; restaurez-la avec celle qui l’a faite',
  damaged: 'cette sauvegarde est abîmée ou incomplète, rien n’a changé ; prenez-en une autre',
} as const;

async function holdsSomething({ store }: Dependencies): Promise<boolean> {
  for await (const _ of store.keys('')) return true;
  return false;
}

/** Makes anew what follows from the records: the index of people, and the agenda, by waking every reset once. */
async function follow({ accounts, resets }: Dependencies, now: Date): Promise<void> {
  for await (const { id } of accounts.all()) {
    await accounts.change(id, (account) => account);
    if ((await resets.load(id)) !== undefined) await resets.wakeAt(id, now);
  }
}
