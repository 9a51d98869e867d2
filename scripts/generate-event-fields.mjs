// Writes docs/reference/event-fields.md from the built layout of an event. test/integration/event-fields-page.spec.ts compares.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import { EVENT_FIELDS } from '../dist/src/modules/monitoring/sealing/event-layout.js';
import { eventFieldsPage } from './event-fields-page.mjs';

const target = fileURLToPath(new URL('../docs/reference/event-fields.md', import.meta.url));
const options = { ...(await prettier.resolveConfig(target)), parser: 'markdown' };
writeFileSync(target, await prettier.format(eventFieldsPage(EVENT_FIELDS), options));
