const quoted = (words) => words.map((word) => `'${word}'`).join(', ');

export function writeTypeScript({ types, personal, facts }) {
  const namesIn = (...lists) =>
    quoted(types.filter((type) => type.lists.some((list) => lists.includes(list))).map(({ name }) => name));
  return `// Generated from event-types.json and event-overlay.json by \`npm run generate\`. Do not edit.

/**
 * Every event type of the catalogue, by name; an alias has the name of its event type. A detail has a kind and its usual values; the kind
 * \`one\` accepts only these values.
 */
export const EVENT_TYPES = {
${types.map(entry).join('\n')}
} as const;

/** The names of the lists for \`logEvent\`, as given. */
export const LOGGED_NAMES = [${namesIn('A', 'B')}] as const;

/** The names of the list for \`AuditTrail\`, as given. */
export const TRAIL_NAMES = [${namesIn('C')}] as const;

/** The names of the list for \`AuthAudit\`, as given. */
export const AUTH_NAMES = [${namesIn('D')}] as const;

/** The detail fields that are personal in every event. */
export const PERSONAL_DETAILS = [${quoted(personal)}] as const;

/** The detail fields whose texts are names from the application's code, so never personal. */
export const FACT_DETAILS = [${quoted(facts)}] as const;
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
