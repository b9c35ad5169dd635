import { behind, ROOMS, type Room } from './rooms';

/** One entry of `overrides` in `biome.json`: what the files of a room may not import. */
export const linterRules = () =>
  ROOMS.filter(({ path }) => path !== 'index' && path !== 'node').map((room) => ({
    includes: [`src/${room.path}/**`],
    linter: {
      rules: {
        style: {
          noRestrictedImports: {
            level: 'error',
            options: { patterns: [{ group: closedTo(room), message: message(room) }] },
          },
        },
      },
    },
  }));

/** The patterns, in the manner of a .gitignore, of what is closed to a room. */
function closedTo(room: Room): string[] {
  const open = new Set([room.path, ...behind(room.path)]);
  const types = room.importsTypesOf ?? {};
  const closed = ROOMS.map(({ path }) => path).filter((path) => !open.has(path));
  const patterns = closed.flatMap((path) => {
    if (path === 'index') return ['**/index'];
    // Not `**/node`: Node's own modules are another rule's.
    if (path === 'node') return ['../node', '../../node', '../../../node'];
    const exception = types[path] === undefined ? [] : [`!**/${types[path]}`];
    return [...pattern(path, room), ...exception];
  });
  return room.tfjs === false ? [...patterns, '@tensorflow/*'] : patterns;
}

/** A folder beside one's own in io is called without io's name. */
function pattern(path: string, from: Room): string[] {
  const [, inner] = path.split('/');
  const bare = inner !== undefined && from.path.startsWith('io/') ? [inner] : [];
  return [path, ...bare].map((folder) => `**/${folder}/**`).concat(inner ? [] : [`**/${path}`]);
}

const message = ({ path }: Room) =>
  `In docs/architecture.svg no arrow leads from ${path}/ to there: see docs/architecture.md.`;
