import { visiblePieces } from './visible-text.js';

/**
 * A text of the log, which anybody may have written. The text is isolated, so that its direction does not affect the text around it. Its
 * invisible characters are shown as code points.
 */
export function PlainText({ text, class: name }: { readonly text: string; readonly class?: string }) {
  const pieces = visiblePieces(text);
  return (
    <bdi class={name}>
      {pieces.map((piece) =>
        'text' in piece ? (
          piece.text
        ) : (
          <span class="hidden-character" title={piece.code}>
            {piece.code}
          </span>
        ),
      )}
    </bdi>
  );
}
