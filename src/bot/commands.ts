/** What can be said to the bot, in French or in English. */
export type Command = 'hello' | 'help' | 'accounts' | 'reset' | 'configuration' | 'reminders';

/** Without accents and in lower case, as {@link readCommand} compares them. */
const WORDS: Readonly<Record<Command, readonly string[]>> = {
  hello: ['bonjour', 'bonsoir', 'salut', 'coucou', 'hello', 'hi', 'hey'],
  help: ['aide', 'help', '?', 'commandes', 'commands'],
  accounts: ['comptes', 'compte', 'accounts', 'account', 'liste', 'list'],
  reset: [
    'reinitialiser',
    'reinitialisation',
    'reinitialise',
    'renouveler',
    'renouvellement',
    'reset',
    'renew',
  ],
  configuration: ['configuration', 'configurer', 'config', 'settings', 'configure', 'parametres'],
  reminders: ['rappels', 'rappel', 'reminders', 'reminder'],
};

/** Said before a command, and meaning nothing: « mes comptes », « /chorus aide », « Chorus Pro comptes », « je veux réinitialiser ». */
const BEFORE = new Set(
  (
    'mes mon ma my the le les la l un une /chorus chorus chorus-pro @chorus pro bot @bot je j on nous i ' +
    'veux voudrais souhaite souhaiterais aimerais dois peux peut pouvez voulez vous tu want would like to need can could ' +
    'you d de comment how faut il please svp stp voir afficher montre montrez-moi show me see ouvrir open'
  ).split(' '),
);

/** Said after a command, and naming no account: « réinitialiser le mot de passe svp », « configuration du compte ». */
const AFTER = new Set(
  (
    'le la les l un une du de des d mot passe mdp password compte comptes technique techniques account accounts technical ' +
    'chorus pro svp stp merci s il te vous plait please thanks the my of for mon ma mes notre our pour ce cet cette this ' +
    'a au aux ici now maintenant tout suite et and'
  ).split(' '),
);

/** Longer than any command with the name of any account. What comes after it was not meant for us. */
const LONGEST_COMMAND = 500;

/** The command a message begins with, and what follows it; accents and case are forgiven. */
export function readCommand(text: string): { command: Command; rest: string } | undefined {
  const words = spokenWords(text).split(' ');
  const read = commandAt(words);
  // « Bonjour, mes comptes »
  if (read?.command !== 'hello' || read.rest === '') return read;
  return commandAt(read.rest.split(' ')) ?? read;
}

function commandAt(all: readonly string[]): { command: Command; rest: string } | undefined {
  const words = [...all];
  while (words.length > 1 && BEFORE.has(elided(words[0] ?? ''))) words.shift();
  const [first = '', ...rest] = words;
  const word = elided(first);
  for (const [command, known] of Object.entries(WORDS)) {
    // « Réinitialiser ! »: French sets a blank before it, and no account is called « ! ».
    if (known.includes(word)) return { command: command as Command, rest: withoutEnd(rest.join(' ')) };
  }
  return undefined;
}

/** What is said about a reset that is under way; nothing that is said moves it. */
export type Saying = 'step' | 'stop' | 'help';

/** As {@link readSaying} compares them: in lower case, without accents, and with blanks for apostrophes. */
const SAYINGS: Readonly<Record<Saying, RegExp>> = {
  help: /\b(?:aid(?:e|ez|er)|secours|bloque|bloquee|coince|coincee|marche pas|marche plus|fonctionne pas|probleme|problemes|erreur|help|stuck|not work|t work|problem|error)\b/,
  stop: /\b(?:annuler|annule|arreter|arrete|arret|stop|abandonner|abandonne|cancel|abort|quit|quitter|pause|interrompre|plus tard|later)\b/,
  step: /\b(?:fait|faite|fini|finie|termine|terminee|recu|recue|copie|colle|note|soumis|soumise|soumettre|clique|valide|c est bon|ok|okay|oui|non|yes|no|done|received|got|copied|submitted|clicked|finished|suivant|suivante|next|etape|step|ou (?:en|j en)|where|reprend|reprends|reprendre|resume|continue|continuer|continuons|suite|statut|status|etat|maintenant|now what|what now|quoi faire|que faire|fais quoi|dois je|perdu|perdue|lost|pas encore|not yet|retour|back|precedent|precedente|attends|attente|j attends|waiting)\b/,
};

/** Longer than what people say of where they are. */
const LONGEST_SAYING = 200;

/** What a message says of a reset that is under way, in whatever words. */
export function readSaying(text: string): Saying | undefined {
  const said = folded(spokenWords(text).slice(0, LONGEST_SAYING)).replace(/['’-]/g, ' ');
  if (SAYINGS.help.test(said)) return 'help';
  if (SAYINGS.stop.test(said)) return 'stop';
  return SAYINGS.step.test(said) ? 'step' : undefined;
}

/** The words by which an account is named, without those that name none. */
export function namingWords(rest: string): readonly string[] {
  return folded(spokenWords(rest))
    .split(/[\s'’,;:()]+/)
    .filter((word) => word !== '' && !AFTER.has(word));
}

/** On one line, without the marks of Markdown, of Slack and of lists, and without quotation marks. */
function spokenWords(text: string): string {
  return text
    .slice(0, LONGEST_COMMAND)
    .replace(/^[\t \u00A0\u202F]*(?:[•◦▪‣·*+–—-]|\d{1,2}[.)])[\t \u00A0\u202F]+/gmu, '')
    .replace(/(?<![\p{L}\p{N}@.])[*_~`#>]+|[*_~`]+(?![\p{L}\p{N}@.])/gu, ' ')
    .replace(/[«»“”„"]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** « l'aide », « d’aide » */
function elided(word: string): string {
  return folded(word).replace(/^[ldj]['’]/, '');
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
