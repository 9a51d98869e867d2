import type { FormatSource } from '../formats/format-source.js';
import type { Acknowledgement, PreviewableDestination } from '../stream-destination.js';

/** A kind of destination: what its options are, and how it is made of them. */
export interface DestinationType<Options extends { readonly type: string }> {
  readonly names: Readonly<Record<keyof Options, true>>;
  /** What is wrong with options whose names are known, each beginning with the option's name. */
  readonly problems: (options: Options) => readonly string[];
  /** As `/health` and `streams list` show it: without secrets. */
  readonly describe: (options: Options) => string;
  readonly acknowledgement: Acknowledgement;
  readonly create: (options: Options, source: FormatSource) => PreviewableDestination;
}
