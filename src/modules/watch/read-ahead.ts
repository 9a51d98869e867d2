import type { Correlator } from './correlate/correlator.js';
import type { RuleEvaluator, PlaceRange } from './evaluate-rules.js';

/** Reads the matches of a range, and those of the next range while the last one is processed. Sealed events do not change meanwhile. */
export class ReadAhead {
  private ahead:
    | { readonly range: PlaceRange; readonly correlator: Correlator; readonly found: ReturnType<ReadAhead['read']> }
    | undefined;

  constructor(private readonly reader: RuleEvaluator) {}

  /** The data of a range, which may be read already. Rejects with the client's error. */
  async take(range: PlaceRange, correlator: Correlator): ReturnType<ReadAhead['read']> {
    const { ahead } = this;
    this.ahead = undefined;
    const { first, last } = ahead?.range ?? {};
    const isIt = first === range.first && last === range.last && ahead?.correlator === correlator;
    return isIt ? ahead.found : this.read(range, correlator);
  }

  /** Begins to read a range without waiting. */
  begin(range: PlaceRange, correlator: Correlator): void {
    const found = this.read(range, correlator);
    found.catch(() => undefined); // take() rejects with it
    this.ahead = { range, correlator, found };
  }

  /** The matches of the rules, with the groups whose states they may need, and the matches that are canaries. */
  private async read(range: PlaceRange, correlator: Correlator) {
    const all = await this.reader.read(range);
    const matches = all.filter(({ isCanary }) => !isCanary);
    const groups = matches.flatMap((match) => correlator.groupsOf(match));
    return { canaries: all.filter(({ isCanary }) => isCanary), matches, groups };
  }
}
