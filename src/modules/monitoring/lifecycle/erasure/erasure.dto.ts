import { z } from 'zod';
import type { AuditActorType } from '../../../../audit/plain.js';
import { list, named, time, word } from '../../answers/shape.js';
import { text } from '../../query/texts.js';
import {
  FEWEST_CHARACTERS,
  isText,
  MOST_CHARACTERS,
  MOST_ID_CHARACTERS,
  MOST_IDENTIFIERS,
  MOST_REASON_CHARACTERS,
} from './check-request.js';

function textOf(fewest: number, most: number) {
  return text(`a text of ${fewest} to ${most} characters`, (value) => isText(value, fewest, most));
}

/** The body of `POST /audit/erasures`: what to erase. */
export const NewErasure = named(
  'NewErasure',
  z
    .strictObject({
      subjectId: textOf(1, MOST_ID_CHARACTERS).describe(
        'The id that events have of the person: of an actor, or of a resource of type user',
      ),
      identifiers: z
        .array(textOf(FEWEST_CHARACTERS, MOST_CHARACTERS))
        .max(MOST_IDENTIFIERS, `a list of at most ${MOST_IDENTIFIERS}`)
        .optional()
        .describe('E-mail addresses, user names and the like: events that hold one of them are erased, too'),
      reason: textOf(1, MOST_REASON_CHARACTERS).describe('Why. It is kept, and holds nothing of the person'),
      dryRun: z.boolean().optional().describe('Only count what would go').meta({ default: false }),
    })
    .meta({ example: { subjectId: 'u-1', identifiers: ['ada@example.com'], reason: 'Request 2026-112' } }),
);

/**
 * How an event relates to the person: done by, for or to the person, or naming the person; `replayed` if an erasure is repeated that a
 * restore undid.
 */
const ErasureRelation = z.enum(['actor', 'onBehalfOf', 'resource', 'identifier', 'replayed']);
export type ErasureRelation = z.infer<typeof ErasureRelation>;

/** What an erasure found. */
const ErasureCounts = named(
  'ErasureCounts',
  z.object({
    events: z
      .record(z.string(), z.partialRecord(ErasureRelation, z.int()).readonly())
      .readonly()
      .describe(
        'Events whose personal part was erased, or would be, by month (UTC) and by what makes them the person’s',
      )
      .meta({ example: { '2026-11': { actor: 12, resource: 3, identifier: 1 } } }),
    held: z.int().describe('Events that a legal hold keeps as they are'),
    refused: z
      .int()
      .describe(
        'Events without a place in the log, since they are not what the writer wrote: they are left as they are',
      ),
    namedInFacts: z.int().describe('Events whose facts hold an identifier: these cannot be changed'),
    archived: z.int().describe('Events that were erased in archives, or would be'),
    providers: z.record(z.string(), z.int()).readonly().describe('Rows that other providers changed, by backend'),
    deadLetters: z
      .int()
      .describe(
        'Events that providers refuse, and that wait in the spill for somebody to decide. They may name the person',
      ),
  }),
);
export type ErasureCounts = z.infer<typeof ErasureCounts>;

/** An export that contains events of the person from before the erasure. */
const RemainingExport = named(
  'RemainingExport',
  z.object({
    exportId: z.uuid(),
    exportedAt: time,
    isCertain: z.boolean().describe('Whether it surely has events of the person; else it may have some'),
  }),
);

/** The data that an erasure leaves, by name: what the ledger's tree needs, and what the ledger cannot reach. */
const ErasureRemains = named(
  'ErasureRemains',
  z.object({
    events: z.int().describe('Events by or about the person, or that named the person, which are facts alone now'),
    facts: z
      .record(z.string(), z.int())
      .readonly()
      .describe('The facts of these events, by JSON Pointer, and how many of the events have each. They are sealed')
      .meta({ example: { '/type': 16, '/actor/id': 12, '/details/attempts': 2 } }),
    archives: z
      .record(z.string(), z.int())
      .readonly()
      .describe('Archives that have some of these events, and how many'),
    removedArchives: list(z.string()).describe('Archives that were removed before: copies of them were not reached'),
    exports: list(RemainingExport).describe('Exports whose files have, or may have, the person’s data, newest first'),
    outside: list(
      z.enum(['backups', 'write_ahead_logs', 'archive_copies', 'unrecorded_exports', 'watch_digests']),
    ).describe(
      'Where else the person’s data may be that the erasure did not reach. watch_digests: keyed digests that rules count by until they forget them; the key is beside them',
    ),
  }),
);
export type OutsideCopy = ErasureRemains['outside'][number];
export type ErasureRemains = z.infer<typeof ErasureRemains>;

/**
 * Where an erasure is:
 *
 * ```
 *   planned ──all that was accepted before is stored──▶ erasing ──▶ searching ──▶ archives ──▶ providers ──▶ recording ──▶ sealing ──▶ done
 *     by or about the person ─────────────────────────────┘            │            │             │              │            │
 *     naming the person elsewhere, where identifiers are given ────────┘            │             │              │            │
 *     the archived months ──────────────────────────────────────────────────────────┘             │              │            │
 *     what other providers keep ──────────────────────────────────────────────────────────────────┘              │            │
 *     the event that reports it ──────────────────────────────────────────────────────────────────────────────────┘            │
 *     waiting for a checkpoint over it, for the certificate ──────────────────────────────────────────────────────────────────┘
 * ```
 *
 * A dry run ends after the archives. Each step can be done again after a crash.
 */
const ErasureState = z.enum([
  ...(['planned', 'erasing', 'searching', 'archives', 'providers', 'recording', 'sealing', 'done'] as const),
]);
export type ErasureState = z.infer<typeof ErasureState>;

/** An erasure in answers. */
export const Erasure = named(
  'Erasure',
  z.object({
    id: z.uuid(),
    subjectId: z.string(),
    requestedBy: z.object({ type: word<AuditActorType>(), id: z.string() }),
    reason: z.string(),
    dryRun: z.boolean(),
    state: ErasureState,
    requestedAt: time,
    startedAt: time.exactOptional(),
    finishedAt: time.exactOptional(),
    counts: ErasureCounts,
    remains: ErasureRemains.describe('What stays, by name; complete when it is done'),
    problem: z.string().exactOptional().describe('What it waits for, or what went wrong last; it is tried again'),
    eventId: z.uuid().exactOptional().describe('Of the event audit_subject_erased'),
    certificate: z.string().exactOptional().describe('The certificate, as a signed note'),
  }),
);
export type Erasure = z.infer<typeof Erasure>;
