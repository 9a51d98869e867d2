import { AUDIT_ROOMS, roomOf, sqlWith, type AuditRoom } from '../../../../migrations/audit-migrations.js';
import { withSuffix } from '../../../../migrations/audit-ownership.js';
import { PROTECTION } from './protection.generated.js';
import type { DumpLine } from './read-protection.js';

/** The placeholder for the body in a function's definition. The body is in a separate SQL file. @public for the generator */
export const BODY_MARK = '{body}';

const ALL = Object.values(sqlWith(AUDIT_ROOMS)).join('\n');

/** The dump of a ledger with every room, as the migrations create it, without its owners. One line stands for the lines of all months. */
export const EXPECTED: readonly DumpLine[] = PROTECTION.flatMap(([of, on, parts]) =>
  parts.map(([kind, name, text]) => {
    return { kind, of, on, name, text: kind === 'function' ? text.replace(BODY_MARK, () => bodyOf(on)) : text };
  }),
);

const FUNCTIONS: ReadonlySet<string> = new Set(EXPECTED.flatMap(({ kind, on }) => (kind === 'function' ? on : [])));

export function isLedgersFunction(signature: string): boolean {
  return FUNCTIONS.has(signature);
}

/** Returns the owner of the ledger in this dump; `undefined` if the dump has no ledger. */
export function ownerIn(found: readonly DumpLine[]): string | undefined {
  return found.find(({ kind, on }) => kind === 'owner' && on === 'audit_event')?.text;
}

/**
 * Returns the dump that a ledger with these rooms should have, given its months, its owner and the suffix of its roles. All objects belong to
 * one owner.
 */
export function expectedFor(
  found: readonly DumpLine[],
  rooms: readonly AuditRoom[],
  suffix = suffixIn(found),
): readonly DumpLine[] {
  const owner = ownerIn(found) ?? '';
  const months = found.flatMap(({ kind, of, on }) => (kind === 'table' && of === 'month' ? on : []));
  return [
    ...EXPECTED.flatMap(({ name, text, ...rest }) => {
      const line = { ...rest, name: withSuffix(name, suffix), text: withSuffix(text, suffix) };
      if (line.of === 'month') return months.map((on) => ({ ...line, on }));
      const room = roomOf(line.on.split('(')[0] ?? '');
      return room === undefined || rooms.includes(room) ? line : [];
    }),
    ...found.flatMap((line) =>
      line.kind === 'owner' && (line.of !== 'function' || isLedgersFunction(line.on)) ? { ...line, text: owner } : [],
    ),
  ];
}

function suffixIn(found: readonly DumpLine[]): string {
  const text = found.find(({ kind, on }) => kind === 'function' && on.startsWith('audit_role('))?.text ?? '';
  return /audit_reader(_[0-9a-f]{8})/.exec(text)?.[1] ?? '';
}

/** Returns the body of a function from its file, as the server stores it. @public for the generator */
export function bodyOf(signature: string): string {
  const name = signature.slice(0, signature.indexOf('('));
  const [, body = ''] = new RegExp(`CREATE FUNCTION ${name}\\([\\s\\S]*? AS \\$\\$([\\s\\S]*?)\\$\\$`).exec(ALL) ?? [];
  return body;
}
