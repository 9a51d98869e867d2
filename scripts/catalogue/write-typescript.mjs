const quoted = (words) => words.map((word) => `'${word}'`).join(', ');
const listOf = (words) => words.map((word) => `  '${word}',`).join('\n');

export function writeTypeScript({ types, personal, facts }) {
  return `// Generated from event-types.json and event-overlay.json by \`npm run generate\`. Do not edit.

/**
 * Every event type of the catalogue, by name; an alias has the name of its event type. A detail has a kind and its usual values; the kind
 * \`one\` accepts only these values.
 */
export const EVENT_TYPES = {
${types.map(entry).join('\n')}
} as const;

/** The detail fields that are personal in every event. */
export const PERSONAL_DETAILS = [
${listOf(personal)}
] as const;

/** The detail fields whose texts are names from the application's code, so never personal. */
export const FACT_DETAILS = [
${listOf(facts)}
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
    ...(fields.length > 0 ? [`details: { ${fields.map(detail).join(', ')} }`] : []),
  ];
  return `  ${name}: { ${parts.join(', ')} },`;
}

function detail({ name, kind, closed, examples }) {
  return `${name}: [${quoted([closed ? 'one' : kind, ...examples])}]`;
}
