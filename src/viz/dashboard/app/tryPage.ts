import { bar } from './bars';
import type { DashboardData } from './dashboardData';
import { button, make } from './dom';
import { codesOf } from './encode';
import { count, digits } from './numbers';
import { rowOf, rowOfPixels } from './rowText';
import { tagOf } from './tag';
import { decoration, drawDecoder } from './tiles';

/** Features that are shown: the strongest. */
const MOST = 30;
/** A larger file is no input. */
const LARGEST = 50e6;

/** A page on which an input is typed or dropped, and the features that fire on it are shown. */
export function createTryPage(
  data: DashboardData,
  links: { readonly back: string; address(index: number): string },
): HTMLElement {
  const { encoder, head } = data;
  const { kind, imageShape, imageRange = [0, 1] } = head.data;
  const heading = make('h1', { tabindex: -1 }, 'Try an input');
  const back = make('a', { class: 'back', href: links.back }, '← All features');
  if (encoder === undefined) {
    const none = make('p', { class: 'empty' }, 'This file does not carry its dictionary.');
    return make('article', { class: 'feature try' }, back, heading, none);
  }
  const shape = kind === 'image' ? imageShape : undefined;
  const status = make('p', { class: 'try-said', role: 'status' });
  const results = make('ol', { class: 'tried' });
  const preview = make('canvas', {
    class: 'tile try-preview',
    'aria-hidden': 'true',
    hidden: true,
  });

  const show = (row: Float32Array, isImage: boolean) => {
    const codes = codesOf(encoder, row);
    const fired = Array.from(codes.keys()).filter((feature) => (codes[feature] as number) > 0);
    fired.sort((a, b) => (codes[b] as number) - (codes[a] as number) || a - b);
    const strongest = codes[fired[0] ?? 0] as number;
    const items = fired.slice(0, MOST).map((feature) => {
      const code = codes[feature] as number;
      return item(data, feature, code, code / strongest, links.address);
    });
    results.replaceChildren(...items);
    const all = `${count(fired.length)} of ${count(codes.length)} features fire on it`;
    status.textContent =
      fired.length > MOST ? `${all}; these are the ${MOST} strongest.` : `${all}.`;
    preview.hidden = !isImage;
  };
  const refuse = (error: unknown) => {
    results.replaceChildren();
    preview.hidden = true;
    status.textContent = error instanceof Error ? error.message : String(error);
  };
  const takeImage = async (file: Blob, [height, width, channels = 1]: readonly number[]) => {
    const image = await createImageBitmap(file).catch(() => {
      throw new Error('This browser cannot open that image.');
    });
    preview.width = width as number;
    preview.height = height as number;
    const context = preview.getContext('2d', { willReadFrequently: true });
    if (context === null) throw new Error('This browser cannot read that image.');
    context.drawImage(image, 0, 0, preview.width, preview.height);
    const { data: pixels } = context.getImageData(0, 0, preview.width, preview.height);
    show(rowOfPixels(pixels, channels === 3 ? 3 : 1, imageRange), true);
  };
  const take = async (file: File) => {
    try {
      if (file.size > LARGEST) throw new Error('That file is too large for one input.');
      const isText = /^text\/|json/.test(file.type) || /\.(txt|csv|json)$/i.test(file.name);
      if (!isText && shape !== undefined) await takeImage(file, shape);
      else show(rowOf(await file.text(), encoder.inputDim), false);
    } catch (error) {
      refuse(error);
    }
  };

  const what = shape === undefined ? 'a file of numbers' : 'an image or a file of numbers';
  const file = make('input', {
    type: 'file',
    class: 'try-file',
    'aria-label': `Choose ${what}`,
    accept: shape === undefined ? '.txt,.csv,.json' : 'image/*,.txt,.csv,.json',
  });
  file.addEventListener('change', () => {
    const [chosen] = file.files ?? [];
    if (chosen !== undefined) void take(chosen);
    file.value = '';
  });
  const typed = make('textarea', {
    class: 'note-field try-numbers',
    rows: 4,
    spellcheck: 'false',
    'aria-label': `${encoder.inputDim} numbers`,
    placeholder: `${count(encoder.inputDim)} numbers, with spaces or commas between them`,
  });
  const run = () => {
    try {
      show(rowOf(typed.value, encoder.inputDim), false);
    } catch (error) {
      refuse(error);
    }
  };
  const megabytes = (encoder.bytes / 1e6).toFixed(1);
  const element = make(
    'article',
    { class: 'feature try' },
    back,
    heading,
    make(
      'p',
      { class: 'meaning try-about' },
      `Which features fire on an input of your own, by the dictionary that this file carries (${megabytes} MB). Nothing leaves this page.`,
    ),
    make(
      'section',
      { class: 'panel try-input', 'aria-label': 'Input' },
      make(
        'p',
        { class: 'try-drop' },
        `Drop ${what} anywhere here, paste it, or choose it: `,
        file,
      ),
      typed,
      button({ class: 'plain' }, run, 'Encode'),
    ),
    make(
      'section',
      { class: 'panel try-result', 'aria-label': 'Features that fire' },
      preview,
      make('div', {}, status, results),
    ),
  );
  element.addEventListener('dragover', (event) => event.preventDefault());
  element.addEventListener('drop', (event) => {
    event.preventDefault();
    const [dropped] = event.dataTransfer?.files ?? [];
    if (dropped !== undefined) void take(dropped);
  });
  element.addEventListener('paste', (event) => {
    const [pasted] = event.clipboardData?.files ?? [];
    if (pasted === undefined) return;
    event.preventDefault();
    void take(pasted);
  });
  return element;
}

function item(
  data: DashboardData,
  feature: number,
  code: number,
  share: number,
  address: (index: number) => string,
): HTMLElement {
  const index = data.indexOf(feature);
  const name = `Feature ${feature}`;
  const parts: (Node | string | null)[] = [];
  if (index !== undefined && data.head.data.kind === 'image') {
    const tile = decoration('thumb');
    drawDecoder(tile, data, index);
    parts.push(tile);
  }
  parts.push(
    index === undefined
      ? make('span', {}, name)
      : make('a', { class: 'tried-link', href: address(index) }, name),
    index === undefined ? null : tagOf(data, index),
  );
  return make(
    'li',
    { class: 'tried-feature' },
    make('span', { class: 'tried-name' }, ...parts),
    bar(share),
    make('span', { class: 'activation' }, digits(code)),
  );
}
