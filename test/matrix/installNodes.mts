/** Installs every version of Node that the matrix needs, before its files ask for them at once. */
import { NODES, nodeOf } from './nodes.mts';

for (const version of NODES) console.log(await nodeOf(version));
