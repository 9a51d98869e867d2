import { proof as texts } from '../texts/proof.js';
import { splitVisible, toVisibleText } from '../design/visible-text.js';
import { encodeBase64, sha256, utf8 } from '../proof/bytes.js';
import {
  checkEvent,
  CHECKS,
  open,
  combineStates,
  type Check,
  type CheckState,
  type Proven,
} from '../proof/check-event.js';
import { getMessageKey } from '../proof/check-texts.js';
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
  const isComplete = encodeBase64(await sha256(utf8(json))) === data.dataset.sha256;
  const evidence = read(json);
  if (!evidence) {
    result.replaceChildren(renderHeading('wrong', 'The data of this file cannot be read: somebody changed it.'));
    return;
  }
  const inFile = (await Promise.all(evidence.keys.map(parseVerifierKey))).filter((key) => key !== undefined);
  const checked = await Promise.all(
    evidence.events.map(async (each) => ({ proven: each, checks: await runChecks(each, own, inFile) })),
  );
  const [state, title] = computeVerdict(
    checked.map(({ checks }) => checks),
    isComplete,
  );
  result.replaceChildren(
    renderHeading(state, title),
    createElement(
      'p',
      `${String(evidence.events.length)} event(s), saved at ${evidence.savedAt} from ${evidence.ledger}.`,
    ),
    renderKeyForm(evidence.keys),
    ...checked.flatMap(({ proven, checks }) => renderSection(proven, checks)),
    ...(hasSalts(evidence) ? [createElement('footer', SALTS_NOTE)] : []),
  );
}

const VERDICTS: Readonly<Record<CheckState, string>> = {
  proven: 'Proven: these events are in the signed log as they are shown',
  open: 'Not all is checked',
  wrong: 'These events do not match the signed log',
};

function computeVerdict(checks: readonly (readonly Check[])[], isComplete: boolean): readonly [CheckState, string] {
  if (!isComplete) return ['wrong', 'This file was changed after it was saved.'];
  if (checks.length === 0) return ['open', 'This file has no events'];
  const state = combineStates(checks.flat().filter(({ finding }) => !UNCHECKABLE.includes(finding)));
  return [state, VERDICTS[state]];
}

/** Findings that do not change the verdict, because a file cannot check the fact, or does not show the values. */
const UNCHECKABLE: readonly string[] = ['offline', 'erased', 'hidden', 'joined'];

async function runChecks(
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

function renderSection(proven: Proven, checks: readonly Check[]): readonly HTMLElement[] {
  const { event, unproven } = shownParts(proven, checks);
  const { id, type, occurredAt } = event;
  const list = createElement('ul');
  for (const check of checks) {
    const item = createElement('li');
    item.className = check.state;
    item.dataset.check = check.name;
    item.dataset.state = check.state;
    item.append(`${texts[`proof.${check.name}`]}, ${texts[`proof.state.${check.state}`]}: ${formatCheck(check)}`);
    list.append(item);
  }
  const raw = createElement('details');
  raw.append(
    createElement('summary', 'The event and its proof'),
    createElement('pre', JSON.stringify(event, null, 2)),
    createElement('pre', proven.proof),
  );
  const rest = createElement('details');
  rest.append(
    createElement('summary', 'Values that nothing in this file proves'),
    createElement('pre', JSON.stringify(unproven, null, 2)),
  );
  const title = createElement('h2');
  for (const [nth, fact] of [occurredAt, type, id].entries())
    title.append(nth === 0 ? '' : ' · ', createElement('bdi', String(fact)));
  return [title, list, raw, ...(unproven ? [rest] : [])];
}

function formatCheck(check: Check): string {
  const text = (texts as Readonly<Record<string, unknown>>)[getMessageKey(check)]; // every finding has a text
  return String(text).replace(/\{(\w+)\}/g, (_, name: string) => toVisibleText(String(check.values[name] ?? '')));
}

function renderKeyForm(inFile: readonly string[]): HTMLElement {
  const form = createElement('form');
  const input = createElement('input');
  input.name = 'key';
  input.autocomplete = 'off';
  const label = createElement('label', 'The verifier key that the operator gave you, by another way than this file');
  const button = createElement('button', 'Check with this key');
  const problem = createElement('p');
  problem.className = 'wrong';
  label.append(input);
  form.append(label, button, problem);
  for (const key of inFile) form.append(createElement('p', `In the file: ${key}`));
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

function renderHeading(state: CheckState, text: string): HTMLElement {
  const found = createElement('h1', text);
  found.className = state;
  found.dataset.verdict = state;
  return found;
}

/** The text is untrusted, so its hidden characters become code points. */
function createElement<Name extends keyof HTMLElementTagNameMap>(name: Name, text = ''): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const piece of splitVisible(text)) made.append('text' in piece ? piece.text : requireElement(piece.code));
  return made;
}

function requireElement(code: string): HTMLElement {
  const mark = document.createElement('mark');
  mark.textContent = code;
  return mark;
}

void verify([]);
