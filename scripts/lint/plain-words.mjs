/**
 * Phrases at which a reader stumbles, each with a better phrase. If a reader stumbles over another phrase, add it to this list.
 * @public The specs import this list under a name that is made at run time.
 *
 * @type {readonly { readonly pattern: RegExp, readonly instead: string }[]}
 */
export const PHRASES = [
  { pattern: /\bthere\s+(?:is|are|was|were)\s+none\b/i, instead: 'say what is missing or unknown' },
  {
    pattern:
      /(?<!\bthere\s)\b(?:is|are|was|were)\s+no\b(?!\s+(?:longer|more|less|later|earlier|different|better|worse)\b)/i,
    instead: 'use "is not a …", "is invalid", or "has no …"',
  },
  { pattern: /\bhas\s+no\s+\w+\s+of\b/i, instead: 'use "lacks …", or name what is missing' },
  { pattern: /\bsuch\s+as\s+misspelt\b/i, instead: 'use "for example, misspelt"' },
  { pattern: /\banew\b/i, instead: 'use "again", or "a new …"' },
  { pattern: /\bfor\s+ever\b/i, instead: 'use "forever", or say how long' },
  { pattern: /\b(?:says|said|say)\s+so\b/i, instead: 'name what is said: "declares …", "reports …", "asks for …"' },
  { pattern: /\bgo(?:es|ing)?\s+on\b(?!\s+(?:the|disk)\b)/i, instead: 'use "continue" or "resume"' },
  { pattern: /\btells?\s+of\b/i, instead: 'use "reports …" or "describes …"' },
  { pattern: /\bhas\s+nothing\s+to\s+say\b/i, instead: 'say what happens' },
  { pattern: /\bmay\s+no\s+more\s+than\b/i, instead: 'use "has only the rights …"' },
  { pattern: /\b(?:is|are)\s+of\s+no\b/i, instead: 'use "does not belong to any …"' },
  { pattern: /\b(?:is|are)\s+believed\b/i, instead: 'use "trusts" or "accepts"' },
];

export default {
  meta: {
    type: 'suggestion',
    docs: { description: 'forbid phrases that are hard to read; the list is in scripts/lint/plain-words.mjs' },
    schema: [],
    messages: { hard: '"{{found}}" is hard to read: {{instead}}.' },
  },
  create(context) {
    const { sourceCode } = context;
    const check = (text, from) => {
      for (const { pattern, instead } of PHRASES) {
        for (const match of text.matchAll(new RegExp(pattern, 'gi'))) {
          const at = from + match.index;
          context.report({
            loc: { start: sourceCode.getLocFromIndex(at), end: sourceCode.getLocFromIndex(at + match[0].length) },
            messageId: 'hard',
            data: { found: match[0].replace(/\s+/g, ' '), instead },
          });
        }
      }
    };
    const checkNode = (node) => check(sourceCode.getText(node), sourceCode.getRange(node)[0]);
    const checkCode = (node) => check(sourceCode.getText(node).replace(/^(\s*)\* /gm, '$1  '), node.range[0]);
    return {
      // For a Markdown file:
      text: checkNode,
      // For a file of code:
      Program: () => sourceCode.getAllComments?.().forEach(checkCode),
      Literal: (node) => typeof node.value === 'string' && checkCode(node),
      TemplateElement: checkCode,
    };
  },
};
