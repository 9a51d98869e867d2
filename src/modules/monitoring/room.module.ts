import {
  Module,
  type DynamicModule,
  type InjectionToken,
  type ModuleMetadata,
  type Provider,
  type Type,
} from '@nestjs/common';
import { InvalidOptionsError, needModule, type OptionalRoom } from '../../audit/plain.js';

/** A module that can be switched off. */
export interface Switchable {
  /** `false`: nothing of the module is there: no provider, route, timer or connection. @defaultValue true */
  readonly enabled?: boolean | undefined;
}

/** Replaces a module that is switched off: Nest needs a module, and the original would inject missing providers. */
@Module({})
export class SwitchedOffModule {}

/** The options of a room, and whether it is there. */
export type RoomOptions<Options> = Options & Switchable;

/** The options of a room from a factory. */
export interface RoomAsyncOptions<Options> extends Pick<ModuleMetadata, 'imports'>, Switchable {
  /** What the factory gets. */
  readonly inject?: InjectionToken[];
  readonly useFactory: (...dependencies: never[]) => Options | Promise<Options>;
}

/** Returns the options of a room that are known at once, as those of a factory. */
export function fromFactory<Options>(options: RoomOptions<Options>): RoomAsyncOptions<Options> {
  if (!isRecord(options)) return { useFactory: () => options }; // plain JavaScript may pass anything, which the boot refuses
  const { enabled, ...others } = options;
  return { enabled, useFactory: () => others as Options }; // all but `enabled`
}

/** The parts of a room. */
interface RoomParts<Options> {
  readonly module: Type;
  readonly name: OptionalRoom;
  /** The injection token of what `resolve` returns. */
  readonly options: symbol;
  /** Fills in the defaults, and adds problems to `problems`. */
  readonly resolve: (options: Options, problems: string[]) => object;
  readonly controllers?: readonly Type<object>[];
  readonly providers: readonly Provider[];
  readonly exports?: readonly Type[];
}

/** The module of a room, which an application imports beside `MonitoringModule`. Invalid options stop the boot. */
export function roomModule<Options>(
  { module, name, options, resolve, controllers = [], providers, exports = [] }: RoomParts<Options>,
  { enabled = true, imports = [], inject = [], useFactory }: RoomAsyncOptions<Options>,
): DynamicModule {
  if (!enabled) return { module: SwitchedOffModule };
  return {
    module,
    imports,
    controllers: [...controllers],
    providers: [
      needModule(module.name, 'MonitoringModule'),
      {
        provide: options,
        // Nest calls the factory with exactly what `inject` names.
        useFactory: async (...dependencies: unknown[]) => {
          const given: unknown = await useFactory(...(dependencies as never[]));
          if (!isRecord(given)) throw new InvalidOptionsError(['the options are not an object'], name);
          const problems: string[] = [];
          const resolved = resolve(given as Options, problems); // checked one by one
          if (problems.length > 0) throw new InvalidOptionsError(problems, name);
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
