import type { ComplianceTags } from '../../query/compliance-tags.js';
import { EVENT_FIELDS, type LaidOutField } from '../../sealing/event-layout.js';
import { choice, flag, group, json, text, type RowMember } from './row-json.js';

/** The members of an event as JSON Lines has it, in their order: as the API shows it, made of the bytes of a row. */
export function eventMembers(tags: ComplianceTags): readonly RowMember[] {
  return [...OWN_MEMBERS, complianceMember(tags)];
}

/** The compliance tags of the row's action; left out where it has none. */
export function complianceMember(tags: ComplianceTags): RowMember {
  return choice('compliance', 'action', Object.fromEntries(tags));
}

const OWN_MEMBERS: readonly RowMember[] = [...membersOfFields(), json('index', 'index')];

function membersOfFields(): readonly RowMember[] {
  const names = [...new Set(EVENT_FIELDS.map((field) => field.group ?? field.name))];
  return names.flatMap((name) => {
    const own = EVENT_FIELDS.filter((field) => field.group === name).map(memberOf);
    return own.length > 0
      ? [group(name, own)]
      : EVENT_FIELDS.filter((field) => field.name === name && field.group === undefined).map(memberOf);
  });
}

function memberOf({ name, column, kind }: LaidOutField): RowMember {
  switch (kind) {
    case 'flag':
      return flag(name, column);
    case 'json':
    case 'smallint':
    case 'double':
      return json(name, column);
    default:
      return text(name, column);
  }
}
