/** One line of `nestjs-audit-ledger doctor`. */
export interface Check {
  /** The name of the check; the same in every version. */
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'error';
  /** The finding, in one or more sentences. */
  readonly says: string;
  /** The remedy; absent if nothing has to be done. */
  readonly whatToDo?: string;
}

/** Makes the result of a check that found no problem. */
export function fine(name: string, says: string): Check {
  return { name, status: 'ok', says };
}

/** Makes the result of a check that found a setting that is allowed, but protects less than possible. */
export function warn(name: string, says: string, whatToDo: string): Check {
  return { name, status: 'warning', says, whatToDo };
}

/** Makes the result of a check that found a setting with which events are lost, or can be changed. */
export function fail(name: string, says: string, whatToDo: string): Check {
  return { name, status: 'error', says, whatToDo };
}
