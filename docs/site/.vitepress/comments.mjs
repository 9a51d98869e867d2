const FENCE_OR_COMMENT = /(^```[^]*?^```)|^<!--[^\n]*-->$/gm;

/** Leaves out comments of one line: without HTML in Markdown, a page would show them. */
export function hideComments(md) {
  md.core.ruler.before('block', 'hide-comments', (state) => {
    state.src = state.src.replace(FENCE_OR_COMMENT, (_whole, fence) => fence ?? '');
  });
}
