import { declareErrors } from '../base/errors/declare-errors.js';
import { getErrorMessage } from '../base/errors/error-facts.js';

export const commandErrors = declareErrors({
  AUDIT_REQUEST_INVALID: {
    kind: 'invalid',
    when: 'commands: an unknown option, an option without its value, or an unexpected argument',
    do: 'follow the message; nothing was changed',
    message: {
      ofCommand: (command: string, problems: readonly string[]) => {
        const name = `nestjs-audit-ledger ${command}`;
        return `Cannot run ${name}: ${problems.join('; ')}. See ${name} --help.`;
      },
      unreadable: (file: string, error: unknown) =>
        `Cannot read ${file}: ${getErrorMessage(error)}. Correct or remove it.`,
    },
  },
  AUDIT_TARGET_INVALID: {
    kind: 'invalid',
    when: 'commands: the file of a root module or of a data source cannot be loaded, lacks the export, cannot be scanned or connected, has no route that changes state, or does not seal as a worker',
    do: 'follow the message',
    message: {
      notLoaded: (file: string, cause: unknown) => {
        const how = /\.[cm]?ts$/.test(file)
          ? 'Name the built file, such as dist/data-source.js, or run the command with a loader of TypeScript: node --import tsx node_modules/.bin/nestjs-audit-ledger …'
          : 'Build the application, and name the built file.';
        return { message: `Cannot load ${file}: ${formatCause(cause)}. ${how}`, cause };
      },
      notExported: (target: string, what: string, exported: readonly string[], remedy: string) => {
        const cause = exported.length === 0 ? 'it exports nothing' : `it exports ${exported.join(', ')}`;
        return `Cannot find ${what} of ${target}: ${cause}. ${remedy}`;
      },
      noModule: (target: string) =>
        `Cannot check ${target}: it is not a module. Export a module class, a dynamic module, or a function that returns one.`,
      notScanned: (target: string, cause: unknown) => ({
        message:
          `Cannot scan ${target}: ${getErrorMessage(cause)}. ` +
          'Check that it is a module, or a function without parameters that returns one, and that its imports can be resolved.',
        cause,
      }),
      noRoutes: (target: string) =>
        `Cannot check ${target}: none of its routes changes state. ` +
        'Name the module that imports the controllers. For AppModule.forRoot(…), export a function that returns its result.',
      notSealing: (target: string, cause: string) =>
        `Cannot start a worker of ${target}: ${cause}. Import MonitoringModule, and leave its option role to AUDIT_ROLE.`,
      notUsable: (target: string, seen: string, cause?: unknown) => ({
        message: `Cannot use the data source of ${target}: ${seen}. Name a data source of type postgres.`,
        cause,
      }),
      notConnected: (target: string, cause: unknown) => ({
        message: `Cannot connect the data source of ${target}: ${formatCause(cause)}. Check that its database runs, and that its settings are complete.`,
        cause,
      }),
    },
  },
});

function formatCause(cause: unknown): string {
  return getErrorMessage(cause).replace(/\.$/, '');
}
