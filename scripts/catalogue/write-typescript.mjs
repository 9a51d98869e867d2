// The catalogue as TypeScript: a small table for run time, and the types of the details.
const quoted = (words) => words.map((word) => `'${word}'`).join(', ');

/** The text of catalogue.generated.ts. */
export function writeTypeScript({ types, kinds, personal }) {
  return `// Generated from event-types.json and event-overlay.json by \`npm run generate\`. Do not edit.

/** Every event type of the catalogue, by name; an alias names its canonical spelling. */
export const EVENT_TYPES = {
${types.map(entry).join('\n')}
} as const;

/** What the detail fields hold that hold no text. */
export const DETAIL_KINDS = {
${kinds.map(([field, kind]) => `  ${field}: '${kind}',`).join('\n')}
} as const;

/** The detail fields that say something of a person, in whatever event they stand. */
export const PERSONAL_DETAILS = [
${personal.map((field) => `  '${field}',`).join('\n')}
] as const;

/** Values that are usual, where others are welcome. */
type Open<Word extends string> = Word | (string & {});

/** The name of a person or a thing, by text or number. */
type Key = string | number | bigint;

/** Details of which the lists name no field. */
export type AnyDetails = object;

/** The details of each event type and alias. */
export interface DetailsByType {
${types.map(typeDetails).join('\n')}
}
`;
}

/** The text of fact-details.generated.ts. */
export function writeFactDetails({ facts, words }) {
  return `// Generated from event-types.json and event-overlay.json by \`npm run generate\`. Do not edit.

/** The detail fields whose texts the application's programmers chose, whatever they are. */
export const FACT_DETAILS = [
${facts.map((field) => `  '${field}',`).join('\n')}
] as const;

/** The values that the lists name for their fields. */
export const DETAIL_WORDS = [
${words.map((word) => `  '${word}',`).join('\n')}
] as const;
`;
}

function entry({ name, aliasOf, action, outcome, category, severity, compliance, fields }) {
  if (aliasOf) return `  ${name}: { aliasOf: '${aliasOf}' },`;
  const parts = [
    `action: '${action}'`,
    `outcome: '${outcome}'`,
    `category: '${category}'`,
    ...(severity ? [`severity: '${severity}'`] : []),
    ...(compliance.length > 0 ? [`compliance: [${quoted(compliance)}]`] : []),
    ...(fields.length > 0 ? [`fields: [${quoted(fields.map((field) => field.name))}]`] : []),
  ];
  return `  ${name}: { ${parts.join(', ')} },`;
}

function typeDetails({ name, aliasOf, fields }) {
  return `  ${name}: ${aliasOf ? `DetailsByType['${aliasOf}']` : detailsType(fields)};`;
}

function detailsType(fields) {
  if (fields.length === 0) return 'AnyDetails';
  return `{ ${fields.map((field) => `readonly ${field.name}?: ${fieldType(field)} | undefined`).join('; ')} }`;
}

function fieldType({ kind, examples, closed }) {
  const words = examples.map((example) => `'${example}'`).join(' | ');
  const text = words === '' ? 'string' : closed ? words : `Open<${words}>`;
  switch (kind) {
    case 'text':
      return text;
    case 'key':
      return words === '' ? 'Key' : `${text} | number | bigint`;
    case 'list':
      return `readonly ${text}[]`;
    case 'any':
      return 'unknown';
    default:
      return kind;
  }
}
