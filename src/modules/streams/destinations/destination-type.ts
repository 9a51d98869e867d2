import type { FormatSource } from '../formats/format-source.js';
import type { Acknowledgement, StreamDestination } from '../stream-destination.js';

/** A type of destination: the checks of its options, and its constructor. */
export interface DestinationType<Options extends { readonly type: string }> {
  /** Its options: `secret` if the value of one may not be shown. */
  readonly names: Readonly<Record<keyof Options, true | 'secret'>>;
  /** Returns the problems of options whose names are known; each begins with the option's name. */
  readonly problems: (options: Options) => readonly string[];
  /** The description in `/health` and `streams list`, without secrets. */
  readonly describe: (options: Options) => string;
  readonly acknowledgement: Acknowledgement;
  readonly create: (options: Options, source: FormatSource) => StreamDestination;
}
