// Writes docs/reference/stream-formats.md from the built formats. test/integration/stream-formats-page.spec.ts compares.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import { lineOf } from '../dist/src/modules/monitoring/streams/formats/stream-format.js';
import { syslogMessageOf, syslogParametersOf } from '../dist/src/modules/monitoring/streams/formats/syslog-message.js';
import { streamFormatsPage } from './stream-formats-page.mjs';

const target = fileURLToPath(new URL('../docs/reference/stream-formats.md', import.meta.url));
const options = { ...(await prettier.resolveConfig(target)), parser: 'markdown' };
const page = streamFormatsPage({ lineOf, syslogMessageOf, syslogParametersOf });
writeFileSync(target, await prettier.format(page, options));
