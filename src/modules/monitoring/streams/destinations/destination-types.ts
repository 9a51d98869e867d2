import { InvalidOptionsError } from '../../../../audit/index.js';
import type { DestinationType } from './destination-type.js';
import { FILE_DESTINATION, type FileDestinationOptions } from './file.destination.js';
import { WEBHOOK_DESTINATION, type WebhookDestinationOptions } from './webhook.destination.js';

/** Where a stream sends its events. */
export type DestinationOptions = FileDestinationOptions | WebhookDestinationOptions;

const TYPES = { file: FILE_DESTINATION, webhook: WEBHOOK_DESTINATION };

/** The kind of a destination's options. */
export function destinationTypeOf(options: DestinationOptions): DestinationType<DestinationOptions> {
  return TYPES[options.type] as DestinationType<DestinationOptions>; // each type stands under its own name
}

/** What is wrong with the options of a destination. */
export function problemsOfDestination(given: unknown): readonly string[] {
  const types = Object.keys(TYPES);
  const { type } = Object(given) as { readonly type?: unknown }; // plain JavaScript may give anything
  if (typeof type !== 'string' || !types.includes(type)) {
    return [`destination.type is ${String(type)}: use ${types.join(' or ')}`];
  }
  const options = given as DestinationOptions; // its type is known
  const kind = destinationTypeOf(options);
  const unknown = InvalidOptionsError.unknownOptions(options, kind.names);
  return [...unknown, ...kind.problems(options)].map((problem) => `destination.${problem}`);
}
