import { useMemo } from 'preact/hooks';
import { useViewer } from '../viewer-context.js';
import { chooseLanguage, createTranslate, type Language, type Message, type MessageParams } from './translate.js';

export function usePageTexts<Key extends string>(
  texts: Readonly<Record<Language, Readonly<Record<Key, Message>>>>,
): (key: Key, params?: MessageParams) => string {
  const { formats } = useViewer();
  return useMemo(() => {
    const language = chooseLanguage([formats.language]);
    return createTranslate(language, texts[language]);
  }, [formats.language, texts]);
}
