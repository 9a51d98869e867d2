import type { InjectionToken } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { auditCoverage, AuditError, AuditModule } from '../../audit/index.js';
import { auditBackends, decisionOn } from '../../audit/internal.js';
import { MonitoringModule } from '../../monitoring/monitoring.module.js';
import { MONITORING_OPTIONS } from '../../monitoring/monitoring-options.js';
import { errorMessage, auditErrors, hasCode } from '../../audit/nest-free.js';
import { fail, fine, splitMessage, type StatePart } from '../../monitoring/store/check.js';
import { ROOM_OPTIONS, roomsOf, scanApplication } from '../scan-application.js';
import { ledgerOff, partOf, type LedgerOptions, type SpillOptions, type Subject } from './subject.js';
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
    for (const [room, token] of Object.entries(ROOM_OPTIONS)) {
      if (![...modules.values()].some(({ providers }) => providers.has(token))) continue;
      ofRooms.set(room, await optionsOf(modules, token, `the room ${room}`));
    }
    const [capture, streams] = ['row-changes', 'streams'].map((room) => ofRooms.get(room)?.value);
    const checks = [spill, ledger, ...ofRooms.values()].flatMap((read) =>
      read.problem === undefined ? [] : [wrongOptions(read.problem)],
    );
    return {
      spill: spill.value as SpillOptions | undefined, // the factory of AuditModule's options returned this value
      ledger:
        ledger.value === undefined
          ? undefined
          : ({ ...(ledger.value as LedgerOptions), rooms, capture, streams } as LedgerOptions), // the factory of the ledger's options returned this value
      coverage: auditCoverage(app),
      decisionOn: (method, path) => decisionOn(app, method, path),
      backends: auditBackends(app),
      checks: [
        ...(checks.length > 0 ? checks : [partOf('options', fine('The options of the audit modules are valid.'))]),
        modulesPart(modules),
      ],
    };
  } catch (error) {
    const problem = optionsProblem(error);
    const check = problem === undefined ? roomAlone(error) : wrongOptions(problem);
    if (check) return { spill: undefined, ledger: undefined, coverage: undefined, checks: [check] };
    throw hasCode(error, 'AUDIT_TARGET_INVALID') ? error : commandErrors.AUDIT_TARGET_INVALID.notScanned(target, error);
  }
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
function roomAlone(error: unknown): StatePart | undefined {
  const [, room] = /can't resolve dependencies of the (\w+Module) .*MonitoringModule/.exec(errorMessage(error)) ?? [];
  if (room === undefined) return undefined;
  const { says, whatToDo } = splitMessage(auditErrors.AUDIT_MODULE_MISUSED.alone(room, 'MonitoringModule').message);
  return partOf('modules', fail(says, whatToDo ?? ''));
}

function wrongOptions(seen: string): StatePart {
  return partOf('options', fail(seen, 'Correct the options: the application does not start with them.'));
}

function modulesPart(modules: ModulesContainer): StatePart {
  const wrong = (says: string, whatToDo: string): StatePart => partOf('modules', fail(says, whatToDo));
  const isImported = (type: unknown): boolean => [...modules.values()].some(({ metatype }) => metatype === type);
  const isBare = (type: unknown, token: symbol): boolean =>
    isImported(type) && ![...modules.values()].some(({ providers }) => providers.has(token));
  if (!isImported(AuditModule))
    return wrong('The application does not import AuditModule.', 'Import AuditModule.forRoot() in the root module.');
  if (isBare(AuditModule, AUDIT_OPTIONS))
    return wrong('AuditModule is imported without options.', 'Write AuditModule.forRoot() in the imports.');
  if (isBare(MonitoringModule, MONITORING_OPTIONS))
    return wrong(
      'MonitoringModule is imported without options.',
      'Write MonitoringModule.forRootAsync({ useFactory: () => ({ … }) }) in the imports.',
    );
  return isImported(MonitoringModule)
    ? partOf('modules', fine('AuditModule and MonitoringModule are imported.'))
    : ledgerOff();
}

type NestModule = ModulesContainer extends Map<string, infer Value> ? Value : never;
type Wrapper = NestModule['providers'] extends Map<unknown, infer Value> ? Value : never;

/** The providers of these modules would connect to a database immediately. */
const OF_AN_ORM = /^(TypeOrm|Sequelize|MikroOrm|Mongoose)\w*Module$/;

/**
 * Creates the value of a provider and of its dependencies. Nest must have scanned the modules in preview mode. No hook runs. An object
 * without effect replaces each provider of an ORM, so that nothing connects.
 *
 * @returns `undefined` if no module provides the token. Rejects with the error that the factory throws
 */
async function providedValue(modules: ModulesContainer, token: InjectionToken): Promise<unknown> {
  const owner = [...modules.values()].find((module) => module.providers.has(token));
  return owner ? new Maker(modules).make(token, owner) : undefined;
}

class Maker {
  private readonly made = new Map<Wrapper, Promise<unknown>>();

  constructor(private readonly modules: ModulesContainer) {}

  async make(token: InjectionToken, from: NestModule): Promise<unknown> {
    const owner = this.ownerOf(token, from, new Set());
    const wrapper = owner?.providers.get(token);
    if (!owner || !wrapper) return undefined;
    if (OF_AN_ORM.test(owner.metatype.name)) return NOTHING;
    const known = this.made.get(wrapper);
    if (known) return known;
    const making = this.makeFresh(wrapper, owner);
    this.made.set(wrapper, making);
    return making;
  }

  private async makeFresh({ metatype, inject, instance }: Wrapper, owner: NestModule): Promise<unknown> {
    if (typeof metatype !== 'function') return instance; // the provider is a value
    const make = metatype as unknown as (...parts: unknown[]) => unknown; // the provider is a factory or a class
    if (inject) return make(...(await this.all(inject.map(tokenOf), owner)));
    const Class = metatype as new (...parts: unknown[]) => object;
    return new Class(...(await this.all(dependenciesOf(Class), owner)));
  }

  private all(tokens: readonly (InjectionToken | undefined)[], owner: NestModule): Promise<unknown[]> {
    return Promise.all(
      tokens.map((token) => (token === undefined ? Promise.resolve(undefined) : this.make(token, owner))),
    );
  }

  /** Nest searches in this order: the module itself, its imports, and global modules. */
  private ownerOf(token: InjectionToken, from: NestModule, seen: Set<NestModule>): NestModule | undefined {
    if (from.providers.has(token)) return from;
    seen.add(from);
    const globals = [...this.modules.values()].filter(({ isGlobal }) => isGlobal);
    for (const module of [...from.imports, ...globals]) {
      if (seen.has(module) || !(module.exports.has(token) || module.exports.size > 0)) continue;
      const owner = this.ownerOf(token, module, seen);
      if (owner) return owner;
    }
    return undefined;
  }
}

function tokenOf(part: unknown): InjectionToken | undefined {
  const token =
    typeof part === 'object' && part !== null && 'token' in part ? (part as { token: InjectionToken }).token : part;
  return named(token);
}

function dependenciesOf(Class: object): readonly (InjectionToken | undefined)[] {
  const types = (Reflect.getMetadata('design:paramtypes', Class) ?? []) as readonly unknown[]; // the metadata that TypeScript writes
  const own = (Reflect.getMetadata('self:paramtypes', Class) ?? []) as readonly { index: number; param: unknown }[]; // the metadata that `@Inject` writes
  const tokens = [...types];
  for (const { index, param } of own) tokens[index] = param;
  return tokens.map(named);
}

function named(token: unknown): InjectionToken | undefined {
  const isForward = typeof token === 'object' && token !== null && 'forwardRef' in token;
  // Except for forward references, Nest accepts every value as a token.
  return (isForward ? (token as { forwardRef: () => unknown }).forwardRef() : token) as InjectionToken | undefined;
}

const NOTHING: unknown = new Proxy(() => undefined, {
  get: (_target, name) => (name === 'then' || typeof name === 'symbol' ? undefined : NOTHING),
  apply: () => NOTHING,
  construct: () => NOTHING as object,
});
