import { proof as texts } from '../texts/proof.js';
import { visiblePieces, visibleText } from '../design/visible-text.js';
import { encodeBase64, sha256, utf8 } from '../proof/bytes.js';
import { checkEvent, CHECKS, open, verdictOf, type Check, type CheckState, type Proven } from '../proof/check-event.js';
import { textOf } from '../proof/check-texts.js';
import { parseVerifierKey, type VerifierKey } from '../proof/notes.js';
import { EVIDENCE_ID, hasSalts, RESULT_ID, SALTS_NOTE, type Evidence } from './evidence.js';
import { shownParts } from './shown-parts.js';

/** The script checks all evidence again, without a network. */
async function verify(own: readonly VerifierKey[]): Promise<void> {
  const data = document.getElementById(EVIDENCE_ID);
  const result = document.getElementById(RESULT_ID);
  if (!data || !result) return;
  // The page must show only the verifier's result.
  document.body.replaceChildren(result, data);
  const json = data.textContent;
  const isWhole = encodeBase64(await sha256(utf8(json))) === data.dataset.sha256;
  const evidence = read(json);
  if (!evidence) {
    result.replaceChildren(heading('wrong', 'The data of this file cannot be read: somebody changed it.'));
    return;
  }
  const inFile = (await Promise.all(evidence.keys.map(parseVerifierKey))).filter((key) => key !== undefined);
  const checked = await Promise.all(
    evidence.events.map(async (each) => ({ proven: each, checks: await checksOf(each, own, inFile) })),
  );
  const [state, title] = verdictOn(
    checked.map(({ checks }) => checks),
    isWhole,
  );
  result.replaceChildren(
    heading(state, title),
    element('p', `${String(evidence.events.length)} event(s), saved at ${evidence.savedAt} from ${evidence.ledger}.`),
    keyForm(evidence.keys),
    ...checked.flatMap(({ proven, checks }) => sectionOf(proven, checks)),
    ...(hasSalts(evidence) ? [element('footer', SALTS_NOTE)] : []),
  );
}

const VERDICTS: Readonly<Record<CheckState, string>> = {
  proven: 'Proven: these events are in the signed log as they are shown',
  open: 'Not all is checked',
  wrong: 'These events do not match the signed log',
};

function verdictOn(checks: readonly (readonly Check[])[], isWhole: boolean): readonly [CheckState, string] {
  if (!isWhole) return ['wrong', 'This file was changed after it was saved.'];
  if (checks.length === 0) return ['open', 'This file has no events'];
  const state = verdictOf(checks.flat().filter(({ finding }) => !UNCHECKABLE.includes(finding)));
  return [state, VERDICTS[state]];
}

/** Findings that do not change the verdict, because a file cannot check the fact, or does not show the values. */
const UNCHECKABLE: readonly string[] = ['offline', 'erased', 'hidden', 'joined'];

async function checksOf(
  proven: Proven,
  own: readonly VerifierKey[],
  inFile: readonly VerifierKey[],
): Promise<readonly Check[]> {
  const { checks } = await checkEvent(proven, own.length > 0 ? own : inFile);
  const all = [...checks, open('consistency', 'offline')].map((check) =>
    check.finding === 'signed' && own.length === 0 ? open('signature', 'signed-by-file', check.values) : check,
  );
  return CHECKS.flatMap((name) => all.filter((check) => check.name === name));
}

function read(json: string): Evidence | undefined {
  try {
    const evidence = JSON.parse(json) as Evidence; // saveEvidence wrote this JSON; any other content throws below
    return Array.isArray(evidence.events) && Array.isArray(evidence.keys) ? evidence : undefined;
  } catch {
    return undefined;
  }
}

function sectionOf(proven: Proven, checks: readonly Check[]): readonly HTMLElement[] {
  const { event, unproven } = shownParts(proven, checks);
  const { id, type, occurredAt } = event;
  const list = element('ul');
  for (const check of checks) {
    const item = element('li');
    item.className = check.state;
    item.dataset.check = check.name;
    item.dataset.state = check.state;
    item.append(`${texts[`proof.${check.name}`]}, ${texts[`proof.state.${check.state}`]}: ${sentenceOf(check)}`);
    list.append(item);
  }
  const raw = element('details');
  raw.append(
    element('summary', 'The event and its proof'),
    element('pre', JSON.stringify(event, null, 2)),
    element('pre', proven.proof),
  );
  const rest = element('details');
  rest.append(
    element('summary', 'Values that nothing in this file proves'),
    element('pre', JSON.stringify(unproven, null, 2)),
  );
  const title = element('h2');
  for (const [nth, fact] of [occurredAt, type, id].entries())
    title.append(nth === 0 ? '' : ' · ', element('bdi', String(fact)));
  return [title, list, raw, ...(unproven ? [rest] : [])];
}

function sentenceOf(check: Check): string {
  const text = (texts as Readonly<Record<string, unknown>>)[textOf(check)]; // every finding has a text
  return String(text).replace(/\{(\w+)\}/g, (_, name: string) => visibleText(String(check.values[name] ?? '')));
}

function keyForm(inFile: readonly string[]): HTMLElement {
  const form = element('form');
  const input = element('input');
  input.name = 'key';
  input.autocomplete = 'off';
  const label = element('label', 'The verifier key that the operator gave you, by another way than this file');
  const button = element('button', 'Check with this key');
  const problem = element('p');
  problem.className = 'wrong';
  label.append(input);
  form.append(label, button, problem);
  for (const key of inFile) form.append(element('p', `In the file: ${key}`));
  form.addEventListener('submit', (submitted) => {
    submitted.preventDefault();
    void parseVerifierKey(input.value).then((key) => {
      if (key) return verify([key]);
      problem.textContent = texts['proof.notAKey'];
      return undefined;
    });
  });
  return form;
}

function heading(state: CheckState, text: string): HTMLElement {
  const found = element('h1', text);
  found.className = state;
  found.dataset.verdict = state;
  return found;
}

/** The text is untrusted, so its hidden characters become code points. */
function element<Name extends keyof HTMLElementTagNameMap>(name: Name, text = ''): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const piece of visiblePieces(text)) made.append('text' in piece ? piece.text : named(piece.code));
  return made;
}

function named(code: string): HTMLElement {
  const mark = document.createElement('mark');
  mark.textContent = code;
  return mark;
}

void verify([]);
