export type FindingKind =
  | 'event_altered'
  | 'event_missing'
  | 'event_inserted'
  | 'event_unreadable'
  | 'event_moved'
  | 'event_duplicated'
  | 'personal_altered'
  | 'leaf_altered'
  | 'leaf_missing'
  | 'leaf_inserted'
  | 'tile_altered'
  | 'tile_missing'
  | 'tile_inserted'
  | 'checkpoint_altered'
  | 'checkpoint_forged'
  | 'checkpoint_unverified'
  | 'checkpoint_contradicted'
  | 'checkpoint_missing'
  | 'head_altered'
  | 'cosignature_altered'
  | 'tail_truncated'
  | 'history_rewritten'
  | 'retirement_forged'
  | 'retirement_altered'
  | 'event_unretired'
  | 'erasure_forged'
  | 'erasure_altered'
  | 'erasure_undone'
  | 'act_forged'
  | 'act_altered'
  | 'act_missing'
  | 'act_duplicated'
  | 'archive_altered'
  | 'archive_foreign'
  | 'hold_forged'
  | 'hold_altered'
  | 'hold_missing'
  | 'cosignature_forged'
  | 'cosignature_missing';

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
