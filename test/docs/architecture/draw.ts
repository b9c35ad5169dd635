import { GROUND, ROOMS, type Room, room } from './rooms';

const COLUMN = 152;
const ROW = 78;
const LEFT = 84;
const TOP = 92;
const BOX = { width: 128, height: 58 };
const WIDTH = 1278;
const GROUND_TOP = TOP + 8.9 * ROW;
const HEIGHT = GROUND_TOP + 66;

/**
 * The rooms as a picture that can be read on a light and on a dark page: it brings its own paper,
 * and turns dark where the reader's system is. Each arrow carries the two rooms that it joins, so
 * that the picture itself can be read back.
 */
export function drawRooms(): string {
  const arrows = ROOMS.flatMap((from) => [
    ...from.imports.map((to) => arrow(from, room(to), false)),
    ...Object.keys(from.importsTypesOf ?? {}).map((to) => arrow(from, room(to), true)),
  ]);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-labelledby="title description">
<title id="title">The rooms of src/ and the direction of imports</title>
<desc id="description">${description()}</desc>
<style>
  svg { --paper: #ffffff; --box: #f1f5f9; --door: #dbeafe; --line: #94a3b8; --ink: #0f172a; --soft: #475569; --arrow: #475569; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #0f172a; --box: #1e293b; --door: #1e3a5f; --line: #64748b; --ink: #f1f5f9; --soft: #cbd5e1; --arrow: #94a3b8; }
  }
  text { font-family: system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; text-anchor: middle; fill: var(--soft); font-size: 12px; }
  .name { fill: var(--ink); font-size: 15px; font-weight: 600; }
  .note { text-anchor: start; }
  .paper { fill: var(--paper); }
  .room { fill: var(--box); stroke: var(--line); }
  .door { fill: var(--door); stroke: var(--line); }
  .house { fill: none; stroke: var(--line); stroke-dasharray: 2 4; }
  .arrow { fill: none; stroke: var(--arrow); stroke-width: 1.5; marker-end: url(#head); }
  .types { stroke-dasharray: 6 4; }
  #head path { fill: var(--arrow); }
</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>
<rect class="paper" width="${WIDTH}" height="${HEIGHT}" rx="8"/>
<text class="note" x="20" y="30">An arrow points at what a room imports. What lies behind that it may import too; nothing points back.</text>
${house()}
${arrows.join('\n')}
${ROOMS.map(box).join('\n')}
${ground()}
</svg>
`;
}

const x = ({ at }: Room) => LEFT + at[0] * COLUMN;
const y = ({ at }: Room) => TOP + at[1] * ROW;

const name = ({ path }: Room) =>
  path === 'index' || path === 'node' ? `${path}.ts` : `${path.replace('io/', '')}/`;

function box(of: Room): string {
  const [left, top] = [x(of) - BOX.width / 2, y(of) - BOX.height / 2];
  const first = y(of) - (of.is.length === 1 ? 3 : 10);
  const lines = of.is.map((line, i) => words(x(of), first + 17 + 14 * i, line));
  const kind = of.at[1] === 0 ? 'door' : 'room';
  const rect = `<rect class="${kind}" x="${left}" y="${round(top)}" width="${BOX.width}" height="${BOX.height}" rx="6"/>`;
  return `<g data-room="${of.path}">${rect}${words(x(of), first, name(of), 'name')}${lines.join('')}</g>`;
}

/** From the foot of one box to the head of another, leaving and arriving upright. */
function arrow(from: Room, to: Room, types: boolean): string {
  const aside = Math.max(-1, Math.min(1, (x(to) - x(from)) / COLUMN));
  const start = [x(from) + aside * 50, y(from) + BOX.height / 2] as const;
  const end = [x(to) - aside * 50, y(to) - BOX.height / 2 - 1] as const;
  const bend = (end[1] - start[1]) / 2;
  const path = [
    `M${start.map(round)}`,
    `C${[start[0], start[1] + bend].map(round)} ${[end[0], end[1] - bend].map(round)}`,
    `${end.map(round)}`,
  ].join(' ');
  const kind = types ? ' types' : '';
  return `<path class="arrow${kind}" data-from="${from.path}" data-to="${to.path}" d="${path}"/>`;
}

/** The frame around the rooms of io. */
function house(): string {
  const inside = ROOMS.filter(({ path }) => path.startsWith('io/'));
  const [left, right] = [Math.min(...inside.map(x)), Math.max(...inside.map(x))];
  const [top, bottom] = [Math.min(...inside.map(y)), Math.max(...inside.map(y))];
  const [w, h] = [right - left + BOX.width + 20, bottom - top + BOX.height + 30];
  const corner = [left - BOX.width / 2 - 10, top - BOX.height / 2 - 20].map(round);
  return `<rect class="house" x="${corner[0]}" y="${corner[1]}" width="${round(w)}" height="${round(h)}" rx="8"/><text class="name" x="${round(right + 40)}" y="${round(top - 4)}">io/</text>`;
}

function ground(): string {
  const said = `${GROUND.map((file) => `${file}.ts`).join(' · ')}`;
  const rect = `<rect class="room" x="20" y="${round(GROUND_TOP)}" width="${WIDTH - 40}" height="46" rx="6"/>`;
  const middle = WIDTH / 2;
  const top = words(middle, GROUND_TOP + 20, said, 'name');
  const below =
    'every room may import these; a dashed arrow is of types alone, and leads no further';
  return `<g data-ground="${GROUND.join(' ')}">${rect}${top}${words(middle, GROUND_TOP + 37, below)}</g>`;
}

function description(): string {
  const one = (from: Room) => {
    const types = Object.keys(from.importsTypesOf ?? {}).map((to) => `the types of ${to}`);
    return `${from.path} imports ${[...from.imports, ...types].join(', ') || 'no other room'}.`;
  };
  return ROOMS.map(one).join(' ');
}

const words = (at: number, line: number, said: string, kind?: string) =>
  `<text${kind ? ` class="${kind}"` : ''} x="${round(at)}" y="${round(line)}">${said}</text>`;

const round = (value: number) => Math.round(value * 10) / 10;
