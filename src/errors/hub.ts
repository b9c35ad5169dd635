import { SAEError } from './saeError';

/** The hub's answer to a request that it refused: the `cause` of the error. */
export class HubStatus extends Error {
  /** `'HubStatus'`, shown before the message in a stack trace. */
  override readonly name = 'HubStatus';

  constructor(
    /** The HTTP status. */
    readonly status: number,
    /** The hub's error code, such as `GatedRepo`; empty if there is none. */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** What a refusal is about, for its message. */
export interface HubRefusal {
  readonly answer: HubStatus;
  /** The page where the repository's licence can be read and accepted. */
  readonly page: string;
  readonly revision: string;
  readonly hasToken: boolean;
  /** Whether a file was requested, rather than the repository. */
  readonly isFile: boolean;
  /** Whether the request was to write. */
  readonly isWrite: boolean;
}

const TOKEN = 'set HF_TOKEN, or give {token}';

/** A request that the hub refused permanently. */
export function hubRefused(name: string, refusal: HubRefusal): SAEError {
  const { answer } = refusal;
  const [expected, received, advice] = refusalText(refusal);
  const status = `status ${answer.status}`;
  const text = `expected ${expected}; received ${status}${received && `, ${received}`}. ${advice}`;
  return new SAEError('SAE_FILE', name, text, { cause: answer });
}

function refusalText({
  answer: { status, code },
  page,
  revision,
  hasToken,
  isFile,
  isWrite,
}: HubRefusal): readonly [expected: string, received: string, advice: string] {
  const repository = `a repository that may be ${isWrite ? 'written' : 'read'}`;
  if (isWrite && (status === 401 || status === 403)) {
    const advice = 'Give a token that may write there: of its owner, and made for writing.';
    return [repository, 'no permission', advice];
  }
  if (isWrite && status === 412) {
    const received = 'a commit of somebody else meanwhile';
    return ['a branch that stays as it is', received, 'Try again.'];
  }
  if (code === 'GatedRepo' || (status === 403 && !isWritten(code))) {
    const received = code === 'GatedRepo' ? 'a gated repository' : 'no permission';
    return [
      repository,
      received,
      `Accept its licence at ${page}, and ${TOKEN} of the same account.`,
    ];
  }
  if (code === 'EntryNotFound') return ['a file', 'none there', 'Check the path.'];
  if (code === 'RevisionNotFound') {
    const received = `no revision "${revision}"`;
    return ['a branch, tag or commit', received, `Choose one that is at ${page}.`];
  }
  if (status === 401 && !hasToken) {
    const received = 'no repository that everybody may read';
    return [repository, received, `Check the name; for a private or gated one ${TOKEN}.`];
  }
  if (status === 401) {
    const advice = 'Check the name; if it is right, set HF_TOKEN to a token that is valid.';
    return [repository, 'a repository or token that is not known', advice];
  }
  if (code === 'RepoNotFound') return [repository, 'none of that name', 'Check the name.'];
  if (status === 404 && isFile) return ['a file', 'none there', 'Check path and revision.'];
  if (status === 404) {
    return [repository, 'no such repository, revision or folder', `Look for it at ${page}.`];
  }
  return ['an answer', '', `Check the address; the hub says "${code}", if that helps.`];
}

const isWritten = (code: string) => code.endsWith('NotFound');

/** A hub that did not answer after several attempts. */
export function hubUnavailable(
  name: string,
  received: string,
  attempts: number,
  cause: unknown,
): SAEError {
  const times = attempts === 1 ? 'once' : `${attempts} times`;
  const text = `expected an answer; received ${received}, ${times}. Check the network, or try later.`;
  return new SAEError('SAE_FILE', name, text, { cause });
}

/** A hub that asks for a longer wait than is acceptable. */
export function hubTooBusy(name: string, seconds: number, hasToken: boolean): SAEError {
  const again = `Try again in ${Math.ceil(seconds)} seconds`;
  const advice = hasToken ? `${again}.` : `${again}, or ${TOKEN}: it lets accounts ask more often.`;
  const text = `expected an answer; received status 429, too many requests. ${advice}`;
  return new SAEError('SAE_FILE', name, text);
}

/** Bytes that differ from the checksum that the hub has. */
export function wrongChecksum(
  name: string,
  kind: string,
  expected: string,
  received: string,
): SAEError {
  const text = `expected the ${kind} ${expected}; received ${received}. Nothing was kept: download it again.`;
  return new SAEError('SAE_FILE', name, text);
}

/** A file that is not in the cache, while requests to the hub are forbidden. */
export function notInCache(name: string, folder: string): SAEError {
  const text = `expected it in the cache at ${folder}, as HF_HUB_OFFLINE is set; received nothing there. Unset HF_HUB_OFFLINE to download it.`;
  return new SAEError('SAE_FILE', name, text);
}
