import { defineChecks, type Check } from '../../monitoring/store/check.js';
import type { ResolvedStream } from './streams-options.js';

/** What the checks of streams need. */
export interface StreamFacts {
  /** The streams whose destinations get a test batch. */
  readonly tested: { readonly streams: readonly ResolvedStream[]; readonly origin: string };
}

/** Sends a test batch to the destination of each stream. */
export const STREAM_CHECKS: readonly Check<StreamFacts>[] = [
  defineChecks<StreamFacts>()('destinations', ['tested'], async ({ tested: { streams, origin } }) => {
    const { testDestination } = await import('./test-destination.js'); // on demand, because this file loads the destinations
    return Promise.all(streams.map((stream) => testDestination(stream, origin)));
  }),
];
