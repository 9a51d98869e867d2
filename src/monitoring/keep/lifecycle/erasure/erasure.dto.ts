import { z } from 'zod';
import type { AuditActorType } from '../../../../audit/nest-free.js';
import { list, namedSchema, time, wordSchema } from '../../../read/responses/shape.js';
import { text } from '../../../read/query/texts.js';
import {
  IDENTIFIER_RULE,
  isIdentifier,
  isText,
  MAX_ID_CHARACTERS,
  MAX_IDENTIFIERS,
  MAX_REASON_CHARACTERS,
} from './check-request.js';

function boundedText(min: number, max: number) {
  return text(`a text of ${min} to ${max} characters`, (value) => isText(value, min, max));
}

export const NewErasure = namedSchema(
  'NewErasure',
  z
    .strictObject({
      subjectId: boundedText(1, MAX_ID_CHARACTERS).describe(
        'The id of the person in events: the id of an actor, or of a resource of type user',
      ),
      identifiers: z
        .array(text(IDENTIFIER_RULE, isIdentifier))
        .max(MAX_IDENTIFIERS, `a list of at most ${MAX_IDENTIFIERS}`)
        .optional()
        .describe(
          'For example e-mail addresses and user names: events that contain such an identifier are also erased',
        ),
      reason: boundedText(1, MAX_REASON_CHARACTERS).describe(
        'The reason, which the ledger stores. Do not name the person',
      ),
      dryRun: z.boolean().optional().describe('true: only counts the events').meta({ default: false }),
    })
    .meta({ example: { subjectId: 'u-1', identifiers: ['ada@example.com'], reason: 'Request 2026-112' } }),
);

/** In a repeated erasure, the relation of every listed event is `replayed`. */
const ErasureRelation = z.enum(['actor', 'onBehalfOf', 'resource', 'related', 'identifier', 'replayed']);
export type ErasureRelation = z.infer<typeof ErasureRelation>;

const ErasureCounts = namedSchema(
  'ErasureCounts',
  z.object({
    events: z
      .record(z.string(), z.partialRecord(ErasureRelation, z.int()).readonly())
      .readonly()
      .describe('Events whose personal part was erased, or would be erased, by month (UTC) and relation to the person')
      .meta({ example: { '2026-11': { actor: 12, resource: 3, identifier: 1 } } }),
    held: z.int().describe('Events that were not erased because of a legal hold'),
    refused: z
      .int()
      .describe('Events that were not erased because they are not sealed: the ledger’s writer did not write them'),
    namedInFacts: z.int().describe('Events whose facts contain an identifier. Facts cannot be changed'),
    archived: z.int().describe('Events that were erased in archives, or would be erased'),
    providers: z.record(z.string(), z.int()).readonly().describe('Rows that other providers changed, by backend'),
    deadLetters: z
      .int()
      .describe(
        'Events in the spill that providers refused. Such an event may name the person, so an operator must decide what to do with the event',
      ),
    corruptLines: z
      .int()
      .describe(
        'Lines of the spill that cannot be read, in files ending in .corrupt. Such a line may name the person, so an operator must repair or remove the file',
      ),
  }),
);
export type ErasureCounts = z.infer<typeof ErasureCounts>;

const RemainingExport = namedSchema(
  'RemainingExport',
  z.object({
    exportId: z.uuid(),
    exportedAt: time,
    isCertain: z.boolean().describe('true: contains events of the person; false: may contain some'),
  }),
);

const ErasureRemnants = namedSchema(
  'ErasureRemnants',
  z.object({
    events: z
      .int()
      .describe('Events by or about the person, or that named the person. These events now contain only facts'),
    facts: z
      .record(z.string(), z.int())
      .readonly()
      .describe('The remaining facts: for each JSON Pointer, the number of events with that fact')
      .meta({ example: { '/type': 16, '/actor/id': 12, '/details/attempts': 2 } }),
    archives: z.record(z.string(), z.int()).readonly().describe('Number of the person’s events by archive'),
    removedArchives: list(z.string()).describe(
      'Archives that an operator removed. Copies of such archives were not changed',
    ),
    exports: list(RemainingExport).describe('Exports with events of the person, newest first'),
    outside: list(
      z.enum([
        ...(['backups', 'write_ahead_logs', 'archive_copies', 'unrecorded_exports'] as const),
        ...(['legal_holds', 'erasure_requests'] as const),
      ]),
    ).describe(
      'Other copies that may contain the person’s data. legal_holds, erasure_requests: rows with texts that name the person; signed acts state their digests',
    ),
  }),
);
export type ExternalCopy = ErasureRemnants['outside'][number];
export type ErasureRemnants = z.infer<typeof ErasureRemnants>;

/**
 * The states of an erasure, from the first to the last. After a crash, the step of each state can be repeated.
 *
 * - `planned`: waits until all earlier events are stored
 * - `erasing`: erases events by, on behalf of, or about the person
 * - `searching`: erases other events that contain an identifier of the person
 * - `archives`: erases archived events. After this state, a dry run is done
 * - `providers`: erases the data in the providers other than the ledger
 * - `recording`: records the event `audit_subject_erased`
 * - `sealing`: waits for a checkpoint that covers that event, and then signs the certificate
 */
const ErasureState = z.enum([
  ...(['planned', 'erasing', 'searching', 'archives', 'providers', 'recording', 'sealing', 'done'] as const),
]);
export type ErasureState = z.infer<typeof ErasureState>;

/** An erasure in a response. */
export const Erasure = namedSchema(
  'Erasure',
  z.object({
    id: z.uuid(),
    subjectId: z.string(),
    requestedBy: z.object({ type: wordSchema<AuditActorType>(), id: z.string() }),
    reason: z.string(),
    dryRun: z.boolean(),
    state: ErasureState,
    requestedAt: time,
    startedAt: time.exactOptional(),
    finishedAt: time.exactOptional(),
    counts: ErasureCounts,
    remnants: ErasureRemnants.describe('The remaining data; complete when the erasure is done'),
    problem: z
      .string()
      .exactOptional()
      .describe('Why the erasure waits, or the last error. The application retries the erasure'),
    eventId: z.uuid().exactOptional().describe('The id of the event audit_subject_erased'),
    certificate: z.string().exactOptional().describe('The certificate, as a signed note'),
  }),
);
export type Erasure = z.infer<typeof Erasure>;
