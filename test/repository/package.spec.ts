import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { tempFolder } from '../support/temp-folder.js';

const { packLibrary } = (await import(new URL('../../scripts/pack.mjs', import.meta.url).href)) as {
  packLibrary: (env: Readonly<Record<string, string>>) => Promise<Packed>; // a script without types
};
const { repositoryUrl } = (await import(new URL('../../scripts/package/repository-url.mjs', import.meta.url).href)) as {
  repositoryUrl: (manifest: object, env: object) => string | undefined; // likewise
};

const run = promisify(execFile);
const URL_OF_WORKFLOW = { GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'someone/audit-ledger' };
const ADDRESS = 'https://github.com/someone/audit-ledger';

interface Packed {
  readonly folder: string;
  readonly tarball: string;
  readonly paths: readonly string[];
}

interface Unpacked {
  readonly folder: string;
  readonly manifest: Readonly<Record<string, unknown>> & { readonly version: string };
  readonly pages: ReadonlyMap<string, string>;
}

const folders: string[] = [];

const [withUrl, withoutUrl] = await Promise.all([unpack(URL_OF_WORKFLOW), unpack({})]);

async function unpack(env: Readonly<Record<string, string>>): Promise<Unpacked> {
  const packed = await packLibrary(env);
  const home = await tempFolder('audit-unpacked-');
  folders.push(packed.folder, home);
  await run('tar', ['-xzf', packed.tarball, '-C', home]);
  const folder = join(home, 'package');
  const files = packed.paths.filter((path) => path.endsWith('.md'));
  const pages = await Promise.all(
    files.map(async (path) => [path, await readFile(join(folder, path), 'utf8')] as const),
  );
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Unpacked['manifest'];
  return { folder, manifest, pages: new Map(pages) };
}

function listTargets(page: string): readonly string[] {
  const prose = page.replaceAll(/```[^]*?```/g, '').replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = '']) => target);
}

/** A link is resolved from the page's folder in the package. A link to the repository is resolved in this checkout. */
function deadLinks({ folder, manifest, pages }: Unpacked): readonly string[] {
  const inRepository = new RegExp(`^${ADDRESS}/(?:blob|raw)/v${manifest.version}/([^#]+)`);
  return [...pages].flatMap(([path, text]) =>
    listTargets(text)
      .filter((target) => {
        const [, file] = inRepository.exec(target) ?? [];
        if (file !== undefined) return !existsSync(file);
        if (/^(https?:|mailto:|#)/.test(target)) return false;
        return !existsSync(join(folder, dirname(path), target.split('#')[0] ?? ''));
      })
      .map((target) => `${path}: ${target}`),
  );
}

describe('the package, where the address of the repository is known', () => {
  it('names it in its fields', () => {
    expect(withUrl.manifest).toMatchObject({
      homepage: `${ADDRESS}#readme`,
      repository: { type: 'git', url: `git+${ADDRESS}.git` },
      bugs: { url: `${ADDRESS}/issues` },
    });
  });

  it('has only absolute links in the README, at the tag of the version', () => {
    const targets = listTargets(withUrl.pages.get('README.md') ?? '');

    expect(targets.length).toBeGreaterThan(0);
    expect(targets.filter((target) => !/^(https:\/\/|#)/.test(target))).toEqual([]);
  });

  it('shows the image of the README by an address that answers with an image', () => {
    expect(withUrl.pages.get('README.md')).toContain(`${ADDRESS}/raw/v${withUrl.manifest.version}/docs/images/`);
  });

  it('has no link that leads nowhere', () => {
    expect(deadLinks(withUrl)).toEqual([]);
  });
});

describe('the package, where the address of the repository is unknown', () => {
  it('leaves the fields out', () => {
    expect(withoutUrl.manifest).not.toHaveProperty('repository');
    expect(withoutUrl.manifest).not.toHaveProperty('bugs');
  });

  it('links nothing that it lacks', () => {
    expect(deadLinks(withoutUrl)).toEqual([]);
  });

  it('leaves out what only a clone can do', () => {
    const readme = withoutUrl.pages.get('README.md') ?? '';

    for (const words of ['npm ci', 'npm start', 'npm test', 'ADMIN_PASSWORD', '.env.example', '<!-- repo', 'images/']) {
      expect(readme).not.toContain(words);
    }
    expect(readme).toContain('npx nestjs-audit-ledger migrate');
    expect(readme).toContain('## Three promises');
  });
});

describe('the README of the package', () => {
  it.each([
    ['known', withUrl],
    ['unknown', withoutUrl],
  ])('installs from the registry, where the address of the repository is %s', (_name, { pages }) => {
    const readme = pages.get('README.md') ?? '';

    expect(readme).toContain('\nnpm install nestjs-audit-ledger pg\n');
    for (const words of ['.tgz', 'npm run package', 'Not on npm']) expect(readme).not.toContain(words);
  });
});

describe('the address of the repository', () => {
  it.each([
    ['https://github.com/o/r', 'https://github.com/o/r'],
    ['git+https://github.com/o/r.git', 'https://github.com/o/r'],
    [{ type: 'git', url: 'git+https://git.example.com/o/r.git' }, 'https://git.example.com/o/r'],
    ['o/r', 'https://github.com/o/r'],
    ['github:o/r', 'https://github.com/o/r'],
    [undefined, ADDRESS],
  ])('is that of package.json before that of the workflow: %j', (repository, wanted) => {
    expect(repositoryUrl({ repository }, URL_OF_WORKFLOW)).toBe(wanted);
  });

  it('must be one that links can be made of', () => {
    expect(() => repositoryUrl({ repository: 'git@example.com:o/r.git' }, {})).toThrow(/not an https address/);
  });

  it.each([
    [{}, /the address of the repository is unknown/],
    [{ GITHUB_SERVER_URL: 'https://github.com' }, /the address of the repository is unknown/],
  ])('must be known for a release: %j', async (env, message) => {
    const path = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' };
    const made = run(process.execPath, ['scripts/make-package.mjs', '--release'], { env: { ...path, ...env } });

    await expect(made).rejects.toMatchObject({ stderr: expect.stringMatching(message) });
  });
});
