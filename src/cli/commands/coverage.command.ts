import { EXIT_CODES } from '../command-result.js';
import { defineCommand } from '../define-command.js';

export const command = defineCommand({
  name: 'coverage',
  usage: ['<file>[#<export>] [--json]'],
  about: [
    "Lists the routes that change state and are neither @Audited nor @NotAudited('reason'). The command reads the application’s modules in Nest’s preview mode, without starting the application. The paths lack a global prefix or versioning that main.ts sets.",
  ],
  arguments: [
    [
      '<file>',
      'the built file of the root module, such as dist/app.module.js. #<export> names an export: a module class, a dynamic module, or a function that returns one. Without #<export>: the default export, else the only module that the file exports',
    ],
  ],
  options: {},
  json: '"checked", "missing": [{ "controller", "handler", "method", "path" }]',
  examples: ['dist/app.module.js#AppModule'],
  exitCodes:
    '0 when every route is covered, 1 when a route is not, 2 when the command could not check the application.',
  run: async ({ words: [target = ''] }) => {
    const { checkCoverage } = await import('../scan-application.js'); // loads Nest
    const { coverage, text } = await checkCoverage(target);
    const exitCode = coverage.missing.length === 0 ? EXIT_CODES.fine : EXIT_CODES.missing;
    return { exitCode, text: `${text}\n`, data: coverage };
  },
});
