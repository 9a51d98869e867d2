import { EventQuery } from '../../../monitoring/read/query/event-query.dto.js';
import { pickParameters } from '../../../monitoring/read/query/query-parameters.js';
import { readQuery } from '../../../monitoring/read/query/parse-query.js';
import { RuleEvaluator } from '../evaluate-rules.js';
import { linkRule } from '../rules/link-rules.js';
import { runHistory } from '../run-history.js';
import { SHIPPED_RULES } from '../shipped-rules/shipped-rules.generated.js';
import type { RaisedAlert } from '../correlate/correlator.js';
import type { Outcome } from '../../../cli/define-command.js';
import type { RulesCall } from './rules-options.js';
import { loadExports } from '../../../cli/load-exports.js';
import { parametersOf } from '../../../cli/parameters-of.js';
import { parseJsonObject } from '../../../cli/parse-json-object.js';
import { recordRead, withReader } from '../../../cli/connection/use-ledger.js';
import { storedCatalogue } from '../../../monitoring/store/own-types.js';
import { timeOf } from '../../../monitoring/read/query/query-times.js';
import { commandErrors } from '../../../cli/cli.errors.js';

const ALL = { scope: 'all' } as const;
const SIZE = 'SELECT coalesce(max(size), 0) AS size FROM audit_checkpoint';
const PLACE = 'SELECT coalesce(max(size), 0) AS size FROM audit_checkpoint WHERE signed_at < $1';

/** Evaluates one rule over the sealed events, and returns the alerts that it would have raised. */
export async function testRule(
  [name = '', ...times]: readonly string[],
  { options, operator, ledger, refuse }: RulesCall,
): Promise<Outcome> {
  const { tune, country } = options;
  const problems: string[] = [];
  const query = readQuery(pickParameters(EventQuery, ['from', 'to', 'since']), parametersOf(times));
  const [from, to] = [query.from, query.to].map((time) => (time === undefined ? time : timeOf(time)));
  // Loaded on demand, because the help needs neither zod nor a YAML parser.
  const { readRuleFiles } = await import('../rules/read-rule-files.js');
  const { parseRules } = await import('../rules/parse-rules.js');
  const { tuneRules, unknownRules } = await import('../rules/tune-rules.js');
  const parsed = parseRules([...SHIPPED_RULES, ...readRuleFiles(options.rules, problems)]);
  problems.push(...parsed.problems);
  const names = parsed.rules.map((rule) => rule.name);
  const hint = 'name the file of a rule of your own with --rules';
  if (problems.length === 0)
    problems.push(...unknownRules('the call', [name], names).map((says) => `${says}: ${hint}`));
  const given = tune === undefined ? {} : parseJsonObject(tune);
  if (typeof given === 'string') problems.push(`--tune: ${given}`);
  const tuned = typeof given === 'string' ? parsed.rules : tuneRules(parsed.rules, given, problems);
  const countryOf = country === undefined ? undefined : await loadCountry(country);
  const linked = linkRule(tuned, name);
  if (problems.length > 0 || linked.problems.length > 0) return refuse(...problems, ...linked.problems);
  const connectionUrl = await ledger();
  return withReader(connectionUrl, async (reader) => {
    const count = async (query: string, values: readonly unknown[]): Promise<number> =>
      Number((await reader.eventRows(ALL, query, values))[0]?.size);
    const first = from === undefined ? 0 : await count(PLACE, [from]);
    const end = to === undefined ? await count(SIZE, []) : await count(PLACE, [to]);
    const alerts: RaisedAlert[] = [];
    await runHistory({
      rules: linked.rules,
      reader: new RuleEvaluator(reader, linked.rules, await storedCatalogue(reader), countryOf),
      ...{ first, last: end - 1, until: to === undefined ? Date.now() : Math.min(Date.now(), to.getTime()) },
      onAlert: (alert) => void alerts.push(alert),
    });
    const more = { rule: name, alerts: alerts.length };
    await recordRead(connectionUrl, operator, { access: ALL, shown: 0, more });
    const found = alerts.map(shown);
    const lines = found.map(({ lastAt, group, count }) => `${lastAt}  ${group || '-'}  ${count} events`);
    const summary = `${name}: ${alerts.length} alerts in ${Math.max(end - first, 0)} events; a test raises no real alerts`;
    return {
      text: `${[...lines, summary].join('\n')}\n`,
      data: { rule: name, places: { first, end }, alerts: found },
    };
  });
}

async function loadCountry(file: string): Promise<(ip: string) => string | undefined> {
  const exported = await loadExports(file);
  if (typeof exported.default === 'function') return exported.default as (ip: string) => string | undefined; // the option watch.country has this type
  const whatToDo = 'Make the default export a function like the option watch.country.';
  throw commandErrors.AUDIT_TARGET_INVALID.notExported(file, 'the function', Object.keys(exported), whatToDo);
}

function shown({ rule: { rule }, match }: RaisedAlert) {
  const group = rule.groupBy.flatMap((field) => match.values[field] ?? []).join(', ');
  const [firstAt, lastAt] = [match.from, match.at].map((ms) => new Date(ms).toISOString());
  return {
    group,
    tenantId: match.tenantId,
    count: match.count,
    matched: match.ids,
    place: match.place,
    firstAt,
    lastAt,
  };
}
