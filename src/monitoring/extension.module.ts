import {
  Module,
  type DynamicModule,
  type InjectionToken,
  type ModuleMetadata,
  type Provider,
  type Type,
} from '@nestjs/common';
import { requireModule, type OptionalExtension, auditErrors } from '../audit/nest-free.js';

/** A module that can be switched off. */
export interface Switchable {
  /**
   * If `false`, the module adds no provider, route, timer or connection. Set this when tests or a local start run without the module's tables,
   * for example `enabled: process.env.NODE_ENV !== 'test'`.
   * @defaultValue true
   */
  readonly enabled?: boolean | undefined;
}

/** Replaces a module that is switched off. With the original module, Nest would try to inject providers that are missing. */
@Module({})
export class SwitchedOffModule {}

export type ExtensionOptions<Options> = Options & Switchable;

export interface ExtensionAsyncOptions<Options> extends Pick<ModuleMetadata, 'imports'>, Switchable {
  /** The injection tokens of the factory's parameters. */
  readonly inject?: InjectionToken[];
  readonly useFactory: (...dependencies: never[]) => Options | Promise<Options>;
}

export function fromFactory<Options>(options: ExtensionOptions<Options>): ExtensionAsyncOptions<Options> {
  if (!isRecord(options)) return { useFactory: () => options }; // JavaScript may pass a value that is not an object; the boot then refuses it
  const { enabled, ...others } = options;
  return { enabled, useFactory: () => others as Options }; // the options without `enabled`
}

interface ExtensionParts<Options> {
  readonly module: Type;
  readonly name: OptionalExtension;
  /** The injection token for the result of `resolve`. */
  readonly options: symbol;
  /** Returns the options with their defaults. Adds each problem of the options to `problems`. */
  readonly resolve: (options: Options, problems: string[]) => object | undefined | Promise<object | undefined>;
  readonly controllers?: readonly Type<object>[];
  readonly providers: readonly Provider[];
  readonly exports?: readonly Type[];
}

/** Returns the module of an extension. An application imports the extension's module in addition to `MonitoringModule`. Invalid options stop the boot. */
export function createExtensionModule<Options>(
  { module, name, options, resolve, controllers = [], providers, exports = [] }: ExtensionParts<Options>,
  { enabled = true, imports = [], inject = [], useFactory }: ExtensionAsyncOptions<Options>,
): DynamicModule {
  if (!enabled) return { module: SwitchedOffModule };
  return {
    module,
    imports,
    controllers: [...controllers],
    providers: [
      requireModule(module.name, 'MonitoringModule'),
      {
        provide: options,
        // Nest calls the factory with the dependencies that `inject` names.
        useFactory: async (...dependencies: unknown[]) => {
          const input: unknown = await useFactory(...(dependencies as never[]));
          if (!isRecord(input)) throw auditErrors.AUDIT_OPTIONS_INVALID(['the options are not an object'], name);
          const problems: string[] = [];
          const resolved = await resolve(input as Options, problems); // resolve() checks each option
          if (problems.length > 0) throw auditErrors.AUDIT_OPTIONS_INVALID(problems, name);
          return resolved;
        },
        inject,
      },
      ...providers,
    ],
    exports: [...exports],
  };
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
