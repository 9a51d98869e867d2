export { StreamsModule } from './streams.module.js';
export {
  defineDestination,
  type DefinedDestination,
  type DestinationDefinition,
  type CustomDestination,
} from './define-destination.js';
export type { Acknowledgment, StreamResult, StreamBatch, StreamDestination } from './stream-destination.js';
export type { StreamFilter } from './selection.js';
export type { BatchOptions, StreamOptions, StreamsOptions } from './streams-options.js';
export type { DestinationOptions } from './destinations/destination-types.js';
