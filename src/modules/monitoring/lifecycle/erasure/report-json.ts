import type { ReportPart } from './subject-report.js';

const OPENS = { event: '"events":[', erasure: '"erasures":[', row: '"rows":[' } as const;

/**
 * Writes a report as the text of one JSON object, piece by piece: `{ "subjectId", "reportedAt", "checkpoint", "events": […], "erasures":
 * […], "rows": [{ "backend", … }] }`.
 */
export async function* reportJson(parts: AsyncIterable<ReportPart>): AsyncGenerator<string> {
  const kinds = ['event', 'erasure', 'row'] as const;
  let open = -1;
  let isFirst = true;
  const openUntil = (wanted: number): string => {
    let text = '';
    while (open < wanted) {
      text += `${open < 0 ? '' : '],'}${OPENS[kinds[++open] ?? 'row']}`;
      isFirst = true;
    }
    return text;
  };
  for await (const part of parts) {
    if (part.kind === 'head') {
      const { subjectId, reportedAt, checkpoint } = part;
      yield `${JSON.stringify({ subjectId, reportedAt, checkpoint }).slice(0, -1)},`;
      continue;
    }
    const text = openUntil(kinds.indexOf(part.kind));
    const value = part.kind === 'event' ? part.event : part.kind === 'erasure' ? part.erasure : rowOf(part);
    yield `${text}${isFirst ? '' : ','}\n${JSON.stringify(value)}`;
    isFirst = false;
  }
  yield `${openUntil(kinds.length - 1)}]}\n`;
}

function rowOf({ backend, row }: Extract<ReportPart, { kind: 'row' }>): object {
  return { backend, ...row };
}
