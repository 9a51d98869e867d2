import { useEffect, useState } from 'preact/hooks';
import { readPreference, writePreference } from '../preferences.js';
import { en } from './en/index.js';
import { chooseLanguage, createTranslate, type Language, type Translate } from './translate.js';

/** A language with its texts. */
export interface Spoken {
  readonly language: Language;
  readonly t: Translate;
}

const ENGLISH: Spoken = { language: 'en', t: createTranslate('en', en) };

/** Other languages are loaded where a reader wants them. */
async function load(language: Language): Promise<Spoken> {
  if (language === 'en') return ENGLISH;
  const { de } = await import('./de/index.js');
  return { language, t: createTranslate(language, de) };
}

/** The reader's language, or the one that an embedding page says, and how to choose another. `undefined` until its texts are there; English where they cannot be had. */
export function useLanguage(given?: Language): [Spoken | undefined, (language: string) => void] {
  const [wanted, setWanted] = useState(
    () => given ?? chooseLanguage([readPreference('language') ?? '', ...navigator.languages]),
  );
  const [spoken, setSpoken] = useState(wanted === 'en' ? ENGLISH : undefined);
  useEffect(() => {
    let isCurrent = true;
    load(wanted)
      .catch(() => ENGLISH)
      .then(
        (loaded) => isCurrent && setSpoken(loaded),
        () => undefined,
      );
    return () => {
      isCurrent = false;
    };
  }, [wanted]);
  const choose = (language: string) => {
    writePreference('language', language);
    setWanted(chooseLanguage([language]));
  };
  return [spoken, choose];
}
