export interface UnparsedRule {
  /** `undefined` if the rule is not a map of keys and values. */
  readonly value: Readonly<Record<string, unknown>> | undefined;
  /** The problems, each with its file and line. */
  readonly problems: readonly string[];
  /** Adds a problem at a path of keys and indexes. */
  problem(path: readonly (string | number)[], text: string): void;
  /** Returns `file:line` of the node at a path. */
  sourceOf(path: readonly (string | number)[]): string;
}

/** A rule that the package ships with. The build reads its YAML, so that a start loads no YAML parser. */
export function shippedRule(source: string, value: UnparsedRule['value']): UnparsedRule {
  const problems: string[] = [];
  return {
    value,
    problems,
    problem: (_path, text) => void problems.push(`${source}: ${text}`),
    sourceOf: () => source,
  };
}
