import { describe, expect, it } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OWN_FACTS, LEDGER_READS } from '../../src/monitoring/read/access/own-events.js';
import { ACT_TYPES } from '../../src/monitoring/keep/acts/act-note.js';
import { HOLD_ACTIONS } from '../../src/monitoring/keep/acts/hold-acts.js';

const PAGE = 'docs/reference/events.md';
const HEADING = "## The ledger's own events";

const NAME = `'((?:audit|alert)_[a-z_]+)'`;
/** Match the calls and the constants that name a recorded event. */
const RECORDS = [
  new RegExp(`\\b(?:record|create|buildOwnEvent|appendOwnEvent|Audited)\\(\\s*(?:[\\w.]+,\\s*)?${NAME}`, 'g'),
  new RegExp(`_TYPE = ${NAME}`, 'g'),
  new RegExp(`\\bexport const [A-Z]+_(?:RAISED|WITHHELD|[A-Z]+ED) = ${NAME}`, 'g'),
  new RegExp(`name: ${NAME}, (?:by|options)\\b`, 'g'),
];

/** Streams record these events; no ledger stores them. */
const STREAMED = ['audit_stream_test', 'audit_stream_gap', 'audit_stream_retired'];

async function sources(): Promise<readonly string[]> {
  const extensions = ['src/audit', 'src/monitoring', 'src/extensions', 'src/cli'];
  const files = await Promise.all(
    extensions.map(async (extension) =>
      (await readdir(extension, { recursive: true })).map((file) => join(extension, file)),
    ),
  );
  const code = files.flat().filter((file) => /(?<!\.spec|\.generated)\.ts$/.test(file));
  return Promise.all(code.map(async (file) => readFile(file, 'utf8')));
}

async function documented(): Promise<readonly string[]> {
  const [, section = ''] = (await readFile(PAGE, 'utf8')).split(HEADING);
  return [...section.matchAll(/^\|[^|]+\| `([a-z_]+)`/gm)].map(([, name = '']) => name);
}

describe(`${PAGE}, about the ledger's own events`, () => {
  it('has each that the code records; add it to scripts/catalogue/own-events.json, and run npm run generate', async () => {
    const texts = await sources();
    const called = RECORDS.flatMap((pattern) =>
      texts.flatMap((text) => [...text.matchAll(pattern)].map(([, name = '']) => name)),
    );
    expect(called.length).toBeGreaterThan(20);
    const known = [
      ...Object.keys(OWN_FACTS),
      ...ACT_TYPES,
      ...Object.values(LEDGER_READS),
      ...Object.values(HOLD_ACTIONS),
    ];
    const names = [...(await documented()), ...STREAMED];
    expect([...new Set([...called, ...known])].filter((name) => !names.includes(name))).toEqual([]);
  });

  it('has none that the code does not know, and none twice', async () => {
    const names = await documented();
    const text = (await sources())
      .join('\n')
      .replace('`audit_recording_${', "'audit_recording_degraded' 'audit_recording_recovered'");
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });
});
