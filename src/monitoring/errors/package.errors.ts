import { declareErrors } from '../../base/errors/declare-errors.js';
import { getErrorMessage } from '../../base/errors/error-facts.js';

/** The error of an optional package. */
export const packageErrors = declareErrors({
  AUDIT_PACKAGE_MISSING: {
    kind: 'missing',
    status: 501,
    publicMessage:
      'Cannot search archives: the application lacks the package @duckdb/node-api. Ask its operator to install it.',
    when: 'a command needs a package that is not installed, such as `pg`; HTTP 501: `archived=true` needs `@duckdb/node-api`',
    do: 'install it',
    message: {
      ofCommand: (command: string, name: string, cause: unknown) => ({
        message: `Cannot run nestjs-audit-ledger ${command}: the package ${name} is not installed. Run npm install ${name}.`,
        cause,
      }),
      // Such as "read archives by a query". The binary of the package may not run on this machine.
      notLoaded: (what: string, name: string, cause: unknown, orElse = '') => {
        const [seen] = getErrorMessage(cause).split('\n');
        return {
          message: `Cannot ${what}: the package ${name} could not be loaded (${seen}). Run npm install ${name}${orElse}.`,
          cause,
        };
      },
    },
  },
});
