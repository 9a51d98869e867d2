import { useEffect, useState } from 'preact/hooks';
import { readPreference, writePreference } from '../preferences.js';
import type { SentenceWords } from '../sentences/words.js';
import { chooseLanguage, createTranslate, LANGUAGES, type Language, type Translate } from './translate.js';

export interface Spoken {
  readonly language: Language;
  readonly t: Translate;
  readonly words: SentenceWords;
}

/** Each language is a separate chunk, so that a reader loads only one language. */
async function load(language: Language): Promise<Spoken> {
  if (language === 'de') {
    const { de, words } = await import('./de/index.js');
    return { language, t: createTranslate(language, de), words };
  }
  const { en, words } = await import('./en/index.js');
  return { language, t: createTranslate(language, en), words };
}

/** A language may fail to load, for example because the server was updated. */
async function loadAny(wanted: Language): Promise<Spoken | 'unavailable'> {
  for (const language of [wanted, ...LANGUAGES.filter((each) => each !== wanted)]) {
    const spoken = await load(language).catch(() => undefined);
    if (spoken !== undefined) return spoken;
  }
  return 'unavailable';
}

export function useLanguage(given?: Language): [Spoken | 'unavailable' | undefined, (language: string) => void] {
  const [wanted, setWanted] = useState(
    () => given ?? chooseLanguage([readPreference('language') ?? '', ...navigator.languages]),
  );
  const [spoken, setSpoken] = useState<Spoken | 'unavailable'>();
  useEffect(() => {
    let isCurrent = true;
    void loadAny(wanted).then((loaded) => {
      if (isCurrent) setSpoken((before) => (loaded === 'unavailable' ? (before ?? loaded) : loaded));
    });
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
