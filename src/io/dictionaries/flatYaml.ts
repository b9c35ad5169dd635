/** `key: value` at the margin, or indented by two or more spaces. */
const ENTRY = /^( *)("[^"]*"|'[^']*'|[\w.-]+):(?:[ \t]+(.*))?$/;
/**
 * Values that are not scalars: a text of several lines, an inline list or mapping, an anchor, a
 * reference, a tag.
 */
const NO_SCALAR = /^[|>[{&*!]/;

/**
 * Returns the scalars of a YAML file: those at its margin, and as `key.value` those one level
 * deeper. Lists, texts of several lines, anchors, tags and anything deeper are skipped.
 */
export function flatYaml(text: string): Record<string, unknown> {
  const found: [string, unknown][] = [];
  let outer: { key: string; indent?: number } | undefined;
  for (const line of text.split(/\r?\n/)) {
    const [, margin, name, rest = ''] = ENTRY.exec(line.trimEnd()) ?? [];
    if (margin === undefined || name === undefined) continue;
    const key = String(scalar(name));
    const value = withoutComment(rest);
    const isScalar = value !== '' && !NO_SCALAR.test(value);
    if (margin === '') {
      outer = value === '' ? { key } : undefined;
      if (isScalar) found.push([key, scalar(value)]);
    } else if (outer) {
      outer.indent ??= margin.length;
      const isInside = margin.length === outer.indent;
      if (isInside && isScalar) found.push([`${outer.key}.${key}`, scalar(value)]);
    }
  }
  return Object.fromEntries(found);
}

/** Removes a comment, which begins with `#` after a space, outside quotes. */
const withoutComment = (text: string): string =>
  (/^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')/.exec(text)?.[0] ?? text.replace(/(^|\s)#.*$/, '')).trim();

const CONSTANTS: Readonly<Record<string, unknown>> = {
  ...{ true: true, True: true, false: false, False: false },
  ...{ null: null, Null: null, '~': null },
};

function scalar(text: string): unknown {
  if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'");
  if (text.startsWith('"')) {
    try {
      return JSON.parse(text);
    } catch {
      return text.slice(1, -1);
    }
  }
  if (Object.hasOwn(CONSTANTS, text)) return CONSTANTS[text];
  return /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text) ? Number(text) : text;
}
