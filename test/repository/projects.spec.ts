import { readdir } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
// A script without types.
const { PROJECTS } = (await import(new URL('../projects.mjs', import.meta.url).href)) as {
  PROJECTS: Readonly<Record<string, { readonly command: string; readonly folders: readonly string[] }>>;
};

const COMMANDS = ['test', 'repository', 'long'];
/** Specs of applications that install the package, each with a Jest of its own. */
const OTHERS = 'test/long/compat/';

const projects = Object.values(PROJECTS);

describe('the projects of Jest', () => {
  it('have each spec once', async () => {
    const found = await Promise.all(
      ['src', 'viewer/src', 'test'].map(async (folder) =>
        (await readdir(folder, { recursive: true })).map((file) => `${folder}/${file}`),
      ),
    );
    const specs = found.flat().filter((file) => file.endsWith('.spec.ts') && !file.startsWith(OTHERS));
    expect(specs.length).toBeGreaterThan(0);
    const projectsOf = (spec: string) =>
      projects.flatMap(({ folders }) => folders.filter((folder) => spec.startsWith(`${folder}/`)));
    expect(specs.filter((spec) => projectsOf(spec).length !== 1)).toEqual([]);
  });

  it('are each of one of the three commands', () => {
    expect(projects.filter(({ command }) => !COMMANDS.includes(command))).toEqual([]);
  });
});
