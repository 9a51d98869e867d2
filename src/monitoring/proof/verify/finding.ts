export type FindingKind =
  | `event_${'altered' | 'missing' | 'inserted' | 'unreadable' | 'moved' | 'duplicated' | 'unretired'}`
  | `leaf_${'altered' | 'missing' | 'inserted'}`
  | `tile_${'altered' | 'missing' | 'inserted'}`
  | `checkpoint_${'altered' | 'missing' | 'forged' | 'unverified' | 'contradicted'}`
  | `cosignature_${'altered' | 'missing' | 'forged'}`
  | `retirement_${'altered' | 'forged'}`
  | `erasure_${'altered' | 'forged' | 'undone'}`
  | `act_${'altered' | 'missing' | 'forged' | 'duplicated'}`
  | `hold_${'altered' | 'missing' | 'forged'}`
  | `archive_${'altered' | 'foreign'}`
  | 'personal_altered'
  | 'head_altered'
  | 'tail_truncated'
  | 'history_rewritten';

export interface Finding {
  readonly kind: FindingKind;
  /** A table, a file of a downloaded log, or an archive's folder. */
  readonly table: string;
  /** The event's index in the log, from 0; for a range, the first index. */
  readonly index?: number;
  /** The last index of a range, if the damage cannot be located more precisely. */
  readonly lastIndex?: number;
  readonly eventId?: string;
  /** The description for people, as a clause. */
  readonly what: string;
}

export function describeFinding({ kind, table, index, lastIndex, eventId, what }: Finding): string {
  const position = [
    ...(index === undefined ? [] : [`index ${index}${lastIndex === undefined ? '' : ` to ${lastIndex}`}`]),
    ...(eventId === undefined ? [] : [`event ${eventId}`]),
  ];
  return `${kind}  ${table}${position.length === 0 ? '' : `, ${position.join(', ')}`}: ${what}`;
}
