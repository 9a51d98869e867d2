import type { SentenceLanguage } from '../sentences/words.js';

/** The language of sentences for the language of the page. */
export function sentenceLanguage(language: string): SentenceLanguage {
  return language.startsWith('de') ? 'de' : 'en';
}
