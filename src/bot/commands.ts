/** What can be said to the bot, in French or in English. */
export type Command = 'hello' | 'help' | 'accounts' | 'reset' | 'configuration' | 'reminders';

/** Without accents and in lower case, as {@link readCommand} compares them. */
const WORDS: Readonly<Record<Command, readonly string[]>> = {
  hello: ['bonjour', 'bonsoir', 'salut', 'coucou', 'hello', 'hi', 'hey'],
  help: ['aide', 'help', '?'],
  accounts: ['comptes', 'compte', 'accounts', 'account'],
  reset: ['reinitialiser', 'reinitialisation', 'renouveler', 'reset', 'renew'],
  configuration: ['configuration', 'configurer', 'config', 'settings', 'configure'],
  reminders: ['rappels', 'rappel', 'reminders', 'reminder'],
};

/** Said before a command, and meaning nothing: « mes comptes », « /chorus aide », « my accounts ». */
const FILLERS = new Set([
  'mes',
  'mon',
  'ma',
  'my',
  'the',
  'le',
  'les',
  'la',
  'un',
  'une',
  '/chorus',
  'chorus',
]);

/** Longer than any command with the name of any account. What comes after it was not meant for us. */
const LONGEST_COMMAND = 500;

/** The command a message begins with, and what follows it; accents and case are forgiven. */
export function readCommand(text: string): { command: Command; rest: string } | undefined {
  const words = text.trim().slice(0, LONGEST_COMMAND).split(/\s+/);
  while (words.length > 1 && FILLERS.has(folded(words[0] ?? ''))) words.shift();
  const [first = '', ...rest] = words;
  const word = folded(first);
  for (const [command, known] of Object.entries(WORDS)) {
    // « Réinitialiser ! »: French sets a blank before it, and no account is called « ! ».
    if (known.includes(word)) return { command: command as Command, rest: withoutEnd(rest.join(' ')) };
  }
  return undefined;
}

/** Lower case, no accents, no punctuation at the end: « Réinitialiser ! » is « reinitialiser ». */
export function folded(text: string): string {
  const letters = text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  return letters.length > 1 ? withoutEnd(letters) : letters;
}

/** Without blanks and punctuation at the end. Looking behind, so that each run of them is read once. */
function withoutEnd(text: string): string {
  return text.replace(/(?<![\s!.,;:?…»«"])[\s!.,;:?…»«"]+$/u, '');
}
