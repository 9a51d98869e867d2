import { useMemo } from 'preact/hooks';
import { chooseLanguage, createTranslate, type MessageParams } from '../../i18n/translate.js';
import { useViewer } from '../../viewer-context.js';
import { de } from './texts/de.js';
import { en } from './texts/en.js';

const TEXTS = { en, de };

/** The texts of alerts, in the reader's language. */
export function useTexts(): (key: keyof typeof en, params?: MessageParams) => string {
  const { formats } = useViewer();
  return useMemo(() => {
    const language = chooseLanguage([formats.language]);
    return createTranslate(language, TEXTS[language]);
  }, [formats.language]);
}
