import type { ReportPart } from './subject-report.js';

const KINDS = ['event', 'erasure', 'row'] as const;
const LISTS = ['events', 'erasures', 'rows'] as const;

/** Writes a report as parts of one JSON object with the members `subjectId`, `reportedAt`, `checkpoint`, `waitingEvents`, `events`, `erasures` and `rows`. */
export async function* reportJson(parts: AsyncIterable<ReportPart>): AsyncGenerator<string> {
  let open = -1;
  for await (const part of parts) {
    if (part.kind === 'head') {
      const { subjectId, reportedAt, checkpoint, waitingEvents } = part;
      yield `${JSON.stringify({ subjectId, reportedAt, checkpoint, waitingEvents }).slice(0, -1)},`;
      continue;
    }
    const list = KINDS.indexOf(part.kind);
    yield `${list === open ? ',' : openLists(open, list)}\n${JSON.stringify(valueOf(part))}`;
    open = list;
  }
  yield `${openLists(open, LISTS.length - 1)}]}\n`;
}

function openLists(open: number, wanted: number): string {
  const opened = LISTS.slice(open + 1, wanted + 1).map((name) => `"${name}":[`);
  return [...(open < 0 ? [] : ['']), ...opened].join('],');
}

function valueOf(part: Exclude<ReportPart, { kind: 'head' }>): object {
  if (part.kind === 'row') return { backend: part.backend, ...part.row };
  return part.kind === 'event' ? part.event : part.erasure;
}
