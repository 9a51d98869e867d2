import { event } from './event.js';
import { frame } from './frame.js';
import { ledger } from './ledger.js';
import { person } from './person.js';
import { proof } from './proof.js';
import { record } from './record.js';
import { search } from './search.js';
import { createTranslate, type MessageParams } from './translate.js';

const TEXTS = { ...frame, ...event, ...proof, ...person, ...ledger, ...record, ...search } as const;

export type MessageKey = keyof typeof TEXTS;
export type Translate = (key: MessageKey, params?: MessageParams) => string;

/** Returns a text of the pages that a first visit loads. The texts of other pages are loaded with the page. */
export const translate: Translate = createTranslate(TEXTS);
