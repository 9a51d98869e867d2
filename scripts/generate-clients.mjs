/* Writes what test/support/clients.json says of the clients, and their tests show, where the documentation names them. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as prettier from 'prettier';

const clients = Object.entries(JSON.parse(await readFile('test/support/clients.json', 'utf8')));
const named = clients.filter(([, { package: name }]) => name !== undefined);

const title = ([name, { versions }]) => `${name} ${versions}`;

const tried = await Promise.all(
  clients.map(async ([, { package: name, inLong = false }]) => {
    if (name === undefined) return '';
    const versions = [];
    const installed = await readFile(join('node_modules', name, 'package.json'), 'utf8').catch(() => undefined);
    if (installed !== undefined) versions.push(JSON.parse(installed).version);
    if (inLong) {
      const manifest = JSON.parse(await readFile('test/long/compat/clients/package.json', 'utf8'));
      versions.push(manifest.dependencies[name].replace('^', ''));
    }
    return versions.map((version) => version.split('.').slice(0, 2).join('.')).join(', ');
  }),
);

const passed = table(
  ['client', 'pass as `transaction`', 'tested with'],
  clients.map((client, nth) => [title(client), client[1].passes, tried[nth]]),
);
const SCREENS = 'test/long/compat/clients/src';
const screens = await Promise.all([
  screen(
    'pool',
    'The pool',
    'Both the transactions and the actor of row changes use it. Make its key [first](row-changes.md#who-changed-the-row-the-actor-of-row-changes-with-prisma-drizzle-typeorm-and-other-clients).',
  ),
  ...named.map((client) =>
    screen(`clients/${client[0].toLowerCase().replace('mikroorm', 'mikro-orm')}`, title(client), client[1].note),
  ),
  screen('clients/nestjs-cls', '@nestjs-cls/transactional'),
]);

async function screen(file, heading, note) {
  const code = await readFile(`${SCREENS}/${file}.ts`, 'utf8');
  return `### ${heading}\n\n${note === undefined ? '' : `${note}\n\n`}\`\`\`ts\n${code}\`\`\``;
}
const compared = table(
  ['client', 'events join, commit and roll back', 'and to a savepoint', 'row changes name the actor'],
  clients.map((client) => {
    const { hasSavepoints } = client[1];
    return [title(client), 'yes', hasSavepoints ? 'yes' : 'by SQL, or in a nested method', 'with `auditedPg`'];
  }),
);
await write('docs/guides/transactions.md', { passed, screens: `\n${screens.join('\n\n')}\n\n` });
await write('docs/comparison.md', { compared });
await write('README.md', { named: `\n${named.map(title).join(', ')}\n\n` });

function table(heads, rows) {
  return `\n${[heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n\n`;
}

/** Each block stands between two comments. */
async function write(file, blocks) {
  let text = await readFile(file, 'utf8');
  for (const [name, block] of Object.entries(blocks)) {
    const place = new RegExp(`(<!--clients-${name}-->\n)[^]*?(<!--end-->)`);
    if (!place.test(text)) throw new Error(`${file} does not have the comments around the clients, ${name}.`);
    text = text.replace(place, (_all, start, end) => start + block + end);
  }
  await writeFile(file, await prettier.format(text, { ...(await prettier.resolveConfig(file)), parser: 'markdown' }));
}
