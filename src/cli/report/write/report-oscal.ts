import { createHash } from 'node:crypto';
import { FRAMEWORKS } from '../frameworks/frameworks.js';
import type { Report, ReportedCheck, ReportedClause } from '../report.js';

const OSCAL_VERSION = '1.2.3';
const NAMESPACE = 'https://nestjs-audit-ledger.dev/ns/oscal';
const METHODS = { config: 'EXAMINE', population: 'EXAMINE', integrity: 'TEST', attestation: 'INTERVIEW' } as const;

/**
 * Returns a report as OSCAL assessment results. OSCAL has only the verdicts `satisfied` (for `pass`) and `not-satisfied`, so a prop has the
 * exact verdict. OSCAL requires an assessment plan, so a resource states that the plan is missing.
 */
export function reportOscal(report: Report): object {
  const { framework, scope, clauses, checks, gaps } = report;
  const content = createHash('sha256').update(JSON.stringify(report)).digest('hex');
  const uuid = (name: string): string => uuidOf(`${content} ${name}`);
  const at = scope.asOf ?? scope.to;
  const planId = uuid('plan');
  return {
    'assessment-results': {
      uuid: uuid('results'),
      metadata: {
        title: `${framework.title} ${framework.version}: what the audit ledger ${scope.origin} shows`,
        'last-modified': at,
        version: `${scope.size}`,
        'oscal-version': OSCAL_VERSION,
        props: [prop('framework', framework.id), prop('format', report.format)],
        remarks: gaps.join('\n\n'),
      },
      'import-ap': { href: `#${planId}`, remarks: 'There is no assessment plan.' },
      results: [
        {
          uuid: uuid('result'),
          title: `${framework.title} ${framework.version}`,
          description: `${scope.events} events from ${scope.from} to ${scope.to}, of ${scope.size} sealed ones. ${scope.retention} ${scope.completeness}`,
          start: scope.from,
          end: scope.to,
          props: [
            prop('events', scope.events),
            prop('sealed-events', scope.size),
            ...(scope.root === undefined ? [] : [prop('checkpoint-root', scope.root)]),
            ...(scope.cut ? [prop('cut', `${scope.cut.read} of ${scope.cut.of} events were read`)] : []),
          ],
          'reviewed-controls': {
            'control-selections': [
              { 'include-controls': clauses.map(({ id }) => ({ 'control-id': tokenOf(framework.id, id) })) },
            ],
          },
          observations: checks.map((check) => observation(check, uuid, at)),
          findings: clauses.map((clause) => finding(framework.id, clause, uuid)),
        },
      ],
      'back-matter': {
        resources: [
          {
            uuid: planId,
            title: 'No assessment plan',
            description:
              'This report was made without an assessment plan. OSCAL requires that results name an assessment plan.',
          },
          ...(scope.checkpoint === undefined
            ? []
            : [{ uuid: uuid('checkpoint'), title: 'The signed checkpoint', description: scope.checkpoint }]),
        ],
      },
    },
  };
}

function tokenOf(frameworkId: string, clause: string): string {
  const prefix = FRAMEWORKS.find(({ id }) => id === frameworkId)?.prefix ?? 'clause';
  return `${prefix}_${clause.replace(/[()]+/g, '.').replace(/\.$/, '')}`;
}

function observation(check: ReportedCheck, uuid: (name: string) => string, collected: string): object {
  const { id, kind, title, verdict, answer, proves, doesNotProve, query, figures, sample } = check;
  return {
    uuid: uuid(`check ${id}`),
    title,
    description: answer,
    props: [
      prop('check', id),
      prop('kind', kind),
      prop('verdict', verdict),
      ...Object.entries(figures).map(([name, value]) => prop(`figure-${name.replace(/[^A-Za-z0-9]+/g, '-')}`, value)),
      ...(sample ? [prop('seed', sample.seed)] : []),
    ],
    methods: [METHODS[kind]],
    types: ['control-objective'],
    ...(sample && {
      'relevant-evidence': sample.events.map(({ id: event, index, leafHash, type }) => ({
        description: `Event ${event} (${type}) with index ${index}`,
        props: [prop('event', event), prop('place', index), prop('leaf-hash', leafHash)],
      })),
    }),
    collected,
    remarks: `Proves: ${proves} Does not prove: ${doesNotProve} Query: ${query}`,
  };
}

function finding(frameworkId: string, clause: ReportedClause, uuid: (name: string) => string): object {
  const { id, title, question, verdict, answer, checks, manual } = clause;
  const token = tokenOf(frameworkId, id);
  return {
    uuid: uuid(`clause ${id}`),
    title: `${id} ${title}`,
    description: `${question} ${answer}`.trim(),
    props: [prop('verdict', verdict), prop('clause', id)],
    target: {
      type: 'objective-id',
      'target-id': token,
      status: { state: verdict === 'pass' ? 'satisfied' : 'not-satisfied', reason: reasonOf(verdict) },
    },
    'related-observations': checks.map((check) => ({ 'observation-uuid': uuid(`check ${check}`) })),
    ...(manual.length > 0 && { remarks: `Left to a person: ${manual.join(' ')}` }),
  };
}

function reasonOf(verdict: string): string {
  return verdict === 'pass' || verdict === 'fail' ? verdict : 'other';
}

function prop(name: string, value: string | number): object {
  return { name, value: String(value), ns: NAMESPACE };
}

const UUIDS = Buffer.from('5f0c1f5e5d1b5b0f9b5d3f6c0d3c7a11', 'hex');

/** Returns the UUID of a name (RFC 9562, version 5). */
export function uuidOf(name: string): string {
  const hash = createHash('sha1').update(UUIDS).update(name).digest().subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
