import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { STREAM_FORMATS } from '../../../src/modules/streams/formats/stream-format.js';
import {
  destinationTypeOf,
  problemsOfDestination,
  type DestinationOptions,
} from '../../../src/modules/streams/destinations/destination-types.js';
import { compileGuideApplication, type GuideApplication } from '../../support/guide-application.js';

const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const VARIABLES = [
  'SPLUNK_TOKEN',
  'ELASTIC_API_KEY',
  'OTLP_TOKEN',
  'DATADOG_API_KEY',
  'SMTP_PASSWORD',
  'NATS_PASSWORD',
  'KAFKA_PASSWORD',
];

describe('the destinations of docs/guides/stream-destinations.md', () => {
  let guide: string;
  let application: GuideApplication;
  let given: readonly DestinationOptions[];

  beforeAll(async () => {
    guide = await readFile('docs/guides/stream-destinations.md', 'utf8');
    const blocks = Array.from(guide.matchAll(/```ts\n(destination: [^]*?)\n```/g), ([, block = '']) => block);
    const list = blocks.map((block) => `{ name: 'siem', personal: 'omit', ${block.trimEnd()} }`).join(',\n');
    application = await compileGuideApplication(
      `\`\`\`ts\n// streams.ts\nimport type { StreamOptions } from 'nestjs-audit-ledger/streams';\n\nexport const streams: StreamOptions[] = [${list}];\n\`\`\`\n\`\`\`ts\n// app.module.ts\nexport class AppModule {}\n\`\`\``,
    );
    for (const name of VARIABLES) process.env[name] = 'secret';
    process.env.SIEM_SECRET = SECRET;
    const { streams } = (await import(pathToFileURL(join(application.folder, 'streams.js')).href)) as {
      readonly streams: readonly { readonly destination: DestinationOptions }[];
    };
    given = streams.map(({ destination }) => destination);
  });
  afterAll(async () => {
    for (const name of [...VARIABLES, 'SIEM_SECRET']) Reflect.deleteProperty(process.env, name);
    await rm(application.folder, { recursive: true });
  });

  it('compile, and the application starts with them', () => {
    expect(application.problems).toEqual([]);
    expect(given.map((options) => problemsOfDestination(options))).toEqual(given.map(() => []));
  });

  it('are all that there are, with their acknowledgements and formats', () => {
    const [wrong = ''] = problemsOfDestination({ type: 'none' });
    const types = (/use (.*)$/.exec(wrong)?.[1] ?? '').split(' or ');
    expect(given.map(({ type }) => type).toSorted()).toEqual(types.toSorted());
    const rows = Array.from(guide.matchAll(/^\| \[`(\w+)`\]\(#[\w-]+\) *\| (\w+) *\| `(\w+)` *\| ([^|]*)\|/gm));
    expect(rows.map(([, type]) => type).toSorted()).toEqual(types.toSorted());
    for (const [, type, acknowledged, format, others = ''] of rows) {
      const options = given.find((each) => each.type === type);
      if (!options || acknowledged === undefined) throw new Error('each type has a row');
      expect(acknowledged.replace('never', 'none')).toBe(destinationTypeOf(options).acknowledgement);
      const said = Array.from(others.matchAll(/`(\w+)`/g), ([, name]) => name);
      const taken = ['batch', ...STREAM_FORMATS].filter(
        (name) => problemsOfDestination({ ...options, format: name }).length === 0,
      );
      expect([type, taken.toSorted()]).toEqual([
        type,
        ['elastic', 'email'].includes(type ?? '') ? [] : [format, ...said].toSorted(),
      ]);
    }
  });
});
