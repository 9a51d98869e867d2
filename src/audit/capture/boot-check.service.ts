import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer, MetadataScanner } from '@nestjs/core';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from '../audit-options.js';
import { computeCoverage, describeCoverage, summarizeCoverage } from '../coverage/audit-coverage.js';
import { MisspelledNames } from '../misspelled-names.service.js';
import { ProviderDiscovery } from '../provider/provider-discovery.service.js';
import { formatSynchronousProblem } from './audited-method.js';
import { getAuditedEntries, getAuditedWait } from './audited.decorator.js';
import type { AuditedEntry } from './audited-options.js';
import { OperationRecorder } from './operation-recorder.service.js';
import { readFieldSafely } from '../../base/read-safely.js';
import { getOwnReasonRule, resolveReasonRule, type AuditReasonOptions } from './audit-reason.decorator.js';
import { auditErrors } from '../errors/audit.errors.js';
import { findUnknownOptions } from '../errors/unknown-options.js';

/**
 * Checks the application's `@Audited` and `@AuditReason` decorators at boot. Fails if a method with the policy `closed` could run
 * unaudited, or if an `@AuditReason` is ineffective or has invalid options. Warns of each `@Audited` whose name is probably misspelt, and of
 * each class whose `@Audited` records nothing. Logs one line about the routes that change state and have neither `@Audited` nor `@NotAudited`.
 */
@Injectable()
export class BootCheck implements OnApplicationBootstrap {
  private readonly logger = new Logger('AuditModule');

  constructor(
    @Inject(AUDIT_OPTIONS) private readonly options: ResolvedAuditOptions,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
    @Inject(ProviderDiscovery) private readonly discovery: ProviderDiscovery,
    @Inject(OperationRecorder) private readonly recorder: OperationRecorder,
    @Inject(MisspelledNames) private readonly names: MisspelledNames,
  ) {}

  /** @throws `AUDIT_OPTIONS_INVALID` with the problems of all methods */
  onApplicationBootstrap(): void {
    const methods = listApplicationMethods(this.modules);
    const idle = findClassesWithoutHandler(methods);
    const problems = [
      ...this.closedProblems(methods),
      ...methods.flatMap(findReasonProblems),
      ...idle.filter(getOwnReasonRule).map(({ name }) => `${name} ${REASON_HAS_NO_EFFECT}: it has no @Audited handler`),
    ];
    if (problems.length > 0) throw auditErrors.AUDIT_OPTIONS_INVALID(problems);
    for (const type of idle.filter((each) => getAuditedEntries(each, {}).length > 0)) {
      this.logger.warn(
        `@Audited on the class ${type.name} records nothing: Nest calls no method of it as a handler. Put @Audited on the methods to record.`,
      );
    }
    this.noteNames(methods);
    this.reportCoverage();
  }

  private closedProblems(methods: readonly ApplicationMethod[]): readonly string[] {
    const { onFailure, disabledProviders } = this.options;
    const closed = methods.flatMap((method) => {
      const entry = method.entries.find((each) => this.recorder.isClosed(each));
      return entry ? [{ ...method, name: entry.name }] : [];
    });
    const problems = closed
      .filter(({ method }) => !isHandler(method) && getAuditedWait(method) === 'none')
      .map(({ label, name }) => `${label}: ${formatSynchronousProblem(name)}`);
    const isClosed = onFailure === 'closed' || closed.length > 0;
    if (isClosed && !this.discovery.discover(disabledProviders).enabled.some(({ awaited }) => awaited)) {
      problems.push(
        "onFailure is closed, but record() does not wait for any enabled audit provider (add a provider with awaited: true, or set onFailure: 'open')",
      );
    }
    return problems;
  }

  private reportCoverage(): void {
    const coverage = computeCoverage(this.modules, this.config);
    if (coverage.checked === 0) return; // a worker has no routes
    if (coverage.missing.length > 0) this.logger.warn(summarizeCoverage(coverage));
    else this.logger.log(describeCoverage(coverage));
  }

  private noteNames(methods: readonly ApplicationMethod[]): void {
    const labels = new Map<string, Set<string>>();
    for (const { entries, label } of methods) {
      for (const { name } of entries) labels.set(name, (labels.get(name) ?? new Set()).add(label));
    }
    for (const [name, users] of labels) this.names.note(name, `is recorded by ${[...users].join(', ')} (@Audited)`);
    const { anonymize } = this.options;
    for (const name of typeof anonymize === 'boolean' ? [] : anonymize) this.names.note(name, 'is in anonymize');
  }
}

/** Frameworks wait until the events before and after a handler are stored, even if the handler is synchronous. */
const HANDLER_KEYS = ['path', 'microservices:pattern', 'websockets:message_mapping', 'graphql:resolver_type'];

interface ApplicationMethod {
  readonly type: { readonly name: string };
  readonly method: object;
  readonly label: string;
  /** Read only once: most methods are of other libraries, and metadata are slow to read. */
  readonly entries: readonly AuditedEntry[];
}

function isHandler(method: object): boolean {
  return HANDLER_KEYS.some((key) => Reflect.hasMetadata(key, method));
}

function listApplicationMethods(modules: ModulesContainer): readonly ApplicationMethod[] {
  const scanner = new MetadataScanner();
  const classes = new Set<unknown>();
  for (const module of modules.values()) {
    for (const { instance, metatype } of [...module.providers.values(), ...module.controllers.values()]) {
      classes.add(readFieldSafely(instance, 'constructor') ?? metatype);
    }
  }
  return [...classes].flatMap((type) => {
    if (typeof type !== 'function' || typeof type.prototype !== 'object' || type.prototype === null) return [];
    const prototype = type.prototype as object; // checked above
    return scanner.getAllMethodNames(prototype).flatMap((name) => {
      const method: unknown = readFieldSafely(prototype, name);
      if (typeof method !== 'function') return [];
      return [{ type, method, label: `${type.name}.${name}`, entries: getAuditedEntries(type, method) }];
    });
  });
}

const REASON_HAS_NO_EFFECT = 'has an @AuditReason that does nothing';

const OPTIONS: Readonly<Record<keyof AuditReasonOptions, true>> = { header: true, body: true, required: true };

function findReasonProblems({ type, method, label, entries }: ApplicationMethod): readonly string[] {
  const own = getOwnReasonRule(method);
  const rule = own ?? resolveReasonRule(type, method);
  if (!rule || (!own && !isHandler(method))) return [];
  const problems = [...findRuleProblems(rule)];
  if (own && !isHandler(method)) problems.push('it is not a handler of requests or messages');
  else if (own && entries.length === 0) problems.push('it has no @Audited to record the reason');
  return problems.map((problem) => `${label} ${REASON_HAS_NO_EFFECT}: ${problem}`);
}

/** Returns the classes that have no `@Audited` handler of requests or messages. */
function findClassesWithoutHandler(methods: readonly ApplicationMethod[]): readonly ApplicationMethod['type'][] {
  const used = new Set(
    methods.filter(({ method, entries }) => entries.length > 0 && isHandler(method)).map(({ type }) => type),
  );
  return [...new Set(methods.map(({ type }) => type))].filter((type) => !used.has(type));
}

function findRuleProblems(input: AuditReasonOptions): readonly string[] {
  const { header, body, required = false }: { readonly [Name in keyof AuditReasonOptions]: unknown } = input;
  const problems = [...findUnknownOptions(input, OPTIONS)];
  if (header !== undefined && (typeof header !== 'string' || header === ''))
    problems.push('header is not the name of a header');
  if (body !== undefined && (typeof body !== 'string' || body === '')) problems.push('body is not the name of a field');
  if (typeof required !== 'boolean') problems.push('required is not true or false');
  return problems;
}
