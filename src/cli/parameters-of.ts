/** Texts `NAME=VALUE` as a URL's parameters: of a name that is given several times, all values. */
export function parametersOf(given: readonly string[]): Readonly<Record<string, string | readonly string[]>> {
  const values = new Map<string, string[]>();
  for (const each of given) {
    const [name = '', ...rest] = each.split('=');
    values.set(name, [...(values.get(name) ?? []), rest.join('=')]);
  }
  return Object.fromEntries(Array.from(values, ([name, all]) => [name, all.length > 1 ? all : (all[0] ?? '')]));
}
