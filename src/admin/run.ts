import { Command, CommanderError } from 'commander';
import { escapeInvisible } from '../invisible.ts';
import { explain } from '../store/explain.ts';
import { VERSION } from '../version.ts';
import { addAccountCommands } from './account.ts';
import { addBackupCommands } from './backup.ts';
import { addChannelCommands } from './channel.ts';
import { addCredentialCommands } from './credential.ts';
import { addDestinationCommands } from './destination.ts';
import { addDoctorCommand } from './doctor.ts';
import { addJournalCommands } from './journal.ts';
import { addKeysCommands } from './keys.ts';
import { addPersonCommands } from './person.ts';
import type { Shell } from './shell.ts';
import { addTokenCommands } from './token.ts';

/** Runs one command. Gives the exit code: 0, or 1 after one line on standard error, or one for each variable that is wrong. */
export async function run(argv: readonly string[], terminal: Shell): Promise<number> {
  const shell = escaping(terminal);
  try {
    await createProgram(shell).parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    // Help and version end by an exception too; they have been printed.
    if (error instanceof CommanderError && /^commander\.(help|version)/.test(error.code))
      return error.exitCode;
    for (const line of error instanceof CommanderError ? [inFrench(error)] : explain(error)) shell.warn(line);
    return 1;
  }
}

/** The same shell. Of what is kept, and of what was typed, the terminal obeys nothing. */
function escaping(terminal: Shell): Shell {
  return {
    ...terminal,
    print: (line) => terminal.print(escapeInvisible(line)),
    warn: (line) => terminal.warn(escapeInvisible(line)),
  };
}

const TITLES: Readonly<Record<string, string>> = {
  'Usage:': 'Usage :',
  'Arguments:': 'Arguments :',
  'Options:': 'Options :',
  'Commands:': 'Commandes :',
};

function createProgram(shell: Shell): Command {
  const program = new Command('npm run admin --')
    .description('Administre le bot : comptes, personnes, clés, journal, sauvegarde.')
    .usage('<commande>')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        for (const line of text.trimEnd().split('\n')) shell.print(line);
      },
      writeErr: (text) => {
        for (const line of text.trimEnd().split('\n')) shell.warn(line);
      },
      // The one line is ours, in French.
      outputError: () => undefined,
    })
    .configureHelp({
      styleTitle: (title) => TITLES[title] ?? title,
      optionDescription: ({ description }) => description,
    })
    .version(VERSION, '--version', 'montre la version du bot')
    .helpOption('-h, --help', 'montre cette aide')
    .helpCommand('help [commande]', 'montre l’aide d’une commande')
    .showSuggestionAfterError(false);
  addKeysCommands(program, shell);
  addAccountCommands(program, shell);
  addPersonCommands(program, shell);
  addChannelCommands(program, shell);
  addCredentialCommands(program, shell);
  addTokenCommands(program, shell);
  addDestinationCommands(program, shell);
  addJournalCommands(program, shell);
  addBackupCommands(program, shell);
  addDoctorCommand(program, shell);
  addHelpCommand(program);
  return program;
}

/** Commander's own takes one word, and would answer « help account add » with the page of `account`. */
function addHelpCommand(program: Command): void {
  program
    .helpCommand(false)
    .command('help')
    .argument('[commande...]')
    .description('montre l’aide d’une commande')
    .action((words: readonly string[]) => {
      let page = program;
      for (const word of words) {
        const next = page.commands.find((command) => command.name() === word);
        if (next === undefined)
          throw new CommanderError(1, 'commander.unknownCommand', `error: unknown command '${word}'`);
        page = next;
      }
      page.help();
    });
}

function inFrench(error: CommanderError): string {
  return `${mistakeIn(error)} ; « npm run admin -- help » montre comment faire`;
}

function mistakeIn({ code, message }: CommanderError): string {
  // What stands in quotes, without a value that was glued to an option.
  const [, about = ''] = /'([^'=]*)/.exec(message) ?? [];
  switch (code) {
    case 'commander.missingMandatoryOptionValue':
      return `il manque l’option ${about}`;
    case 'commander.optionMissingArgument':
      return `il manque une valeur à l’option ${about}`;
    case 'commander.missingArgument':
      return `il manque <${about}>`;
    case 'commander.unknownOption':
      return `l’option ${about} n’existe pas`;
    case 'commander.unknownCommand':
      return `la commande ${about} n’existe pas`;
    case 'commander.excessArguments':
      return 'il y a un mot de trop';
    default:
      return 'la commande n’est pas comprise';
  }
}
