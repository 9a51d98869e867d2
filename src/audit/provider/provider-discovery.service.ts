import { Inject, Injectable, type INestApplicationContext, type Type } from '@nestjs/common';
import { ModulesContainer, type DiscoverableDecorator } from '@nestjs/core';
import { checkCallOptions } from '../check-call-options.js';
import { Catalogue } from '../catalogue/catalogue.js';
import { readFieldSafely } from '../../base/read-safely.js';
import { AuditProvider, type AuditProviderOptions } from './audit-provider.js';
import type { AuditEvent } from '../event/audit-event.js';
import { auditErrors } from '../errors/audit.errors.js';

const BACKEND = /^[a-z][a-z0-9-]{0,62}$/;

/** The enabled providers, and the backends that the options disable. */
export interface DiscoveredProviders {
  readonly enabled: readonly RegisteredProvider[];
  readonly disabled: readonly string[];
  /** All providers. This includes disabled providers, since their stores may still contain data. */
  readonly all: readonly RegisteredProvider[];
}

/** Finds the audit providers of all modules. */
@Injectable()
export class ProviderDiscovery {
  constructor(
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
  ) {}

  /**
   * Finds the instances of classes with `@AuditProvider` in every module.
   *
   * @throws `AUDIT_PROVIDER_INVALID` for an invalid provider, a duplicate name, or an unknown disabled backend
   * @throws `AUDIT_OPTIONS_INVALID` for an unknown category
   */
  discover(disabledBackends: readonly string[]): DiscoveredProviders {
    const found = new Map<string, RegisteredProvider>();
    const refuse = (className: string) => auditErrors.AUDIT_PROVIDER_INVALID.requestScoped(className);
    for (const { instance, options, module } of findDecoratedProviders(this.modules, AuditProvider, refuse)) {
      const provider = register(instance, options, module);
      const problems = this.catalogue.unknownCategories('categories', options.categories ?? []);
      if (problems.length > 0) {
        throw auditErrors.AUDIT_OPTIONS_INVALID(problems, undefined, `register the audit provider ${provider.backend}`);
      }
      const other = found.get(provider.backend);
      if (other) throw auditErrors.AUDIT_PROVIDER_INVALID.duplicate(provider.backend, other.module, provider.module);
      found.set(provider.backend, provider);
    }
    for (const backend of disabledBackends) {
      if (!found.has(backend)) throw auditErrors.AUDIT_PROVIDER_INVALID.unknown(backend, [...found.keys()]);
    }
    const disabled = new Set(disabledBackends);
    return {
      enabled: [...found.values()].filter(({ backend }) => !disabled.has(backend)),
      disabled: [...disabled],
      all: [...found.values()],
    };
  }
}

interface DecoratedProvider<Options> {
  readonly instance: object;
  readonly options: Options;
  readonly module: string;
}

/**
 * Finds the instances of classes with a decorator in every module, by any registration (class, `useClass`, `useValue`, `useFactory`, subclass). An
 * instance that several modules share is found once.
 *
 * @param refuse makes the error for a class without a single instance
 */
export function findDecoratedProviders<Options>(
  modules: ModulesContainer,
  decorator: DiscoverableDecorator<Options>,
  refuse: (className: string) => Error,
): readonly DecoratedProvider<Options>[] {
  const found = new Map<unknown, DecoratedProvider<Options>>();
  for (const { providers, name: module } of modules.values()) {
    for (const wrapper of providers.values()) {
      if (wrapper.isAlias || found.has(wrapper.instance)) continue;
      const isSingle = wrapper.isDependencyTreeStatic() && !wrapper.isTransient;
      // The class of a factory's result is unknown, but the token may be that class.
      const declared: unknown = wrapper.inject ? wrapper.token : wrapper.metatype;
      const type = isSingle ? readFieldSafely(wrapper.instance, 'constructor') : declared;
      const options = typeof type === 'function' ? getClassOptions(type, decorator) : undefined;
      if (options === undefined) continue;
      if (!isSingle) throw refuse((type as Type).name); // a function, since it has options
      found.set(wrapper.instance, { instance: wrapper.instance as object, options, module }); // its class has the options
    }
  }
  return [...found.values()];
}

/** Returns the backend names of an application's providers. Works before and after the start of the application. */
export function listAuditBackends(app: INestApplicationContext): readonly string[] {
  const modules = [...app.get(ModulesContainer, { strict: false }).values()];
  const backends = modules.flatMap(({ providers }) =>
    [...providers.values()].flatMap(({ metatype, inject, instance }) => {
      const isClass = typeof metatype === 'function' && !inject;
      const made: unknown = isClass ? metatype : readFieldSafely(instance, 'constructor');
      const options = typeof made === 'function' ? getClassOptions(made, AuditProvider) : undefined;
      return options ? [options.backend ?? toKebabCase((made as Type).name)] : []; // only a class can have these options
    }),
  );
  return [...new Set(backends)];
}

function getClassOptions<Options>(type: object, { KEY }: DiscoverableDecorator<Options>): Options | undefined {
  return Reflect.getMetadata(KEY, type) as Options | undefined; // only the decorator writes these metadata
}

function register(instance: object, options: AuditProviderOptions, module: string): RegisteredProvider {
  const { name } = instance.constructor;
  const provider = instance as AuditProvider; // tested in the next line
  if (typeof provider.record !== 'function') throw auditErrors.AUDIT_PROVIDER_INVALID.withoutRecord(name, module);
  checkCallOptions('provider', options, `register the audit provider ${name}`);
  const backend = options.backend ?? toKebabCase(name);
  if (!BACKEND.test(backend)) throw auditErrors.AUDIT_PROVIDER_INVALID.badBackend(name, backend);
  return registerProvider(provider, backend, module, options);
}

function toKebabCase(className: string): string {
  return className
    .replace(/(Audit)?(Provider)?$/, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase();
}

export interface RegisteredProvider {
  readonly backend: string;
  readonly module: string;
  readonly instance: AuditProvider;
  readonly awaited: boolean;
  readonly required: boolean;
  readonly maxBatchesInFlight: number;
  readonly wants: (event: AuditEvent) => boolean;
}

export function registerProvider(
  instance: AuditProvider,
  backend: string,
  module: string,
  options: AuditProviderOptions,
): RegisteredProvider {
  const categories = options.categories ? new Set(options.categories) : undefined;
  return {
    backend,
    module,
    instance,
    awaited: options.awaited ?? true,
    required: options.required ?? false,
    maxBatchesInFlight: instance.recordInTransaction ? 2 : 1, // transactions overlap, so such a provider expects calls in any order
    wants: categories ? (event) => categories.has(event.category) : () => true,
  };
}
