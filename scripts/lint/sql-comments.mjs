/** An ESLint processor for SQL files. It turns each SQL comment into a JavaScript comment at the same place, and blanks the SQL. */
export default {
  meta: { name: 'sql-comments' },
  preprocess: (text) => [text.replace(/^(.*?)(?:--(.*))?$/gm, (_line, code, comment) => blank(code, comment))],
  postprocess: (messages) => messages.flat(),
};

function blank(code, comment) {
  return comment === undefined ? '' : `${' '.repeat(code.length)}//${comment}`;
}
