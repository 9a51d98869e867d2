// Writes docs/reference/commands.md from the built commands. test/integration/commands-page.spec.ts compares.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import { COMMANDS } from '../dist/src/cli/commands.js';
import { commandsPage } from './commands-page.mjs';

const target = fileURLToPath(new URL('../docs/reference/commands.md', import.meta.url));
const options = { ...(await prettier.resolveConfig(target)), parser: 'markdown' };
writeFileSync(target, await prettier.format(await commandsPage(COMMANDS), options));
