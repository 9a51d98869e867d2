/** One line of `nestjs-audit-ledger doctor`. */
export interface Check {
  /** What was looked at; the same in every version. */
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'error';
  /** One sentence, or more. */
  readonly says: string;
  /** Absent where nothing is to be done. */
  readonly whatToDo?: string;
}

/** A check that found nothing wrong. */
export function fine(name: string, says: string): Check {
  return { name, status: 'ok', says };
}

/** A check that found what is allowed, and protects less than it could. */
export function warn(name: string, says: string, whatToDo: string): Check {
  return { name, status: 'warning', says, whatToDo };
}

/** A check that found what loses events, or lets them be changed. */
export function fail(name: string, says: string, whatToDo: string): Check {
  return { name, status: 'error', says, whatToDo };
}
