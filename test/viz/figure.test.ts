import { createHash } from 'node:crypto';
import { decode } from 'fast-png';
import { Figure, STYLE } from '../../src/viz/figure';
import { pixelsAddress } from '../../src/viz/image/place';
import { element } from '../../src/viz/svg/element';
import { picture } from '../../src/viz/svg/picture';

jest.setTimeout(30_000);

const TITLE = '<b>A & "title"</b></title><script>alert(1)</script>';
const figure = picture(
  { width: 40, height: 20, title: TITLE, description: 'two squares', ground: '#111111' },
  element('rect', { width: 20, height: 20, fill: '#ff0000' }),
);

test('toSVG is the document', () => {
  const svg = figure.toSVG();
  expect(svg).toMatch(/^<svg [^>]*viewBox="0 0 40 20" width="40" height="20" role="img"/);
  expect(svg).toContain('<title>&lt;b&gt;A &amp; &quot;title&quot;&lt;/b&gt;&lt;/title&gt;');
  expect(svg).toMatch(/<\/svg>\n$/);
  expect([figure.width, figure.height, figure.title]).toEqual([40, 20, TITLE]);
});

describe('toPNG', () => {
  const pixel = (png: Uint8Array, x: number, y: number) => {
    const { width, data, channels } = decode(png);
    return Array.from(data.subarray((y * width + x) * channels, (y * width + x) * channels + 3));
  };

  test('draws the picture at a scale', async () => {
    for (const scale of [1, 2, 0.5]) {
      const png = await figure.toPNG(scale === 1 ? {} : { scale });
      const { width, height } = decode(png);
      expect([width, height]).toEqual([40 * scale, 20 * scale]);
      expect(pixel(png, width / 4, height / 2)).toEqual([255, 0, 0]);
      expect(pixel(png, (3 * width) / 4, height / 2)).toEqual([17, 17, 17]);
    }
  });

  test('gives the same bytes each time, also at once', async () => {
    const all = await Promise.all([figure.toPNG(), figure.toPNG(), figure.toPNG()]);
    expect(all[1]).toEqual(all[0]);
    expect(all[2]).toEqual(all[0]);
  });

  test('has letters, upright and bold', async () => {
    const ink = async (weight: string, text: string) => {
      const style = { x: 2, y: 15, 'font-size': 14, fill: '#fff', 'font-weight': weight };
      const args = { width: 40, height: 20, title: 't', description: 'd', ground: '#000000' };
      const { data, channels } = decode(await picture(args, element('text', style, text)).toPNG());
      return Array.from(data.filter((_, i) => i % channels === 0)).reduce((a, b) => a + b, 0);
    };
    const [none, normal, bold] = [
      await ink('normal', ''),
      await ink('normal', 'Ag'),
      await ink('bold', 'Ag'),
    ];
    expect(none).toBe(0);
    expect(normal).toBeGreaterThan(3000);
    expect(bold).toBeGreaterThan(1.2 * normal);
  });

  test('images have hard edges', async () => {
    const href = pixelsAddress(new Uint8Array([0, 0, 0, 255, 255, 255]), [1, 2]);
    const image = { width: 40, height: 20, 'image-rendering': 'pixelated', href };
    const args = { width: 40, height: 20, title: 't', description: 'd', ground: '#777777' };
    const fitted = { ...image, preserveAspectRatio: 'none' };
    const png = await picture(args, element('image', fitted)).toPNG();
    const { data, channels } = decode(png);
    const reds = new Set(data.filter((_, i) => i % channels === 0));
    expect([...reds].sort()).toEqual([0, 255]);
  });

  test.each([
    [{ scale: 0 }, 'scale: expected a finite number > 0; received 0'],
    [{ scale: 1e6 }, 'scale: expected a scale of at most 289.63; received 1000000'],
    [{ scales: 2 }, 'Did you mean "scale"'],
  ])('refuses %j', async (args, message) => {
    await expect(figure.toPNG(args as never)).rejects.toThrow(message);
  });

  test('the largest scale that it names is not too large either', async () => {
    const wide = new Figure({ svg: '', width: 110, height: 100, title: 't' }); // √(2^26 / 11,000) = 78.107
    await expect(wide.toPNG({ scale: 79 })).rejects.toThrow('a scale of at most 78.1; received');
  });
});

describe('toHTML', () => {
  const html = figure.toHTML();

  test('is a page with the picture, which may do nothing else', () => {
    expect(html).toContain(figure.toSVG().trim());
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(html).toContain('<title>&lt;b&gt;A &amp; &quot;title&quot;');
    expect(html).not.toMatch(/<script|javascript:|https?:(?!\/\/www\.w3\.org\/2000\/svg)/);
    expect(html).toContain('<body bgcolor="#111111">');
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1];
    const hash = createHash('sha256').update(STYLE).digest('base64');
    expect(policy?.split('; ')).toEqual([
      "default-src 'none'",
      'img-src data:',
      `style-src 'sha256-${hash}'`,
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect(html.match(/<style>(.*)<\/style>/)?.[1]).toBe(STYLE);
  });

  test('has a light ground where none is given', () => {
    const plain = new Figure({ svg: '<svg/>', width: 1, height: 1, title: 't' });
    expect(plain.toHTML()).toContain('<body bgcolor="#ffffff">');
  });
});

test('mount outside a page is an error', () => {
  expect(() => figure.mount({} as Element)).toThrow('SAE_STATE Figure.mount: expected a page');
});

test("Deno's notebooks show it", () => {
  const display = (figure as unknown as Record<symbol, () => Record<string, string>>)[
    Symbol.for('Jupyter.display')
  ];
  expect(display?.call(figure)).toEqual({ 'image/svg+xml': figure.toSVG(), 'text/plain': TITLE });
});
