/** Writes the picture and the linter's rules anew, from the list of rooms. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawRooms } from './draw';
import { linterRules } from './linterRules';

const root = join(__dirname, '..', '..', '..');
writeFileSync(join(root, 'docs', 'architecture.svg'), drawRooms());

interface Override {
  includes: string[];
  linter: { rules: { style?: { noRestrictedImports?: unknown } } };
}
const file = join(root, 'biome.json');
const config = JSON.parse(readFileSync(file, 'utf8')) as { overrides: Override[] };
const others = config.overrides.filter(({ linter }) => !linter.rules.style?.noRestrictedImports);
config.overrides = [...linterRules(), ...others];
writeFileSync(file, JSON.stringify(config, null, 2));
const biome = join(root, 'node_modules', '.bin', 'biome');
spawnSync(biome, ['format', '--write', file], { cwd: root, stdio: 'inherit' });
