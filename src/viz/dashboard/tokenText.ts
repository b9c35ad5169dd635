import type { FeatureReport, RowContent } from '../../analysis/featureReport/report';

/**
 * How a tokenizer writes its tokens: GPT-2's bytes, of which `Ġ` is a space; SentencePiece's `▁` for a
 * space; WordPiece's `##` for what goes on; words without spaces; or text as it is.
 */
export type TokenStyle = 'bytes' | 'sentencepiece' | 'wordpiece' | 'words' | 'text';

/** Of all tokens, so many have to be as their style has them: names of strangers are among them. */
const MOST = 0.9;
/** SentencePiece's token of one byte: `<0x0A>`. */
const BYTE = /^<0x([0-9A-F]{2})>$/;
/** Written without spaces between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const WORD = /^[\p{L}\p{M}\p{N}'’-]{2,}$/u;
/** Before what stands at the end of a word or clause there is no space. */
const CLOSING = /^[.,;:!?)\]}%'’”…]+$/;

/** Behind what opens a bracket there is none, nor behind the apostrophe of "isn't". */
const OPENING = /^[([{]$/;
const ENDING = /^(s|t|d|m|re|ve|ll)$/i;

/**
 * By character, the byte that GPT-2's byte-level BPE writes so: printable characters of Latin-1 stand for
 * themselves, the other bytes, in their order, for the characters from 256 on.
 */
const BYTES: ReadonlyMap<string, number> = (() => {
  const isOwn = (byte: number) =>
    (byte > 32 && byte < 127) || (byte > 160 && byte < 256 && byte !== 173);
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const others = bytes.filter((byte) => !isOwn(byte));
  const sign = (byte: number) =>
    String.fromCharCode(isOwn(byte) ? byte : 256 + others.indexOf(byte));
  return new Map(bytes.map((byte) => [sign(byte), byte]));
})();

/** The style of a report's tokens, by what is in them alone. */
export function tokenStyle(tokens: Iterable<string>): TokenStyle {
  const distinct = [...new Set(tokens)].filter((token) => token !== '');
  const share = (is: (token: string) => boolean) => distinct.filter(is).length / distinct.length;
  const some = (is: RegExp) => distinct.some((token) => is.test(token));
  if (distinct.length === 0 || share((token) => !/\s/.test(token)) < MOST) return 'text';
  if (some(/^Ġ/) && share((token) => [...token].every((sign) => BYTES.has(sign))) >= MOST) {
    return 'bytes';
  }
  if (some(/^▁/)) return 'sentencepiece';
  if (some(/^##[\p{L}\p{N}]/u)) return 'wordpiece';
  const words = share((token) => WORD.test(token) && !UNSPACED.test(token));
  return words > 0.5 && !some(/\s/) ? 'words' : 'text';
}

/**
 * Tokens that follow one another as the text that they are of: joined, they read as it does.
 *
 * A character whose bytes lie in several tokens stands as its bytes, `<0xE2>`, in each.
 */
export function tokenTexts(tokens: readonly string[], style: TokenStyle): readonly string[] {
  if (style === 'text') return tokens;
  if (style === 'bytes') return tokens.map(ofBytes);
  if (style === 'sentencepiece') {
    return tokens.map((token) => {
      const byte = BYTE.exec(token)?.[1];
      return byte === undefined ? token.replaceAll('▁', ' ') : utf8([Number.parseInt(byte, 16)]);
    });
  }
  return tokens.map((token, i) => {
    if (style === 'wordpiece' && /^##./.test(token)) return token.slice(2);
    return i === 0 || isJoined(tokens[i - 1] ?? '', token) ? token : ` ${token}`;
  });
}

const isJoined = (before: string, token: string) =>
  CLOSING.test(token) || OPENING.test(before) || (/^['’]$/.test(before) && ENDING.test(token));

function ofBytes(token: string): string {
  const bytes = [...token].map((sign) => BYTES.get(sign));
  return bytes.every((byte) => byte !== undefined) ? utf8(bytes) : token;
}

/** The text of bytes; what is no whole character stands as its bytes. */
function utf8(bytes: readonly number[]): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Uint8Array.from(bytes),
    );
  } catch {
    return bytes
      .map((byte) =>
        byte < 128
          ? String.fromCharCode(byte)
          : `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
      )
      .join('');
  }
}

/** A report in which the tokens of every row are text; itself where they are, or there are none. */
export function withTokenTexts(report: FeatureReport): FeatureReport {
  if (report.data.kind !== 'token') return report;
  const rows = Object.entries(report.rows);
  const style = tokenStyle(tokensOf(Object.values(report.rows)));
  if (style === 'text') return report;
  const read = ({ window, ...others }: RowContent): RowContent =>
    window === undefined
      ? others
      : { ...others, window: { ...window, tokens: tokenTexts(window.tokens, style) } };
  return {
    ...report,
    rows: Object.fromEntries(rows.map(([row, content]) => [row, read(content)])),
  };
}

function* tokensOf(rows: readonly RowContent[]): Generator<string> {
  for (const { window } of rows) yield* window?.tokens ?? [];
}
