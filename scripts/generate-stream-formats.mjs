import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import { formatLine } from '../dist/src/extensions/streams/formats/stream-format.js';
import { formatSyslogMessage, buildSyslogParameters } from '../dist/src/extensions/streams/formats/syslog-message.js';

function streamFormatsPage({ formatLine, formatSyslogMessage, buildSyslogParameters }) {
  const source = { origin: 'audit.example.com/shop', version: '1.0.0' };
  const streamed = { index: 41_206, id: EVENT.id, event: EVENT, leafHash: LEAF_HASH };
  const line = (format) => formatLine(format, streamed, source);
  const message = (text, elements) =>
    formatSyslogMessage(streamed, source, { text, elements: { ...elements, batch: BATCH }, enterpriseNumber: 32_473 });
  const lines = {
    json: line('json'),
    ocsf: line('ocsf'),
    cloudevents: line('cloudevents'),
    ecs: line('ecs'),
    cef: line('cef'),
    syslog: message(line('json'), { event: buildSyslogParameters(streamed) }),
  };
  const sections = Object.entries(SECTIONS).flatMap(([name, [heading, language, ...paragraphs]]) => [
    `## ${heading}`,
    ...paragraphs,
    `\`\`\`${language}\n${lines[name]}\n\`\`\``,
  ]);
  return [...INTRODUCTION, ...sections].join('\n\n');
}

const INTRODUCTION = [
  '# The formats of a stream',
  '<!-- Generated from `src/extensions/streams/formats` by `npm run generate`. Do not edit. -->',
  'Each line below is the same event: a failed login. The code of the formats made them. A stream sends JSON on one line; here it has line breaks.',
  [
    'Every format says the event’s place in the sealed sequence and the hash of its leaf, so that you can compare a copy with the ledger:',
    '',
    '| format | place | hash of the leaf | id |',
    '| --- | --- | --- | --- |',
    '| `json` | `index` | `leafHash` | `id` |',
    '| `ocsf` | `metadata.sequence` | `unmapped.leafHash` | `metadata.uid` |',
    '| `cloudevents` | `sequence` | `leafhash` | `id` |',
    '| `ecs` | `event.sequence` | `event.hash` | `event.id` |',
    '| `cef` | `cn1` | `cs6` | `externalId` |',
    '| syslog | `index` of `event@…` | `leafHash` | `id` |',
  ].join('\n'),
  'A gap record takes the place of an event that the destination refused. In every format it is an event of the type `audit_stream_gap`. Its id is that of the parked event with `-gap` behind it, its reason is the answer of the destination with masked personal values, and `details.note` is the signed note.',
];

const SECTIONS = {
  json: [
    'Canonical JSON (`json`)',
    'json',
    'The event as `GET /audit/events` shows it, with `index` and `leafHash`, and with `proof` if it has a personal part, as RFC 8785 writes JSON: the members in a fixed order, no white space. Each format of JSON below is canonical, too.',
  ],
  ocsf: [
    'OCSF 1.8 (`ocsf`)',
    'json',
    'The same mapping as in an export: [the table of classes and activities](ocsf.md). A test holds every event type of the catalogue against the published schema.',
  ],
  cloudevents: [
    'CloudEvents 1.0 (`cloudevents`)',
    'json',
    'The structured mode. `data` is the event. `sequence` is the extension of that name, and `leafhash` is an extension of this package.',
  ],
  ecs: [
    'Elastic Common Schema 8.17 (`ecs`)',
    'json',
    '`event.category` and `event.type` follow from the class and the activity in OCSF. What the schema has no field for is in `audit_ledger`. A test holds every event type of the catalogue against the published fields and values.',
    'Elasticsearch rejects a document whose field has another type than before. Give `audit_ledger.details`, `audit_ledger.changes` and `audit_ledger.metadata` the type `flattened` in the index template.',
  ],
  cef: [
    'CEF 0 (`cef`)',
    'text',
    'ArcSight’s Common Event Format. The severity is 3, 6, 8 or 10 for `info`, `warning`, `error` and `critical`. A backslash precedes `\\` and `|` in the header, and `\\` and `=` in the extension. A line break becomes `\\n`, and a tab a space.',
    'CEF limits the length of each field. A longer text is cut, and `msg` ends with the names of the cut fields.',
  ],
  syslog: [
    'Syslog (RFC 5424)',
    'text',
    'The `syslog` destination puts a line of `json` or `cef` into a message with the facility 13 (log audit) and the severity 6, 4, 3 or 2. The host is the host of the ledger’s origin, so that every instance sends the same bytes. With `json`, the structured data repeats what people search for, at most 1,024 characters a value.',
    'The element `batch` names the batch of the stream. 32473 is the enterprise number for documentation (RFC 5612): give your own as `enterpriseNumber`.',
  ],
};

const EVENT = {
  id: '019aa1b2-6f2b-7c3d-8e4f-5a6b7c8d9e0f',
  schemaVersion: 2,
  occurredAt: '2026-11-20T08:00:00.123Z',
  type: 'user_login_failed',
  action: 'user_login',
  outcome: 'failure',
  category: 'authentication',
  severity: 'warning',
  actor: { type: 'anonymous', name: 'ada@example.com' },
  tenantId: 'acme',
  request: {
    id: '5f0c1d2e',
    ip: '203.0.113.7',
    userAgent: 'Mozilla/5.0',
    method: 'POST',
    route: '/auth/login',
    statusCode: 401,
    durationMs: 12.3,
  },
  reason: 'invalid_password',
  details: { email: 'ada@example.com', remainingAttempts: 2 },
  metadata: {},
};

const LEAF_HASH = '3q2+78r+ur4AAQIDBAUGBwgJCgsMDQ4PEBESExQVFhc=';
const BATCH = {
  id: '8c5d8f0e-3a1b-4c2d-9e3f-4a5b6c7d8e9f',
  stream: 'siem',
  first: 41_000,
  last: 41_499,
  previousHash: 'ySH3mYw7wrbTNgu1Gxk1Xc8PyQ2c1mFqjvW0cUZf9hE=',
};

const target = fileURLToPath(new URL('../docs/reference/stream-formats.md', import.meta.url));
const options = { ...(await prettier.resolveConfig(target)), parser: 'markdown' };
const page = streamFormatsPage({ formatLine, formatSyslogMessage, buildSyslogParameters });
writeFileSync(target, await prettier.format(page, options));
