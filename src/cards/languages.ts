import { en } from './messages.en.ts';
import { CHORUS, fr, type Messages } from './messages.ts';
import { typeset } from './typography.ts';

/** The portal's and the application's own words: people must find on their screen what they read here, to the letter. */
export const VERBATIM: readonly string[] = Object.values(CHORUS).flat();

/** Every sentence in each language, as people read it. Nothing else is shown to anybody. */
export const LANGUAGES: { readonly [Language in 'fr' | 'en']: Messages } = {
  fr: typeset(fr, VERBATIM),
  en: typeset(en, VERBATIM),
};
