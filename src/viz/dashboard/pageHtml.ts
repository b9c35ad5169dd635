import { inflateSync, strFromU8 } from 'fflate';
import { bytesOf } from '../../bytes';
import { escaped } from '../svg/element';
import type { App } from './load';
import { APP_ID, HEAD_ID, type PageHead } from './pageData';
import type { Piece } from './pieces';

/** What the page may do: run this program, use this style sheet, and nothing else. */
const policy = ({ programHash, styleHash }: App) =>
  [
    "default-src 'none'",
    `script-src '${programHash}'`,
    `style-src '${styleHash}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');

/** JSON that no HTML parser takes for anything but text. */
const escapeJson = (value: unknown) => JSON.stringify(value).replaceAll('<', '\\u003c');

/** The page's program, which the library carries deflated. */
const programOf = ({ program }: App) => strFromU8(inflateSync(bytesOf(program) as Uint8Array));

const pieceElement = ({ id, size, base64 }: Piece) =>
  `<script type="text/plain" id="${id}" data-size="${size}">${base64}</script>`;

/** The whole file; the pieces of the opening stand before the program, the others behind it. */
export function pageHtml(
  app: App,
  head: PageHead,
  opening: readonly Piece[],
  later: readonly Piece[],
): string {
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy(app)}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<meta name="referrer" content="no-referrer">',
    '<meta name="generator" content="gated-sae-tfjs">',
    `<title>${escaped(head.title)}</title>`,
    `<style>${app.style}</style>`,
    '</head>',
    '<body>',
    `<div id="${APP_ID}">`,
    `<main class="fallback"><h1>${escaped(head.title)}</h1>`,
    '<noscript><p><strong>JavaScript is off in this browser.</strong></p></noscript>',
    '<p>This page draws itself with JavaScript. Where nothing but this text appears, the browser does not let it run or is older than 2022: open the file in a current Firefox, Chrome, Edge or Safari, with JavaScript on.</p>',
    '</main></div>',
    `<script type="application/json" id="${HEAD_ID}">${escapeJson(head)}</script>`,
    ...opening.map(pieceElement),
    `<script>${programOf(app)}</script>`,
    ...later.map(pieceElement),
    '</body>',
    '</html>',
    '',
  ].join('\n');
}
