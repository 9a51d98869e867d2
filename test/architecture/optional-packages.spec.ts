import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

const { peerDependenciesMeta } = JSON.parse(readFileSync('package.json', 'utf8')) as { peerDependenciesMeta: object };
// The ledger always needs `pg`, so its import is static.
const OPTIONAL = ['@nestjs/schedule', ...Object.keys(peerDependenciesMeta).filter((name) => name !== 'pg')];
const LITERAL = /^(?:import|export) (?!type\b)[^;]*? from '([^']+)'|\b(?:import|require)\(\s*'([^']+)'\s*\)/gm;

/** Returns the optional packages whose names a bundler finds in a module, and would try to resolve. */
const followed = (text: string): readonly string[] =>
  [...text.replaceAll(/`[^`]*`/g, '').matchAll(LITERAL)] // a template may be the text of a migration
    .map(([, imported, loaded]) => imported ?? loaded ?? '')
    .filter((name) => OPTIONAL.some((each) => name === each || name.startsWith(`${each}/`)));

it('no module of the library imports an optional package by a name that a bundler follows', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts') && !file.startsWith('shop'))
    .map((file) => join('src', file));
  expect(files.length).toBeGreaterThan(300);
  expect(files.filter((file) => followed(readFileSync(file, 'utf8')).length > 0)).toEqual([]);
});

it.each([
  "import { S3Client } from '@aws-sdk/client-s3';",
  "import {\n  connect,\n} from '@nats-io/transport-node';",
  "const load = () => import('@duckdb/node-api');",
  "require('@nestjs/schedule/dist/index.js')",
])('would find %s', (text) => {
  expect(followed(text)).toHaveLength(1);
});

it.each([
  "import type { S3Client } from '@aws-sdk/client-s3';",
  'const load = () => import(PACKAGE);',
  "import { Pool } from 'pg';",
])('would not find %s', (text) => {
  expect(followed(text)).toEqual([]);
});
