import { Inject, Injectable } from '@nestjs/common';
import { AuditAggregator } from '../../../audit/index.js';
import type { LedgerAccess } from '../../../monitoring/read/access/ledger-access.js';
import { isSignedReply } from '../../../monitoring/keep/acts/replies.js';
import { CheckpointSigner } from '../../../monitoring/proof/signing/checkpoint-signer.service.js';
import type { AuditQuery } from '../../../monitoring/read/query/audit-query.service.js';
import type { LedgerEvent } from '../../../monitoring/read/query/ledger-event.js';
import { PrimaryQuery } from '../../../monitoring/read/query/primary-query.service.js';
import { MOST_VALUES } from '../../../monitoring/read/query/query-parameters.js';
import { prose } from '../../../monitoring/read/query/texts.js';
import type { SqlValues } from '../../../monitoring/read/query/sql-values.js';
import { RecordedChanges } from '../../../monitoring/inbox/recorded-changes.service.js';
import { PrimaryReader, type LedgerReader } from '../../../monitoring/store/ledger-reader.service.js';
import { replyOf, type Reply, type NewReply, type RecordedReply } from './thread.dto.js';
import { SUBJECTS, type Reviewer } from './subjects.js';
import { REPLIES, THREADS, type ThreadKind } from './thread-kinds.js';
import { watchErrors } from '../watch.errors.js';

const PAGE = 200;
/** Without these limits, forged answers could fill many pages. */
const [MOST_REPLIES, MOST_PAGES] = [2_000, 100];

/**
 * Records and finds the signed answers of people to alerts, suppressions, days and events. Unsigned answers are skipped. Methods reject
 * with `AUDIT_LEDGER_UNAVAILABLE`.
 */
@Injectable()
export class Threads {
  constructor(
    @Inject(PrimaryReader) private readonly reader: LedgerReader,
    @Inject(PrimaryQuery) private readonly ledger: AuditQuery,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(RecordedChanges) private readonly changes: RecordedChanges,
    @Inject(CheckpointSigner) private readonly signer: CheckpointSigner,
  ) {}

  /**
   * Records an answer in the name of the current actor. The event is stored when the method resolves. A repeated answer records nothing, and
   * the method resolves with the earlier answer. To an alert or a suppression, only the first person answers. Calls for one subject run
   * one at a time, even across several processes. Resolves with `undefined` if `access` hides the subject, or if it does not exist.
   *
   * @throws `AUDIT_REQUEST_INVALID`, `AUDIT_REVIEW_REFUSED`, `AUDIT_CONFLICT`
   */
  async reply(
    access: LedgerAccess,
    thread: ThreadKind,
    id: string,
    given: NewReply,
  ): Promise<RecordedReply | undefined> {
    const by = this.reviewer(access);
    const type = typeOf(thread, given);
    const { kind, comment, verdict } = given;
    const { resource, category, severity, commentIn, takesOneReply } = THREADS[thread];
    const subjectId = id.toLowerCase();
    return this.changes.within(`${resource} ${subjectId}`, {}, async (_session, record) => {
      const source = { ledger: this.ledger, reader: this.reader, trust: this.signer.trust };
      const subject = await SUBJECTS[thread](source, access, subjectId, given.tenantId);
      if (!subject) return undefined;
      const { tenantId, details, check } = subject;
      const known = (await this.of(access, thread, [subjectId])).findLast((each) =>
        takesOneReply
          ? REPLIES.indexOf(each.kind) >= REPLIES.indexOf(kind)
          : each.kind === kind && each.by.id === by.id && each.tenantId === tenantId && each.comment === comment,
      );
      if (known) return { ...known, changed: false };
      await check?.(kind, by);
      const event = await record(type, {
        ...{ category, resource: { type: resource, id: subjectId } },
        ...(severity && { severity }),
        ...(tenantId !== undefined && { tenantId }),
        details: {
          ...details,
          ...(verdict !== undefined && { verdict }),
          ...(comment !== undefined && !commentIn && { comment }),
        },
        ...(commentIn && { [commentIn]: comment }),
      });
      return { ...replyOf(thread, event), changed: true };
    });
  }

  /** Finds the answers to the given subjects; for each subject, the oldest first. */
  async of(access: LedgerAccess, kind: ThreadKind, subjectIds: readonly string[]): Promise<readonly Reply[]> {
    const ids = [...new Set(subjectIds.map((id) => id.toLowerCase()))];
    const found = await inParts(ids, MOST_VALUES, (some) => this.signedReplies(access, kind, some));
    return found.map((event) => replyOf(kind, event));
  }

  isSigned(event: LedgerEvent): boolean {
    return isSignedReply(event, this.signer.trust);
  }

  /** Returns the current actor, who must be known, and must see other people's events. @throws `AUDIT_REVIEW_REFUSED` */
  reviewer(access: LedgerAccess): Reviewer {
    refuseSubject(access);
    const actor = this.aggregator.currentActor();
    if (actor?.id === undefined) throw watchErrors.AUDIT_REVIEW_REFUSED.nobody();
    return { id: String(actor.id), onBehalfOf: actor.onBehalfOf };
  }

  private async signedReplies(
    access: LedgerAccess,
    kind: ThreadKind,
    ids: readonly string[],
  ): Promise<readonly LedgerEvent[]> {
    const { resource, answers } = THREADS[kind];
    const types = Object.values(answers).map(({ type }) => type);
    const query = { type: { eq: types }, resourceType: { eq: resource }, order: 'asc', limit: PAGE } as const;
    const found: LedgerEvent[] = [];
    let cursor: string | null | undefined;
    for (let pages = 0; cursor !== null && found.length < MOST_REPLIES && pages < MOST_PAGES; pages++) {
      const next = { ...query, ...(cursor !== undefined && { cursor }) };
      const page = await (kind === 'day'
        ? this.ledger.findThat(access, next, {
            about: { reviewsOf: ids },
            // An erasure of the reviewer removes the id of the resource, but not this detail.
            conditions: (values: SqlValues) => [`details->>'day' = ANY (${values.place(ids)}::text[])`],
          })
        : this.ledger.find(access, { ...next, resourceId: { eq: ids } }));
      found.push(...page.items.filter((event) => this.isSigned(event)));
      cursor = page.nextCursor;
    }
    return found;
  }
}

/** A thread concerns other people's events, so readers who may only see their own events are refused. */
export function refuseSubject({ scope }: LedgerAccess): void {
  if (scope === 'subject') throw watchErrors.AUDIT_REVIEW_REFUSED.ofOneself();
}

/** Calls `work` with one part of a list at a time, and resolves with all results. */
export async function inParts<Item, Result>(
  items: readonly Item[],
  most: number,
  work: (part: readonly Item[]) => Promise<readonly Result[]>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let first = 0; first < items.length; first += most) {
    results.push(...(await work(items.slice(first, first + most))));
  }
  return results;
}

function typeOf(thread: ThreadKind, given: NewReply): string {
  const { answers, mostCharacters } = THREADS[thread];
  const facts = answers[given.kind];
  if (!facts) throw watchErrors.AUDIT_REQUEST_INVALID.reply(`kind must be one of ${Object.keys(answers).join(', ')}`);
  if (given.comment !== undefined && !prose(mostCharacters).safeParse(given.comment).success) {
    throw watchErrors.AUDIT_REQUEST_INVALID.reply(`comment must be a text of 1 to ${mostCharacters} characters`);
  }
  for (const field of ['comment', 'verdict'] as const) {
    if (facts.needs === field && given[field] === undefined)
      throw watchErrors.AUDIT_REQUEST_INVALID.reply(`${field} is missing`);
  }
  if (given.verdict !== undefined && facts.needs !== 'verdict')
    throw watchErrors.AUDIT_REQUEST_INVALID.reply('verdict is only for resolve');
  return facts.type;
}
