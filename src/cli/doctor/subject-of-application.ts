import { ModulesContainer } from '@nestjs/core';
import { auditCoverage, AuditError, AuditModule } from '../../audit/index.js';
import { auditBackends, auditedRoutes } from '../../audit/internal.js';
import { MonitoringModule } from '../../monitoring/monitoring.module.js';
import { MONITORING_OPTIONS } from '../../monitoring/monitoring-options.js';
import { Catalogue, errorMessage, auditErrors, hasCode } from '../../audit/nest-free.js';
import { splitMessage } from '../../monitoring/store/health-part.js';
import { ROOM_OPTIONS, roomsOf, scanApplication } from '../scan-application.js';
import { fail, fine, type Check } from './check.js';
import { providedValue } from './provided-value.js';
import { ledgerOff, type LedgerOptions, type SpillOptions, type Subject } from './subject.js';
import { commandErrors } from '../cli.errors.js';

/** With a global symbol, all copies of the library share the token. */
const AUDIT_OPTIONS = Symbol.for('nestjs-audit-ledger:options');

/**
 * Reads an application's options: scans the application's modules, and calls the factories of the options. Starts nothing.
 *
 * @throws `AUDIT_TARGET_INVALID` if the file cannot be loaded
 */
export async function subjectOfApplication(target: string): Promise<Subject> {
  try {
    const app = await scanApplication(target);
    const modules = app.get(ModulesContainer, { strict: false });
    const spill = await optionsOf(modules, AUDIT_OPTIONS, 'AuditModule');
    const ledger = await optionsOf(modules, MONITORING_OPTIONS, 'MonitoringModule');
    const rooms = roomsOf(app);
    const ofRooms = new Map<string, ReadOptions>();
    for (const room of rooms) ofRooms.set(room, await optionsOf(modules, ROOM_OPTIONS[room], `the room ${room}`));
    const [capture, watch] = ['row-changes', 'watch'].map((room) => ofRooms.get(room)?.value);
    const checks = [spill, ledger, ...ofRooms.values()].flatMap((read) =>
      read.problem === undefined ? [] : [wrongOptions(read.problem)],
    );
    return {
      spill: spill.value as SpillOptions | undefined, // the factory of AuditModule's options returned this value
      ledger:
        ledger.value === undefined
          ? undefined
          : ({ ...(ledger.value as LedgerOptions), rooms, capture, watch } as LedgerOptions), // the factory of the ledger's options returned this value
      coverage: auditCoverage(app),
      routes: auditedRoutes(app),
      catalogue: await catalogueOf(modules),
      backends: auditBackends(app),
      checks: [
        ...(checks.length > 0 ? checks : [fine('options', 'The options of the audit modules are valid.')]),
        ...modulesChecks(modules),
      ],
    };
  } catch (error) {
    const problem = optionsProblem(error);
    const check = problem === undefined ? roomAlone(error) : wrongOptions(problem);
    if (check) return { spill: undefined, ledger: undefined, coverage: undefined, checks: [check] };
    throw hasCode(error, 'AUDIT_TARGET_INVALID') ? error : commandErrors.AUDIT_TARGET_INVALID.notScanned(target, error);
  }
}

/** Another check reports a failure of the catalogue's factory. */
async function catalogueOf(modules: ModulesContainer): Promise<Catalogue | undefined> {
  const made = await providedValue(modules, Catalogue).catch(() => undefined);
  return made instanceof Catalogue ? made : undefined;
}

interface ReadOptions {
  readonly value?: unknown;
  readonly problem?: string;
}

async function optionsOf(modules: ModulesContainer, token: symbol, module: string): Promise<ReadOptions> {
  try {
    return { value: await providedValue(modules, token) };
  } catch (error) {
    return {
      problem: optionsProblem(error) ?? `the factory of the options of ${module} fails: ${errorMessage(error)}`,
    };
  }
}

function optionsProblem(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof AuditError && error.code === 'AUDIT_OPTIONS_INVALID') return error.message;
  return optionsProblem(error.cause);
}

/** Explains why Nest cannot scan an application that imports a room, but not `MonitoringModule`. */
function roomAlone(error: unknown): Check | undefined {
  const [, room] = /can't resolve dependencies of the (\w+Module) .*MonitoringModule/.exec(errorMessage(error)) ?? [];
  if (room === undefined) return undefined;
  const { says, whatToDo } = splitMessage(auditErrors.AUDIT_MODULE_MISUSED.alone(room, 'MonitoringModule').message);
  return fail('modules', says, whatToDo ?? '');
}

function wrongOptions(seen: string): Check {
  return fail('options', seen, 'Correct the options: the application does not start with them.');
}

function modulesChecks(modules: ModulesContainer): readonly Check[] {
  const isImported = (type: unknown): boolean => [...modules.values()].some(({ metatype }) => metatype === type);
  const isBare = (type: unknown, token: symbol): boolean =>
    isImported(type) && ![...modules.values()].some(({ providers }) => providers.has(token));
  if (!isImported(AuditModule)) {
    return [
      fail(
        'modules',
        'The application does not import AuditModule.',
        'Import AuditModule.forRoot() in the root module.',
      ),
    ];
  }
  if (isBare(AuditModule, AUDIT_OPTIONS)) {
    return [fail('modules', 'AuditModule is imported without options.', 'Write AuditModule.forRoot() in the imports.')];
  }
  if (isBare(MonitoringModule, MONITORING_OPTIONS)) {
    const whatToDo = 'Write MonitoringModule.forRootAsync({ useFactory: () => ({ … }) }) in the imports.';
    return [fail('modules', 'MonitoringModule is imported without options.', whatToDo)];
  }
  return isImported(MonitoringModule)
    ? [fine('modules', 'AuditModule and MonitoringModule are imported.')]
    : [ledgerOff()];
}
