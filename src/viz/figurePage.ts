import { escaped } from './svg/element';

/**
 * A page with a figure and nothing else. Its policy allows the images within the figure and the
 * page's own style, named by its hash; no script, no request.
 */
export function figurePage(svg: string, title: string, ground: string): string {
  const policy = [
    "default-src 'none'",
    'img-src data:',
    `style-src '${STYLE_HASH}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body bgcolor="${escaped(ground)}">
<main>
${svg.trimEnd()}
</main>
</body>
</html>
`;
}

export const STYLE = 'body{margin:0}svg{display:block;margin:auto;max-width:100%;height:auto}';
/** Of STYLE; a test computes it anew. */
const STYLE_HASH = 'sha256-j2XrqmzN3J3SPkU3LK0h/0YLrG8UnnsXfxRp1w7RKHU=';
