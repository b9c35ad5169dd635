import fc from 'fast-check';
import { fixedDigits } from '../../src/viz/fixedDigits';
import { element, escaped, Markup } from '../../src/viz/svg/element';
import { shownText } from '../../src/viz/svg/shownText';
import { textWidth } from '../../src/viz/svg/textWidth';
import { HOSTILE_NAMES } from './hostileReport';
import { unescaped } from './readPicture';

/** Any text at all, halves of surrogate pairs and control characters among it. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 300 })
    .map((codes) => String.fromCharCode(...codes)),
);
const NOT_ALLOWED = /[^\P{Cc}\t\n\r]|\p{Cs}|[\ufffe\uffff]/u;

test('escaped text holds no markup and nothing that XML forbids, and says the same', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const safe = escaped(text);
      expect(safe).not.toMatch(/[<>"']/);
      expect(safe).not.toMatch(NOT_ALLOWED);
      expect(safe.replace(/&(amp|lt|gt|quot|#39);/g, '')).not.toContain('&');
      expect(unescaped(safe)).toHaveLength([...text].join('').length);
    }),
  );
  expect(escaped('a<b> & "c" \'d\' \u0000\ud800')).toBe(
    'a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39; \ufffd\ufffd',
  );
});

test('an element escapes its attributes and its text, not its elements', () => {
  const inner = element('tspan', { x: 1.23456, y: undefined }, '<b>');
  expect(inner).toBeInstanceOf(Markup);
  expect(element('text', { fill: '"><script>' }, 'a & ', inner).source).toBe(
    '<text fill="&quot;&gt;&lt;script&gt;">a &amp; <tspan x="1.23">&lt;b&gt;</tspan></text>',
  );
  expect(element('rect', { width: 3 }).source).toBe('<rect width="3"/>');
});

test('what fits is shown whole', () => {
  for (const text of ['Ankle boot', 'T-shirt/top', 'שלום', 'naïve', '']) {
    expect(shownText(text, 200, 11)).toBe(text);
  }
});

test('what does not fit ends in an ellipsis, and fits', () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 20, max: 200 }), (text, room) => {
      const shown = shownText(text, room, 11);
      expect(textWidth(shown, 11)).toBeLessThanOrEqual(room + 1e-9);
      expect(shown).not.toMatch(/[\n\r\t\u202a-\u202e\u2066-\u2069]/);
      expect(shown).not.toMatch(NOT_ALLOWED);
      expect(shown).not.toMatch(/\p{M}{5}/u);
    }),
  );
  expect(shownText('W'.repeat(10_000), 60, 11)).toBe('WWWW…');
});

test.each(HOSTILE_NAMES)('%j fits and tells something', (name) => {
  const shown = shownText(name, 80, 11);
  expect(textWidth(shown, 11)).toBeLessThanOrEqual(80);
  expect(shown.length).toBeLessThanOrEqual(60);
  expect(shown === '').toBe(name === '');
});

test('marks stay with their letter, and are few', () => {
  expect(shownText('abcde\u0301ffffff', textWidth('abcde…', 11) + 1, 11)).toBe('abcde\u0301…');
  expect(shownText(`a${'\u0301'.repeat(500)}b`, 99, 11)).toBe(`a${'\u0301'.repeat(4)}b`);
});

test('emoji that are joined stand side by side, words of other scripts stay as they are', () => {
  expect(shownText('👩‍👩‍👧 👩🏽‍🚀', 200, 11)).toBe('👩👩👧 👩🏽🚀');
  for (const word of ['می‌خواهم', 'क्‍ष']) expect(shownText(word, 200, 11)).toBe(word);
});

test('a letter is as wide as DejaVu Sans has it', () => {
  expect(textWidth(' ', 1000)).toBe(318);
  expect(textWidth('~', 1000)).toBe(838);
  expect(textWidth('mW', 1000)).toBe(974 + 989);
});

test.each([
  // What Python's f-strings give.
  [0.125, 2, '0.12'],
  [0.375, 2, '0.38'],
  [8.625, 2, '8.62'],
  [0.005, 2, '0.01'],
  [2.675, 2, '2.67'],
  [0.0625, 3, '0.062'],
  [0.1875, 3, '0.188'],
  [1234.5678, 3, '1234.568'],
  [0, 3, '0.000'],
  [1e-9, 3, '0.000'],
])('%d to %d decimals is %s', (value, digits, text) => {
  expect(fixedDigits(value, digits)).toBe(text);
});
