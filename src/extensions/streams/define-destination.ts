import { z } from 'zod';
import type { FormatSource } from './formats/line-text.js';
import type { Acknowledgment, StreamResult, StreamBatch, StreamDestination } from './stream-destination.js';
import { findUnknownOptions } from '../../audit/nest-free.js';
import { parseOptions } from '../../audit/option-schemas.js';

/** Describes a type of destination: its options, and how it sends a batch. */
export interface DestinationDefinition<Options extends z.ZodObject = z.ZodObject> {
  /** The name of the type: small letters, digits and hyphens. A type of the package has another name. */
  readonly type: string;
  /** The options and their checks, a schema of zod 4. Default: no options. */
  readonly options?: Options;
  /** The options that are secret. Their values are masked in errors and answers, and left out of acts. */
  readonly secrets?: readonly (keyof Options['shape'] & string)[];
  /** Returns the description for `consumers list`, without secrets. Default: the type. */
  describe?(options: z.output<Options>): string;
  /** The promise about an accepted batch. @defaultValue 'received' */
  readonly acknowledgment?: Acknowledgment;
  /** Makes the destination before its first batch. An error that it throws counts as `retry`. */
  create(options: z.output<Options>, source: FormatSource): StreamDestination;
}

/** A destination with all members of {@link StreamDestination}. */
export interface OpenDestination extends Required<StreamDestination> {
  send(batch: StreamBatch, signal: AbortSignal): Promise<StreamResult>;
}

/** A {@link DestinationDefinition} for options that are not parsed. */
export interface DestinationType {
  readonly type: string;
  /** The names of the options. The value of a `secret` option is never shown. */
  readonly names: Readonly<Record<string, true | 'secret'>>;
  readonly acknowledgment: Acknowledgment;
  /** Returns the problems of the options. Each problem begins with the option's name. */
  problems(options: object): readonly string[];
  readonly describe: (options: object) => string;
  /** Returns a destination that is made before its first batch. It throws only from `send`, so that it cannot stop other streams. */
  open(options: object, source: FormatSource): OpenDestination;
}

/** The key of the type of an {@link CustomDestination}. Two copies of the package share this key. */
export const TYPE: unique symbol = Symbol.for('nestjs-audit-ledger:destination') as never; // only a declaration can have a unique symbol

/** The options of a destination that an application defined, with its type. */
export interface CustomDestination {
  readonly type: string;
  readonly [TYPE]: DestinationType;
}

/** Makes a destination of a defined type from its options. */
export interface DefinedDestination<Options extends z.ZodObject = z.ZodObject> {
  (options: z.input<Options>): CustomDestination;
  readonly kind: DestinationType;
}

/** A destination of the package. `Options` gives the schema's input a name and doc comments, from which the pages are generated. */
export interface PackageDestination<Options extends { readonly type: string }> extends Pick<
  DefinedDestination,
  'kind'
> {
  (options: Options): CustomDestination;
}

/**
 * Defines a type of destination. The result is a function: call it with the options, and set its result as the `destination` of a stream. The
 * application refuses to start on invalid options.
 */
export function defineDestination<Options extends z.ZodObject = z.ZodObject>(
  definition: DestinationDefinition<Options>,
): DefinedDestination<Options> {
  const kind = toDestinationType(definition);
  return Object.assign((options: z.input<Options>) => ({ ...options, type: kind.type, [TYPE]: kind }), { kind });
}

const ACCEPTED = { outcome: 'accepted' } as const;
const OUTCOMES: readonly unknown[] = ['accepted', 'retry', 'refused', 'gone'] satisfies StreamResult['outcome'][];

function toDestinationType<Options extends z.ZodObject>(definition: DestinationDefinition<Options>): DestinationType {
  const { type, secrets = [], acknowledgment = 'received' } = definition;
  const schema: z.ZodObject = definition.options ?? z.object({});
  const isSecret = (name: string): boolean => secrets.some((each) => each === name);
  const names = Object.keys(schema.shape).map((name) => [name, isSecret(name) ? 'secret' : true] as const);
  const parse = (options: object) => schema.parse(omitType(options)) as z.output<Options>; // `schema` is `definition.options`
  const describe = (options: object): string => definition.describe?.(parse(options)) ?? type;
  return {
    ...{ type, names: { type: true, ...Object.fromEntries(names) }, acknowledgment, describe },
    problems: (options) => {
      const problems = [...findUnknownOptions(options, { type, ...schema.shape })];
      parseOptions(schema, omitType(options), problems);
      return problems;
    },
    open: (options, source) => {
      let made: StreamDestination | undefined;
      const destination = (): StreamDestination => (made ??= definition.create(parse(options), source));
      return {
        get sendsBatches() {
          return destination().sendsBatches ?? false;
        },
        send: async (batch, signal) => checkedResult((await destination().send(batch, signal)) ?? ACCEPTED),
        close: async () => {
          try {
            await made?.close?.();
          } catch {
            // nothing is sent any more
          }
        },
      };
    },
  };
}

function omitType(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([name]) => name !== 'type'));
}

/** TypeScript does not check an answer in JavaScript, such as the `Response` of `fetch`. */
function checkedResult(result: StreamResult): StreamResult {
  if (OUTCOMES.includes((Object(result) as Partial<StreamResult>).outcome)) return result;
  throw new Error("send() resolved with an unknown outcome: resolve with nothing, or with { outcome: 'accepted' }");
}
