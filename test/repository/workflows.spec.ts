import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { parseYaml } from '@redocly/openapi-core';
import { tempFolder } from '../support/temp-folder.js';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Workflow {
  readonly on: object;
  readonly jobs: Readonly<
    Record<string, { readonly needs?: string; readonly permissions?: object; readonly steps: readonly Step[] }>
  >;
}

const FOLDER = '.github/workflows';
const workflows = await Promise.all(
  (await readdir(FOLDER)).map(
    async (file) => [file, parseYaml(await readFile(join(FOLDER, file), 'utf8')) as Workflow] as const,
  ),
);
const scripts = (JSON.parse(await readFile('package.json', 'utf8')) as { scripts: Record<string, string> }).scripts;

describe.each(workflows)('the workflow %s', (_file, { jobs }) => {
  const commands = Object.values(jobs).flatMap(({ steps }) => steps.map(({ run = '' }) => run));

  it('runs only scripts that package.json has', () => {
    const named = commands.flatMap((command) =>
      [...command.matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, name = '']) => name),
    );

    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it('runs only files that are there', () => {
    const files = commands.flatMap((command) =>
      [...command.matchAll(/(?:bash|node) ([\w./-]+)/g)]
        .map(([, file = '']) => file)
        .filter((file) => /[./]/.test(file)),
    );

    expect(files.filter((file) => !existsSync(file))).toEqual([]);
  });
});

it('.ci/run tests by the command of a clone that README.md shows, word for word', async () => {
  const blocks = (await readFile('README.md', 'utf8')).matchAll(/```shell\n([^]*?)\n```/g);
  const commands = Array.from(blocks, ([, block = '']) => block.replace(/ *#.*/, ''));
  expect(commands).toHaveLength(2);
  const [start, test = ''] = commands;
  expect(start).toBe('npm ci && npm start');
  expect((await readFile('.ci/run', 'utf8')).split('\n')).toContain(`step ${test}`);
});

describe('the release', () => {
  const { jobs, on } = new Map(workflows).get('release.yml') ?? { jobs: {}, on: {} };
  const steps = jobs.publish?.steps ?? [];
  const commands = steps.map(({ run = '' }) => run);
  const findIndex = (words: string) => commands.findIndex((command) => command.includes(words));

  it('begins with a tag, and publishes only what the gate lets through', () => {
    expect(on).toEqual({ push: { tags: ['v*'] } });
    expect(jobs.publish?.needs).toBe('gate');
    expect(jobs.gate?.steps.map(({ run }) => run)).toContain('bash .ci/run');
  });

  it('publishes the tarball with provenance, which needs the right to ask for a token', () => {
    expect(jobs.publish?.permissions).toEqual({ contents: 'write', 'id-token': 'write' });
    expect(commands[findIndex('npm publish')]).toMatch(
      /package -- --release[^]*npm publish "\.\/\$tarball" --provenance/,
    );
  });

  it('checks the tag, the API and the package, and writes the bill of materials, before it publishes', () => {
    for (const words of ['GITHUB_REF_NAME" = "v', 'release-notes', 'generate -- --check', 'check:package', 'sbom']) {
      expect([words, findIndex(words) >= 0 && findIndex(words) < findIndex('npm publish')]).toEqual([words, true]);
    }
    expect(commands[findIndex('gh release create')]).toMatch(/sbom\.cdx\.json.*--notes-file/);
  });
});

describe('the notes of a release', () => {
  let folder: string;
  const script = resolve('scripts/release-notes.mjs');
  const notes = () => promisify(execFile)(process.execPath, [script], { cwd: folder });

  beforeEach(async () => {
    folder = await tempFolder('audit-notes-');
    await writeFile(join(folder, 'package.json'), '{ "version": "0.2.0" }');
  });
  it('are the section of the version', async () => {
    const text =
      '# Changelog\n\n## Unreleased\n\n- Next.\n\n## 0.2.0 (2026-12-01)\n\n- This.\n\n## 0.1.0 (2026-11-22)\n\n- That.\n';
    await writeFile(join(folder, 'CHANGELOG.md'), text);

    expect((await notes()).stdout).toBe('- This.\n');
  });

  it.each([
    '## Unreleased\n\n- This.\n',
    '## 0.2.0 (2026-12-01)\n\n## 0.1.0\n\n- That.\n',
    '## 0.2.0-beta.1\n\n- This.\n',
  ])('must be there: %j', async (text) => {
    await writeFile(join(folder, 'CHANGELOG.md'), text);

    await expect(notes()).rejects.toMatchObject({ stderr: expect.stringContaining('no section "## 0.2.0 (<day>)"') });
  });
});
