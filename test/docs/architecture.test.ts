import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { drawRooms } from './architecture/draw';
import { files, importsInSource, roomOf } from './architecture/imports';
import { linterRules } from './architecture/linterRules';
import { GROUND, ROOMS } from './architecture/rooms';

const root = join(__dirname, '..', '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const anew = 'npx tsx test/docs/architecture/write.ts';

const imports = importsInSource();
const betweenRooms = imports
  // package.json, for the version, and layers.json, which lies in its room.
  .filter(({ to }) => !to.endsWith('.json'))
  .map((found) => ({ ...found, room: roomOf(found.from), other: roomOf(found.to) }))
  .filter(({ room, other }) => room !== other);

/** The arrows as the committed picture has them. */
const picture = read('docs/architecture.svg');
const arrows = [
  ...picture.matchAll(/<path class="arrow( types)?" data-from="([^"]+)" data-to="([^"]+)"/g),
].map(([, types, from, to]) => ({ from: from as string, to: to as string, types: types != null }));

/** Rooms at the end of the picture's whole arrows, and behind these. */
function reachable(from: string, found = new Set<string>()): Set<string> {
  for (const arrow of arrows) {
    if (arrow.from !== from || arrow.types || found.has(arrow.to)) continue;
    found.add(arrow.to);
    reachable(arrow.to, found);
  }
  return found;
}

test(`the picture is that of the list of rooms: else ${anew}`, () => {
  expect(read('docs/architecture.svg')).toBe(drawRooms());
});

test('every import of src goes along an arrow of the picture', () => {
  expect(betweenRooms.length).toBeGreaterThan(100);
  const against = betweenRooms.filter(({ room, other, onlyTypes, to }) => {
    if (room === undefined || other === undefined) return true;
    if (GROUND.includes(other as never)) return false;
    if (reachable(room).has(other)) return false;
    const dashed = arrows.some(
      ({ from, to: end, types }) => types && from === room && end === other,
    );
    const only = ROOMS.find(({ path }) => path === room)?.importsTypesOf?.[other];
    return !(dashed && onlyTypes && to === only);
  });
  expect(against.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
});

test('every arrow of the picture is an import of src, and none says what others say', () => {
  expect(arrows.length).toBeGreaterThan(15);
  for (const { from, to } of arrows) {
    const there = betweenRooms.some(({ room, other }) => room === from && other === to);
    expect({ arrow: `${from} → ${to}`, there }).toEqual({ arrow: `${from} → ${to}`, there: true });
    const around = arrows.some(
      (first) => first.from === from && first.to !== to && reachable(first.to).has(to),
    );
    expect({ arrow: `${from} → ${to}`, around }).toEqual({
      arrow: `${from} → ${to}`,
      around: false,
    });
  }
});

test('what is at the foot imports nothing above, and somebody imports it', () => {
  for (const file of GROUND) {
    expect(betweenRooms.some(({ other }) => other === file)).toBe(true);
    const up = betweenRooms.filter(
      ({ room, other }) => room === file && !GROUND.includes(other as never),
    );
    expect(up).toEqual([]);
  }
});

test('no arrow leads back', () => {
  for (const { path } of ROOMS) expect(reachable(path).has(path)).toBe(false);
});

test('every file of src is in a room of the picture, and every room is there', () => {
  const drawn = [...picture.matchAll(/<g data-room="([^"]+)"/g)].map(([, path]) => path as string);
  expect(drawn).toEqual(ROOMS.map(({ path }) => path));
  expect(files.filter((file) => roomOf(file.replace(/\.m?ts$/, '')) === undefined)).toEqual([]);
  for (const path of drawn) {
    const at = join(root, 'src', path);
    expect(existsSync(`${at}.ts`) || statSync(at).isDirectory()).toBe(true);
  }
});

test('the list of folders in architecture.md names every room and every file beside them', () => {
  const [, list = ''] = read('docs/architecture.md').match(/```\nsrc\/\n([\s\S]*?)```/) ?? [];
  const named: string[] = [];
  let folder = '';
  for (const line of list.split('\n').filter((line) => line.startsWith('  '))) {
    const inner = line.startsWith('    ');
    const names =
      line
        .trim()
        .match(/^((?:[a-zA-Z0-9]+(?:\/|\.ts) ?)+)/)?.[1]
        ?.trim()
        .split(' ') ?? [];
    for (const name of names) named.push((inner ? folder : '') + name.replace(/\/$|\.ts$/, ''));
    if (!inner) folder = names[0] as string;
  }
  const wanted = [...ROOMS.map(({ path }) => path), ...GROUND];
  for (const path of wanted) expect(named).toContain(path);
  // And nothing that is not there.
  for (const path of named) {
    expect([
      path,
      existsSync(join(root, 'src', path)) || existsSync(join(root, 'src', `${path}.ts`)),
    ]).toEqual([path, true]);
  }
});

test(`the linter's rules are those of the picture: else ${anew}`, () => {
  const { overrides } = JSON.parse(read('biome.json')) as {
    overrides: { linter: { rules: { style?: object } } }[];
  };
  const direction = overrides.filter(
    ({ linter }) => linter.rules.style && 'noRestrictedImports' in linter.rules.style,
  );
  expect(direction).toEqual(linterRules());
});

test('rooms that know no tensor import no tfjs', () => {
  const blind = ROOMS.filter(({ tfjs }) => tfjs === false).map(({ path }) => path);
  expect(blind).toContain('kernels');
  for (const file of files) {
    if (!blind.includes(roomOf(file.replace(/\.m?ts$/, '')) as string)) continue;
    expect([file, /^(import|export) .*from '@tensorflow\//m.test(read(`src/${file}`))]).toEqual([
      file,
      false,
    ]);
  }
});
