import type { JSONOutput } from 'typedoc';

/*
 * What typedoc's own `notDocumented` cannot see: it asks that there is a comment, here is asked what
 * stands in it. The rules are in `RULES`, one for each thing that a reader looks for.
 */

type Reflection = JSONOutput.DeclarationReflection | JSONOutput.SignatureReflection;
type Signature = JSONOutput.SignatureReflection;
type Comment = JSONOutput.Comment;

/** typedoc's numbers of what a reflection is. */
const KIND = { function: 64, class: 128, property: 1024, call: 4096, construct: 16384 };
const ERROR_CODES = 'SAEErrorCode';
/** Names of parameters and interfaces that hold options. */
const OPTIONS = /^(args|options)$/;
const OPTION_TYPES = /(Args|Options)$/;
/** Where an equation may come from, so that a reader finds it. */
const SOURCE =
  /arXiv:\d{4}\.\d{4,5}|keras\/src\/|scipy\.stats|dictionary_learning\/|transformer-circuits\.pub/;
/** Results that tfjs holds until somebody disposes them. */
const TENSOR = /^(Tensor\d?D?|Scalar|Variable)$/;
const OWNED = /dispos|stay/;

const words = (parts: readonly JSONOutput.CommentDisplayPart[] = []) =>
  parts.map(({ text }) => text).join('');
const tags = (comment: Comment | undefined, name: string) =>
  (comment?.blockTags ?? []).filter(({ tag }) => tag === name).map(({ content }) => words(content));
const allWords = (comment: Comment | undefined) =>
  [
    words(comment?.summary),
    ...(comment?.blockTags ?? []).map(({ content }) => words(content)),
  ].join('\n');

/** A public symbol, by its own name and those it is within. */
interface Symbol {
  readonly path: string;
  readonly reflection: Reflection;
  /** Its comment; of a function that is a property's value, the property's. */
  readonly comment: Comment | undefined;
}

/** Every declaration and signature from this one down. */
function* symbolsIn(reflection: Reflection, path: string, outer?: Comment): Generator<Symbol> {
  const { children, signatures, type } = reflection as JSONOutput.DeclarationReflection;
  const comment = reflection.comment ?? outer;
  yield { path, reflection, comment };
  for (const signature of signatures ?? []) {
    yield { path, reflection: signature, comment: signature.comment ?? comment };
  }
  for (const child of children ?? []) yield* symbolsIn(child, `${path}.${child.name}`);
  const parts = type?.type === 'intersection' ? type.types : [type];
  for (const part of parts) {
    if (part?.type === 'reflection') yield* symbolsIn(part.declaration, path, comment);
  }
}

/** Says what is missing at a symbol. */
type Say = (path: string, what: string) => void;

/** Where a reader asks "how do I use it?": a class or a function without an example that runs. */
function needsExample({ path, reflection }: Symbol, say: Say): void {
  const { kind, signatures, comment } = reflection as JSONOutput.DeclarationReflection;
  if (kind !== KIND.class && kind !== KIND.function) return;
  const comments = [comment, ...(signatures ?? []).map((signature) => signature.comment)];
  const examples = comments.flatMap((one) => tags(one, '@example'));
  if (!examples.some((text) => /^```ts\n[\s\S]+\n```$/m.test(text))) {
    say(path, 'has no @example with a block of ts');
  }
}

const isOption = (path: string) => OPTION_TYPES.test(path.split('.').at(-2) ?? '');

/** "What if I leave it out?": an option without its default. */
function needsDefault({ path, reflection }: Symbol, say: Say): void {
  if (reflection.kind !== KIND.property || !reflection.flags.isOptional || !isOption(path)) return;
  if (!/\bdefault\b/.test(optionWords(reflection))) say(path, 'does not say its default');
}

/** An option's comment, which typedoc puts on the signature where the option is a function. */
function optionWords(reflection: Reflection): string {
  const { type, comment } = reflection;
  const signatures = type?.type === 'reflection' ? (type.declaration.signatures ?? []) : [];
  return [comment, ...signatures.map((signature) => signature.comment)].map(allWords).join('\n');
}

/** These take what their callers have made, unchecked. */
const UNCHECKED = /\.(Figure|SAEError)\.constructor$/;
const isCallable = ({ kind }: Reflection) => kind === KIND.call || kind === KIND.construct;

/** "How does it fail?": options are checked, so whoever takes some says which code it throws. */
function needsErrors({ path, reflection, comment }: Symbol, say: Say): void {
  if (!isCallable(reflection)) return;
  const { parameters = [] } = reflection as Signature;
  if (!parameters.some(({ name }) => OPTIONS.test(name)) || UNCHECKED.test(path)) return;
  if (!tags(comment, '@throws').some((text) => /SAE_OPTION/.test(text))) {
    say(path, 'takes options and does not say that it throws SAE_OPTION');
  }
}

/** "What do I get, and is it mine?": a result that tfjs holds. */
function needsOwner({ path, reflection, comment }: Symbol, say: Say): void {
  if (reflection.kind !== KIND.call) return;
  const { type } = reflection as Signature;
  if (TENSOR.test(resultName(type)) && !OWNED.test(allWords(comment))) {
    say(path, 'does not say who disposes its result');
  }
}

/** What a call results in, of a promise or a list what is in it. */
function resultName(type: JSONOutput.SomeType | undefined): string {
  if (type?.type === 'array') return resultName(type.elementType);
  if (type?.type !== 'reference') return '';
  return type.name === 'Promise' ? resultName(type.typeArguments?.[0]) : type.name;
}

/** "Who says so?": an equation without its source. */
function needsSource({ path, comment }: Symbol, say: Say): void {
  const text = allWords(comment);
  if (text.includes('$$') && !SOURCE.test(text)) say(path, 'has an equation without its source');
}

/** Codes that are named and are none. */
function needsKnownCodes({ path, comment }: Symbol, say: Say, codes: readonly string[]): void {
  for (const text of tags(comment, '@throws')) {
    const named = text.match(/SAE_[A-Z_]+/g) ?? [];
    if (named.length === 0) say(path, `throws, and does not say by which code: ${text}`);
    for (const code of named)
      if (!codes.includes(code)) say(path, `names ${code}, which is no code`);
  }
}

const RULES = [needsExample, needsDefault, needsErrors, needsOwner, needsSource, needsKnownCodes];

/** What is missing in the documentation of the public API, a line each. */
export function documentationFaults(api: JSONOutput.ProjectReflection): string[] {
  const faults: string[] = [];
  const say: Say = (path, what) => faults.push(`${path} ${what}`);
  const symbols = (api.children ?? []).flatMap((module) => [...symbolsIn(module, module.name)]);
  const codes = errorCodes(symbols, say);
  for (const symbol of symbols) for (const rule of RULES) rule(symbol, say, codes);
  return [...new Set(faults)];
}

/** Every error code there is, each of which has to say what it means. */
function errorCodes(symbols: readonly Symbol[], say: Say): string[] {
  const found = symbols.find(({ reflection }) => reflection.name === ERROR_CODES);
  const { type } = (found?.reflection ?? {}) as JSONOutput.DeclarationReflection;
  if (type?.type !== 'union') {
    say(ERROR_CODES, 'is not a list of codes');
    return [];
  }
  return type.types.map((one, i) => {
    const code = one.type === 'literal' ? String(one.value) : '';
    const meaning = words(type.elementSummaries?.[i]);
    // A sentence that says what it means, and one that says what to do.
    if (meaning.split(/\.\s|\.$/).length < 3)
      say(`${ERROR_CODES} ${code}`, 'does not say what to do');
    return code;
  });
}
