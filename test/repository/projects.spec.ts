import { readdir } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
// projects.mjs has no types.
const { PROJECTS } = (await import(new URL('../projects.mjs', import.meta.url).href)) as {
  PROJECTS: Readonly<Record<string, { readonly command: string; readonly folders: readonly string[] }>>;
};

const COMMANDS = ['test', 'repository', 'long'];
/** These specs install the package into applications, each with its own Jest. */
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
    const findProjects = (spec: string) =>
      projects.flatMap(({ folders }) => folders.filter((folder) => spec.startsWith(`${folder}/`)));
    expect(specs.filter((spec) => findProjects(spec).length !== 1)).toEqual([]);
  });

  it('are each of one of the three commands', () => {
    expect(projects.filter(({ command }) => !COMMANDS.includes(command))).toEqual([]);
  });
});
