/** An ESLint processor: of a file of SQL, the comments, each at its place, as comments of JavaScript. */
export default {
  meta: { name: 'sql-comments' },
  preprocess: (text) => [text.replace(/^(.*?)(?:--(.*))?$/gm, (_line, code, comment) => blank(code, comment))],
  postprocess: (messages) => messages.flat(),
};

function blank(code, comment) {
  return comment === undefined ? '' : `${' '.repeat(code.length)}//${comment}`;
}
