export { CheckpointPublisher } from './checkpoint-publisher.service.js';
export { appendNote, splitNotes } from './note-file.js';
export { PUBLISHED_AGES, PublicationRecords } from './publication-records.js';
export {
  resolvePublishingOptions,
  type PublishingOptions,
  type ResolvedPublishingOptions,
  type WitnessOptions,
} from './publishing-options.js';
export { UnpublishedCheckpointError, WitnessRefusedError } from './publishing.errors.js';
