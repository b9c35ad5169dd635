import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { GROUND, ROOMS } from './rooms';

const source = join(__dirname, '..', '..', '..', 'src');

/** One import from a file of `src/` to another, both as paths in `src/` without their ending. */
export interface Import {
  readonly from: string;
  readonly to: string;
  /** Whether nothing of it is left when the types are taken off. */
  readonly onlyTypes: boolean;
}

/** Every file of TypeScript in `src/`. */
export const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => /\.m?ts$/.test(file))
  .sort();

/** What the files import from each other, as the compiler reads them. */
export function importsInSource(): Import[] {
  return files.flatMap((file) => {
    const text = readFileSync(join(source, file), 'utf8');
    const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
    const found: Import[] = [];
    const visit = (node: ts.Node): void => {
      const specifier = specifierOf(node);
      if (specifier?.startsWith('.')) {
        const to = posix.join(posix.dirname(file), specifier).replace(/\/index$/, '');
        found.push({ from: withoutEnding(file), to, onlyTypes: onlyTypes(node) });
      }
      ts.forEachChild(node, visit);
    };
    visit(tree);
    return found;
  });
}

/** The room that a file of `src/` is in, or the file itself where it is at the foot. */
export function roomOf(path: string): string | undefined {
  const places = [...ROOMS.map((room) => room.path), ...GROUND];
  return places.find((place) => path === place || path.startsWith(`${place}/`));
}

const withoutEnding = (file: string) => file.replace(/\.m?ts$/, '');

function specifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    return text(node.moduleSpecifier);
  }
  if (ts.isImportTypeNode(node)) {
    return ts.isLiteralTypeNode(node.argument) ? text(node.argument.literal) : undefined;
  }
  const called = ts.isCallExpression(node) ? node.expression : undefined;
  const imports =
    called?.kind === ts.SyntaxKind.ImportKeyword || (called && called.getText() === 'require');
  return imports ? text((node as ts.CallExpression).arguments[0]) : undefined;
}

const text = (node: ts.Node | undefined) =>
  node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined;

function onlyTypes(node: ts.Node): boolean {
  if (ts.isImportTypeNode(node)) return true;
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  if (!ts.isImportDeclaration(node)) return false;
  const clause = node.importClause;
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const names = clause.namedBindings;
  return (
    clause.name === undefined &&
    names !== undefined &&
    ts.isNamedImports(names) &&
    names.elements.every((element) => element.isTypeOnly)
  );
}
