import { InitializeOnPreviewAllowlist, NestFactory, RouterModule } from '@nestjs/core';
import { auditCoverage, describeCoverage, type AuditCoverage } from '../audit/index.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { CoverageTargetError } from './coverage-target.error.js';
import { loadRootModule } from './load-root-module.js';
import { errorSentence } from './file-sentence.js';
import { parseCall } from './parse-call.js';

const HELP = `Usage: nestjs-audit-ledger coverage <file>[#<export>] [--json]

Lists the routes that change state and are neither @Audited nor @NotAudited('reason'). The command
reads the application's modules in Nest's preview mode, without starting it.

  <file>      the built file of the root module, such as dist/app.module.js
  <export>    a module class, a dynamic module, or a function that returns one; default: the default export
  --json      print { "checked", "missing": [{ "controller", "handler", "method", "path" }] }
  --help      print this

Paths come from the modules, without a global prefix or versioning that main.ts sets.

Examples:
  nestjs-audit-ledger coverage dist/app.module.js#AppModule

Exit code: 0 when every route is covered, 1 when one is missing, 2 when the command could not check the application.
`;

/** `nestjs-audit-ledger coverage`: {@link auditCoverage} of an application in a file. Never rejects. */
export async function runCoverage(args: readonly string[]): Promise<CommandResult> {
  try {
    const { values, positionals } = parseCall('coverage', {
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const [target, ...others] = positionals;
    if (target === undefined || others.length > 0) return { exitCode: EXIT_CODES.notChecked, errors: HELP };
    const coverage = await coverageOfTarget(target);
    const output = values.json ? JSON.stringify(coverage, undefined, 2) : describeCoverage(coverage);
    return {
      exitCode: coverage.missing.length === 0 ? EXIT_CODES.fine : EXIT_CODES.missing,
      output: `${output}\n`,
    };
  } catch (error) {
    return { exitCode: EXIT_CODES.notChecked, errors: `${errorSentence(error)}\n` };
  }
}

async function coverageOfTarget(target: string): Promise<AuditCoverage> {
  const root = await loadRootModule(target);
  InitializeOnPreviewAllowlist.add(RouterModule); // it is what tells the modules their paths
  const app = await NestFactory.createApplicationContext(root, {
    preview: true,
    abortOnError: false,
    logger: false,
  }).catch((error: unknown) => {
    throw CoverageTargetError.notScanned(target, error);
  });
  const coverage = auditCoverage(app);
  if (coverage.checked === 0) throw CoverageTargetError.noRoutes(target);
  return coverage;
}
