import type { MessageParams } from '../../i18n/translate.js';
import { usePageTexts } from '../../i18n/use-page-texts.js';
import { de } from './texts/de.js';
import { en } from './texts/en.js';

const TEXTS = { en, de };
export type TextKey = keyof typeof en;

export function useTexts(): (key: TextKey, params?: MessageParams) => string {
  return usePageTexts(TEXTS);
}
