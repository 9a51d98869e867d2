import { writeFileSync } from 'node:fs';
import { checkEndings } from './catalogue/check-endings.mjs';
import { camelCase, FOLDER, readEventLists } from './catalogue/read-event-lists.mjs';
import { writeLists } from './catalogue/write-lists.mjs';
import { writeReference } from './catalogue/write-reference.mjs';
import { writeTypeScript } from './catalogue/write-typescript.mjs';

const lists = readEventLists();
checkEndings(lists.types);
const targets = [
  [new URL('catalogue.generated.ts', FOLDER), writeTypeScript(lists)],
  [new URL('../docs/reference/events.md', import.meta.url), writeReference(lists)],
  [new URL('../docs/reference/lists.md', import.meta.url), writeLists(lists, lists.listed, camelCase)],
];

for (const [target, text] of targets) writeFileSync(target, text);
