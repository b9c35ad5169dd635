import katex from '@vscode/markdown-it-katex';

/** A piece of a page: of a block of code its language is in `info`. */
interface Token {
  readonly type: string;
  info: string;
}

/** What is used here of markdown-it, which typedoc brings. */
interface MarkdownParser {
  use(plugin: unknown, options?: unknown): unknown;
  readonly core: {
    readonly ruler: { push(name: string, rule: (state: { tokens: Token[] }) => void): void };
  };
}

/**
 * Has a Markdown parser read the guides as GitHub does.
 *
 * `$…$` and `$$…$$` are set by KaTeX as the site is built, with MathML beside it for readers that
 * speak: pages need its style sheet and fonts, and no script. A block of code that names no language is text, where typedoc takes it for TypeScript.
 *
 * @throws what KaTeX says of an equation that it cannot read, so that no page shows a red one.
 */
export function asOnGitHub(parser: MarkdownParser): void {
  // The package is CommonJS: what it exports by default is one step further in.
  const plugin = (katex as unknown as { default?: unknown }).default ?? katex;
  parser.use(plugin, { output: 'htmlAndMathml', throwOnError: true, strict: 'error' });
  parser.core.ruler.push('code-without-a-language', ({ tokens }) => {
    for (const token of tokens)
      if (token.type === 'fence' && token.info === '') token.info = 'text';
  });
}
