// Runs the specs of a command: `node scripts/test.mjs test`, as `npm test` does. Arguments are Jest's; a path with a slash, such as
// test/long/e2e/start, is looked for in all projects.
import { spawnSync } from 'node:child_process';
import { projectsOf } from '../test/projects.mjs';

const [command, ...args] = process.argv.slice(2);
const isPath = (arg) => !arg.startsWith('-') && arg.includes('/');
const projects = args.some(isPath) ? [] : ['--selectProjects', ...projectsOf(command)];
const { status } = spawnSync(process.execPath, ['node_modules/jest/bin/jest.js', ...args, ...projects], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
