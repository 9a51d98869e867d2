/** ESLint cannot parse SQL, so each SQL comment becomes a JavaScript comment at the same place, and the SQL becomes blank. */
export default {
  meta: { name: 'sql-comments' },
  preprocess: (text) => [text.replace(/^(.*?)(?:--(.*))?$/gm, (_line, code, comment) => blank(code, comment))],
  postprocess: (messages) => messages.flat(),
};

function blank(code, comment) {
  return comment === undefined ? '' : `${' '.repeat(code.length)}//${comment}`;
}
