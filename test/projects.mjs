/**
 * A spec belongs to one project. `npm test` runs the projects of `test`, `.ci/run` also runs `repository`, and `npm run test:long --
 * <name>` runs one of the others.
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

export function findProjects(command) {
  return Object.keys(PROJECTS).filter((name) => name === command || PROJECTS[name].command === command);
}
