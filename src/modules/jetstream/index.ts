export { JetStreamModule } from './jetstream.module.js';
export type { JetStreamConnection, JetStreamOptions } from './ingest-options.js';
export {
  IngestBlockedError,
  IngestLateError,
  IngestTakenOverError,
  IngestUnavailableError,
  IngestUnsafeError,
} from './ingest.error.js';
