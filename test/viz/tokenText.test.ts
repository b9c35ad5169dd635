import { tokenStyle, tokenTexts, withTokenTexts } from '../../src/viz/dashboard/tokenText';
import { HOSTILE } from './hostileText';
import { sampleReport } from './sampleReport';

interface Split {
  readonly tokens: readonly string[];
  readonly text: string;
}
// What Hugging Face's tokenizers make: python-interop/make_token_files.py.
const FILES = require('./fixtures/tokens.json') as Record<
  'bytes' | 'sentencepiece' | 'wordpiece',
  Split[]
>;

/** Bytes that stand as themselves, where several tokens share a character, as that character. */
const whole = (text: string) =>
  text.replace(/(<0x[0-9A-F]{2}>)+/g, (bytes) =>
    Buffer.from(bytes.replaceAll(/<0x|>/g, ''), 'hex').toString('utf8'),
  );

test.each(['bytes', 'sentencepiece', 'wordpiece'] as const)(
  '%s: known by its tokens, which are the text that its own decoder makes',
  (style) => {
    const files = FILES[style];
    expect(tokenStyle(files.flatMap(({ tokens }) => tokens))).toBe(style);
    for (const { tokens, text } of files) {
      const joined = whole(tokenTexts(tokens, style).join(''));
      // Where WordPiece had spaces before signs is lost; its decoder puts them everywhere.
      const comparable = (one: string) =>
        style === 'wordpiece' ? one.replaceAll(/\s+(?=[^\p{L}\p{N}])|(?<=[('])\s+/gu, '') : one;
      expect(comparable(joined)).toBe(comparable(text));
    }
  },
);

test('WordPiece: words stand apart, signs at the word that they belong to', () => {
  const texts = (...tokens: string[]) => tokenTexts(tokens, 'wordpiece').join('|');
  expect(texts('under', '##standing', '(', 'of', '1987', ')', 'isn', "'", 't', '.')).toBe(
    "under|standing| (|of| 1987|)| isn|'|t|.",
  );
  expect(texts('##', '#', '##s')).toBe('##| #|s');
});

test('words without any sign for spaces stand apart too', () => {
  expect(tokenStyle(['the', 'cat', 'sat', ','])).toBe('words');
  expect(tokenTexts(['the', 'cat', ',', 'sat'], 'words')).toEqual(['the', ' cat', ',', ' sat']);
});

test('what is text already stays as it is', () => {
  const plain = [
    ['the', ' cat', ' sat', '\n'],
    ['Ġorna', ' Ġdida', ' triq'], // Maltese has that letter
    ['c', 'a', 't'],
    ['日本', '語', 'です'],
    ['#', '##', ' title'],
    [''],
    [],
  ];
  for (const tokens of plain) expect(tokenStyle(tokens)).toBe('text');
  expect(tokenTexts(['Ġa', '##b', '▁c'], 'text')).toEqual(['Ġa', '##b', '▁c']);
});

test('names of a few special tokens change nothing', () => {
  const { tokens } = FILES.bytes[0] as Split;
  expect(tokenStyle([...tokens, '<｜begin▁of▁sentence｜>'])).toBe('bytes');
  expect(tokenTexts(['<｜begin▁of▁sentence｜>', 'Ġa'], 'bytes')).toEqual([
    '<｜begin▁of▁sentence｜>',
    ' a',
  ]);
});

test('any tokens are as many texts', () => {
  const all = HOSTILE.map(([, text]) => text);
  for (const style of ['bytes', 'sentencepiece', 'wordpiece', 'words', 'text'] as const) {
    expect(tokenTexts(all, style)).toHaveLength(all.length);
  }
});

test('of a report, the rows alone are changed', () => {
  const report = sampleReport({ kind: 'token', features: 9, vocabulary: ['Ġthe', 'Ġca', 't'] });
  const read = withTokenTexts(report);
  const { window } = Object.values(read.rows)[0] ?? {};
  expect(window?.tokens.every((token) => [' the', ' ca', 't'].includes(token))).toBe(true);
  expect({ ...read, rows: report.rows }).toEqual(report);
  const images = sampleReport({ features: 9 });
  expect(withTokenTexts(images)).toBe(images);
});
