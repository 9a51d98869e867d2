import type { InjectionToken } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { auditCoverage, AuditError, AuditModule } from '../../audit/index.js';
import { listAuditBackends, findRouteDecision } from '../../audit/internal.js';
import { MonitoringModule } from '../../monitoring/monitoring.module.js';
import { MONITORING_OPTIONS } from '../../monitoring/monitoring-options.js';
import { getErrorMessage, auditErrors, hasCode } from '../../audit/nest-free.js';
import { fail, ok, splitMessage, type StatePart } from '../../monitoring/store/check.js';
import { EXTENSION_OPTIONS, listExtensions, scanApplication } from '../scan-application.js';
import {
  toLedgerOffPart,
  toStatePart,
  type LedgerOptions,
  type SpillOptions,
  type DoctorTarget,
} from './doctor-target.js';
import { commandErrors } from '../cli.errors.js';

/** With a global symbol, all copies of the library share the token. */
const AUDIT_OPTIONS = Symbol.for('nestjs-audit-ledger:options');

/**
 * Reads an application's options: scans the application's modules, and calls the factories of the options. Starts nothing.
 *
 * @throws `AUDIT_TARGET_INVALID` if the file cannot be loaded
 */
export async function inspectApplication(target: string): Promise<DoctorTarget> {
  try {
    const app = await scanApplication(target);
    const modules = app.get(ModulesContainer, { strict: false });
    const spill = await readModuleOptions(modules, AUDIT_OPTIONS, 'AuditModule');
    const ledger = await readModuleOptions(modules, MONITORING_OPTIONS, 'MonitoringModule');
    const extensions = listExtensions(app);
    const optionsByExtension = new Map<string, ReadOptions>();
    for (const [extension, token] of Object.entries(EXTENSION_OPTIONS)) {
      if (![...modules.values()].some(({ providers }) => providers.has(token))) continue;
      optionsByExtension.set(extension, await readModuleOptions(modules, token, `the extension ${extension}`));
    }
    const [capture, streams] = ['row-changes', 'streams'].map((extension) => optionsByExtension.get(extension)?.value);
    const checks = [spill, ledger, ...optionsByExtension.values()].flatMap((read) =>
      read.problem === undefined ? [] : [toInvalidOptionsPart(read.problem)],
    );
    return {
      spill: spill.value as SpillOptions | undefined, // the factory of AuditModule's options returned this value
      ledger:
        ledger.value === undefined
          ? undefined
          : ({ ...(ledger.value as LedgerOptions), extensions, capture, streams } as LedgerOptions), // the factory of the ledger's options returned this value
      coverage: auditCoverage(app),
      findDecision: (method, path) => findRouteDecision(app, method, path),
      backends: listAuditBackends(app),
      checks: [
        ...(checks.length > 0 ? checks : [toStatePart('options', ok('The options of the audit modules are valid.'))]),
        checkModules(modules),
      ],
    };
  } catch (error) {
    const problem = getOptionsProblem(error);
    const check = problem === undefined ? findOrphanExtension(error) : toInvalidOptionsPart(problem);
    if (check) return { spill: undefined, ledger: undefined, coverage: undefined, checks: [check] };
    throw hasCode(error, 'AUDIT_TARGET_INVALID') ? error : commandErrors.AUDIT_TARGET_INVALID.notScanned(target, error);
  }
}

interface ReadOptions {
  readonly value?: unknown;
  readonly problem?: string;
}

async function readModuleOptions(modules: ModulesContainer, token: symbol, module: string): Promise<ReadOptions> {
  try {
    return { value: await providedValue(modules, token) };
  } catch (error) {
    return {
      problem: getOptionsProblem(error) ?? `the factory of the options of ${module} fails: ${getErrorMessage(error)}`,
    };
  }
}

function getOptionsProblem(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof AuditError && error.code === 'AUDIT_OPTIONS_INVALID') return error.message;
  return getOptionsProblem(error.cause);
}

/** Explains why Nest cannot scan an application that imports an extension, but not `MonitoringModule`. */
function findOrphanExtension(error: unknown): StatePart | undefined {
  const [, extension] =
    /can't resolve dependencies of the (\w+Module) .*MonitoringModule/.exec(getErrorMessage(error)) ?? [];
  if (extension === undefined) return undefined;
  const { message, remedy } = splitMessage(
    auditErrors.AUDIT_MODULE_MISUSED.alone(extension, 'MonitoringModule').message,
  );
  return toStatePart('modules', fail(message, remedy ?? ''));
}

function toInvalidOptionsPart(seen: string): StatePart {
  return toStatePart('options', fail(seen, 'Correct the options: the application does not start with them.'));
}

function checkModules(modules: ModulesContainer): StatePart {
  const wrong = (message: string, remedy: string): StatePart => toStatePart('modules', fail(message, remedy));
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
    ? toStatePart('modules', ok('AuditModule and MonitoringModule are imported.'))
    : toLedgerOffPart();
}

type NestModule = ModulesContainer extends Map<string, infer Value> ? Value : never;
type Wrapper = NestModule['providers'] extends Map<unknown, infer Value> ? Value : never;

/** The providers of these modules would connect to a database immediately. */
const ORM_MODULE = /^(TypeOrm|Sequelize|MikroOrm|Mongoose)\w*Module$/;

/**
 * Creates the value of a provider and of its dependencies. Nest must have scanned the modules in preview mode. No hook runs. An object
 * without effect replaces each provider of an ORM, so that nothing connects.
 *
 * @returns `undefined` if no module provides the token. Rejects with the error that the factory throws
 */
async function providedValue(modules: ModulesContainer, token: InjectionToken): Promise<unknown> {
  const owner = [...modules.values()].find((module) => module.providers.has(token));
  return owner ? new ProviderFactory(modules).make(token, owner) : undefined;
}

class ProviderFactory {
  private readonly made = new Map<Wrapper, Promise<unknown>>();

  constructor(private readonly modules: ModulesContainer) {}

  async make(token: InjectionToken, from: NestModule): Promise<unknown> {
    const owner = this.findOwner(token, from, new Set());
    const wrapper = owner?.providers.get(token);
    if (!owner || !wrapper) return undefined;
    if (ORM_MODULE.test(owner.metatype.name)) return NOOP_PROXY;
    const known = this.made.get(wrapper);
    if (known) return known;
    const making = this.makeFresh(wrapper, owner);
    this.made.set(wrapper, making);
    return making;
  }

  private async makeFresh({ metatype, inject, instance }: Wrapper, owner: NestModule): Promise<unknown> {
    if (typeof metatype !== 'function') return instance; // the provider is a value
    const make = metatype as unknown as (...parts: unknown[]) => unknown; // the provider is a factory or a class
    if (inject) return make(...(await this.all(inject.map(toToken), owner)));
    const Class = metatype as new (...parts: unknown[]) => object;
    return new Class(...(await this.all(listDependencies(Class), owner)));
  }

  private all(tokens: readonly (InjectionToken | undefined)[], owner: NestModule): Promise<unknown[]> {
    return Promise.all(
      tokens.map((token) => (token === undefined ? Promise.resolve(undefined) : this.make(token, owner))),
    );
  }

  /** Nest searches in this order: the module itself, its imports, and global modules. */
  private findOwner(token: InjectionToken, from: NestModule, seen: Set<NestModule>): NestModule | undefined {
    if (from.providers.has(token)) return from;
    seen.add(from);
    const globals = [...this.modules.values()].filter(({ isGlobal }) => isGlobal);
    for (const module of [...from.imports, ...globals]) {
      if (seen.has(module) || !(module.exports.has(token) || module.exports.size > 0)) continue;
      const owner = this.findOwner(token, module, seen);
      if (owner) return owner;
    }
    return undefined;
  }
}

function toToken(part: unknown): InjectionToken | undefined {
  const token =
    typeof part === 'object' && part !== null && 'token' in part ? (part as { token: InjectionToken }).token : part;
  return resolveForwardRef(token);
}

function listDependencies(Class: object): readonly (InjectionToken | undefined)[] {
  const types = (Reflect.getMetadata('design:paramtypes', Class) ?? []) as readonly unknown[]; // the metadata that TypeScript writes
  const own = (Reflect.getMetadata('self:paramtypes', Class) ?? []) as readonly { index: number; param: unknown }[]; // the metadata that `@Inject` writes
  const tokens = [...types];
  for (const { index, param } of own) tokens[index] = param;
  return tokens.map(resolveForwardRef);
}

function resolveForwardRef(token: unknown): InjectionToken | undefined {
  const isForward = typeof token === 'object' && token !== null && 'forwardRef' in token;
  // Except for forward references, Nest accepts every value as a token.
  return (isForward ? (token as { forwardRef: () => unknown }).forwardRef() : token) as InjectionToken | undefined;
}

const NOOP_PROXY: unknown = new Proxy(() => undefined, {
  get: (_target, name) => (name === 'then' || typeof name === 'symbol' ? undefined : NOOP_PROXY),
  apply: () => NOOP_PROXY,
  construct: () => NOOP_PROXY as object,
});
