/**
 * The projects of Jest: which folders have their specs, and which command runs them. A spec belongs to one; test/repository/projects.spec.ts
 * looks. `npm test` runs those of `test`, `.ci/run` those of `repository` too, `npm run test:long -- <name>` each of the rest.
 */
export const PROJECTS = {
  unit: { command: 'test', folders: ['src', 'viewer/src', 'test/vectors'] },
  integration: { command: 'test', folders: ['test/integration'] },
  e2e: { command: 'test', folders: ['test/e2e', 'test/browser'] },
  repository: { command: 'repository', folders: ['test/repository', 'test/architecture'], hasPostgres: false },
  sweeps: { command: 'long', folders: ['test/long/integration'] },
  commands: { command: 'long', folders: ['test/long/e2e'] },
  browser: { command: 'long', folders: ['test/long/browser'] },
  faults: { command: 'long', folders: ['test/long/faults'] },
  servers: { command: 'long', folders: ['test/long/servers'], hasPostgres: false },
  pictures: { command: 'long', folders: ['test/long/pictures'] },
};

/** The names of the projects of a command; a project's own name is one, too. */
export function projectsOf(command) {
  return Object.keys(PROJECTS).filter((name) => name === command || PROJECTS[name].command === command);
}
