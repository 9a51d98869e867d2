// Writes src/audit/catalogue/catalogue.generated.ts from event-types.json. `--check` only compares.
import { readFileSync, writeFileSync } from 'node:fs';

const folder = new URL('../src/audit/catalogue/', import.meta.url);
const { eventTypes } = JSON.parse(readFileSync(new URL('event-types.json', folder), 'utf8'));
const target = new URL('catalogue.generated.ts', folder);

const rows = eventTypes.map(({ name, aliasOf, action, outcome, category }) =>
  aliasOf
    ? `  ${name}: { aliasOf: '${aliasOf}' },`
    : `  ${name}: { action: '${action}', outcome: '${outcome}', category: '${category}' },`,
);
const actions = [...new Set(eventTypes.map(({ action }) => action))].sort();
const text = `// Generated from event-types.json by \`npm run catalogue\`. Do not edit.

/** Every event type of the catalogue, by name; an alias names its canonical spelling. */
export const EVENT_TYPES = {
${rows.join('\n')}
} as const;

/** Every action of the catalogue. */
export const ACTIONS = [
${actions.map((action) => `  '${action}',`).join('\n')}
] as const;
`;

if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    console.error(
      'catalogue.generated.ts does not match event-types.json. Run `npm run catalogue` and commit the result.',
    );
    process.exit(1);
  }
} else {
  writeFileSync(target, text);
}
